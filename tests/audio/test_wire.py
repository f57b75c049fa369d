import asyncio
import json
import socket
import struct

import pytest

from assistant.audio import wire
from assistant.audio.wire import Link, LinkLost

MESSAGES = [
    wire.Ready("USB 麦克风: Audio (hw:1,0)", 44_100, 2, 1),
    wire.Heard(7, 12.25, b"\1\2" * 320),
    wire.Xrun(),
    wire.Play(3, 22_050, b"\0\1" * 32_768),
    wire.Play(3, 22_050, b""),
    wire.End(3),
    wire.Drop(3),
    wire.Started(3, 1.5),
    wire.Ended(3, 2.5),
    wire.Listed([{"name": "扬声器"}]),
    wire.Failed("No microphone.", "没有麦克风。"),
]


@pytest.fixture
async def ends():
    one, other = socket.socketpair()
    links = await Link.open(one), await Link.open(other)
    yield links
    for link in links:
        link.close()


@pytest.fixture
async def raw():
    """A link, and the bare socket at its other end."""
    one, other = socket.socketpair()
    link = await Link.open(one)
    yield link, other
    link.close()
    other.close()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
async def test_every_message_arrives_as_it_was_sent(ends, message):
    ours, theirs = ends
    ours.send(message)
    assert await theirs.receive() == message


async def test_messages_keep_their_order_and_borders(ends):
    ours, theirs = ends
    for message in MESSAGES:
        ours.send(message)
    assert [await theirs.receive() for _ in MESSAGES] == MESSAGES


async def test_the_end_of_the_other_side_is_told_after_its_last_message(ends):
    ours, theirs = ends
    ours.send(wire.Xrun())
    await ours.sent()
    ours.close()
    assert await theirs.receive() == wire.Xrun()
    with pytest.raises(LinkLost):
        await theirs.receive()


async def test_sending_to_nobody_is_told(ends):
    ours, theirs = ends
    theirs.close()
    with pytest.raises(LinkLost):
        for _ in range(1000):
            ours.send(wire.Heard(0, 0.0, bytes(640)))
            await ours.sent()


def packed(head: bytes, sound: bytes = b"") -> bytes:
    return struct.pack("<II", len(head), len(sound)) + head + sound


@pytest.mark.parametrize(
    "nonsense",
    [
        b"ALSA lib pcm.c:2660:(snd_pcm_open_noupdate) Unknown PCM\n",
        struct.pack("<II", 2, 1 << 30) + b"{}",
        packed(b"not json"),
        packed(b"[1, 2, 3]"),
        packed(json.dumps(["Unknown", {}]).encode()),
        packed(json.dumps(["Heard", {"volume": 11}]).encode()),
        packed(json.dumps(["End", 5]).encode()),
        packed(json.dumps(["Xrun", []]).encode(), b"sound"),
    ],
)
async def test_nonsense_ends_the_conversation(raw, nonsense):
    link, other = raw
    other.sendall(nonsense)
    with pytest.raises(LinkLost):
        await link.receive()


async def test_a_message_that_is_cut_off_ends_the_conversation(raw):
    link, other = raw
    other.sendall(packed(b'["Xrun", {}]')[:-3])
    other.close()
    with pytest.raises(LinkLost):
        await link.receive()


async def test_what_nobody_reads_waits_at_the_sender(ends):
    ours, _ = ends
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            for _ in range(1000):
                ours.send(wire.Heard(0, 0.0, bytes(640)))
                await ours.sent()
