import asyncio
import logging
import time
from contextlib import aclosing

import pytest

from assistant.audio import microphone
from assistant.audio.microphone import Microphone
from assistant.audio.wire import Failed, Xrun
from assistant.errors import AudioError
from assistant.events import FRAME_BYTES, AudioFrame
from tests.audio.children import GONE, READY, SOUND, Children, hang, heard, says, then_ends, vanish


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(microphone, "_SILENT_SECONDS", 0.05)
    monkeypatch.setattr(microphone, "_OPEN_SECONDS", 0.05)
    monkeypatch.setattr(microphone, "_DELAYS_SECONDS", (0.0, 0.01))
    monkeypatch.setattr(microphone, "_LONGEST_DELAY_SECONDS", 0.01)
    monkeypatch.setenv("XIAOBEN_LANG", "en")


async def hear(source: Microphone, count: int) -> list[AudioFrame]:
    found: list[AudioFrame] = []
    async with asyncio.timeout(5), aclosing(source.frames()) as frames:
        async for frame in frames:
            found.append(frame)
            if len(found) == count:
                return found
    raise AssertionError


def indices(frames: list[AudioFrame]) -> list[int]:
    return [frame.index for frame in frames]


async def test_what_the_child_hears_comes_as_frames():
    children = Children(says(READY, *heard(3, since=10.0)))
    async with Microphone("usb", children.start) as source:
        frames = await hear(source, 3)
    assert frames == [AudioFrame(index, SOUND) for index in range(3)]
    assert children.started == [("microphone", "usb")]


async def test_frames_that_the_child_dropped_leave_a_gap():
    children = Children(says(READY, *heard(2, 10.0), *heard(2, 10.2, first=12)))
    async with Microphone("", children.start) as source:
        assert indices(await hear(source, 4)) == [0, 1, 12, 13]
        assert source.clock.lost == 10


async def test_a_child_that_ends_is_replaced_and_the_index_follows_real_time(caplog):
    children = Children(then_ends([READY, *heard(3, 10.0)]), says(READY, *heard(2, 11.0)))
    async with Microphone("usb", children.start) as source:
        assert indices(await hear(source, 5)) == [0, 1, 2, 50, 51]
        assert (source.restarts, source.clock.lost, source.frame_count) == (1, 47, 5)
    assert children.started == [("microphone", "usb")] * 2
    assert all(child.stopped for child in children.children)
    assert "ended (ALSA lib: no such device)" in caplog.text


async def test_a_child_that_falls_silent_is_replaced(caplog):
    children = Children(says(READY, *heard(1, 10.0)), says(READY, *heard(1, 11.0)))
    async with Microphone("", children.start) as source:
        assert indices(await hear(source, 2)) == [0, 50]
        assert children.children[0].stopped
    assert "has sent nothing" in caplog.text


async def test_a_device_that_stops_is_reopened(caplog):
    children = Children(says(READY, *heard(1, 10.0), GONE), says(READY, *heard(1, 11.0)))
    async with Microphone("", children.start) as source:
        assert indices(await hear(source, 2)) == [0, 50]
    assert GONE.en in caplog.text


async def test_it_is_tried_again_until_the_device_is_back_but_told_once(caplog):
    no_device = says(Failed("No microphone was found.", "没有找到麦克风。"))
    scripts = [then_ends([READY, *heard(1, 10.0)]), no_device, vanish, no_device, no_device]
    children = Children(*scripts, says(READY, *heard(1, 20.0)))
    async with Microphone("", children.start) as source:
        assert indices(await hear(source, 2)) == [0, 500]
        assert source.restarts == 1
    told = [record for record in caplog.records if "No microphone" in record.message]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert all(child.stopped for child in children.children)


async def test_when_our_own_loop_was_held_up_the_child_is_not_blamed():
    async def steadily(link):
        link.send(READY)
        for message in heard(3, 10.0):
            link.send(message)
            await link.sent()
            await asyncio.sleep(0.01)
        await hang(link)

    children = Children(steadily)
    async with Microphone("", children.start) as source:
        async with asyncio.timeout(5), aclosing(source.frames()) as frames:
            await anext(frames)
            waiting = asyncio.ensure_future(anext(frames))
            await asyncio.sleep(0)
            time.sleep(0.2)  # noqa: ASYNC251 - what a model that holds the interpreter does
            assert (await waiting).index == 1
        assert source.restarts == 0


async def test_overruns_are_counted():
    children = Children(says(READY, Xrun(), *heard(1, 10.0), Xrun(), *heard(1, 10.02, first=1)))
    async with Microphone("", children.start) as source:
        await hear(source, 2)
        assert source.xruns == 2


async def test_a_muted_microphone_is_seen_by_its_zeros():
    zeros, noise = bytes(FRAME_BYTES), bytes(FRAME_BYTES - 1) + b"\1"
    children = Children(
        says(READY, *heard(3, 10.0, samples=zeros), *heard(1, 10.06, 3, noise), *heard(2, 10.08, 4, zeros))
    )
    async with Microphone("", children.start) as source:
        await hear(source, 3)
        assert source.zero_seconds == pytest.approx(0.06)
    children = Children(says(READY, *heard(3, 10.0, samples=zeros), *heard(1, 10.06, 3, noise)))
    async with Microphone("", children.start) as source:
        await hear(source, 4)
        assert source.zero_seconds == 0


async def test_it_is_alive_while_frames_come():
    children = Children(says(READY, *heard(1, 10.0)))
    async with Microphone("", children.start) as source:
        assert not source.alive
        await hear(source, 1)
        assert source.alive
        await asyncio.sleep(0.06)
        assert not source.alive


async def test_a_microphone_that_is_not_there_at_the_start_is_an_error():
    children = Children(says(Failed("No microphone was found; plug one in.", "没有找到麦克风。")))
    with pytest.raises(AudioError, match="No microphone was found; plug one in"):
        async with Microphone("", children.start):
            pass
    assert children.children[0].stopped


@pytest.mark.parametrize("script", [hang, vanish], ids=["hangs", "ends"])
async def test_a_child_that_never_opens_the_device_is_an_error_with_its_last_words(script):
    children = Children(script)
    with pytest.raises(AudioError, match=r"does not answer \(ALSA lib: no such device\)"):
        async with Microphone("", children.start):
            pass
    assert children.children[0].stopped
