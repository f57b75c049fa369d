import asyncio

import pytest

from assistant.audio import speaker
from assistant.audio.speaker import Speaker
from assistant.audio.wire import MAX_SOUND_BYTES, Drop, End, Ended, Failed, Link, Play, Xrun
from assistant.errors import AudioError
from assistant.events import Speech
from tests.audio.children import Children, Room, hang, vanish
from tests.audio.sounds import speech

NO_SPEAKER = Failed("No speaker was found.", "没有找到扬声器。")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(speaker, "_GRACE_SECONDS", 0.05)
    monkeypatch.setenv("XIAOBEN_LANG", "en")


async def refuse(link: Link) -> None:
    """No device: say so at the first sound, and end."""
    await link.receive()
    link.send(NO_SPEAKER)


def ignore(at: float) -> None:
    pass


async def test_a_speech_goes_to_the_child_in_blocks_and_its_times_come_back():
    room, told = Room(), []
    children = Children(room)
    long = speech(4.0)
    async with Speaker("jabra", children.start) as device:
        assert await device.play(long, told.append) == 51.0
    assert told == [50.0]
    assert room.sound(0) == long.samples
    assert max(len(part.samples) for part in room.came if isinstance(part, Play)) <= MAX_SOUND_BYTES
    assert children.started == [("speaker", "jabra")]


async def test_an_empty_speech_ends_too():
    async with Speaker("", Children(Room()).start) as device:
        assert await device.play(Speech(b"", 24_000), ignore) == 51.0


async def test_speeches_are_sent_in_the_order_of_the_calls():
    room = Room()
    async with Speaker("", Children(room).start) as device:
        await asyncio.gather(*(device.play(speech(3.0, value=100 + number), ignore) for number in range(3)))
    whole = [message.speech for message in room.came if isinstance(message, (Play, End))]
    assert whole == sorted(whole)


async def test_a_cancelled_speech_is_dropped():
    room = Room(ends=False)
    async with Speaker("", Children(room).start) as device:
        started = asyncio.Event()
        playing = asyncio.create_task(device.play(speech(9.0), lambda _: started.set()))
        await started.wait()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        await asyncio.sleep(0.01)
    assert room.came[-1] == Drop(0)


async def test_a_missing_speaker_is_an_error_of_that_speech_only():
    room = Room()
    children = Children(refuse, refuse, room)
    async with Speaker("", children.start) as device:
        with pytest.raises(AudioError, match="No speaker was found"):
            await device.play(speech(0.1), ignore)
        assert await device.play(speech(0.1), ignore) == 51.0
        assert device.restarts == 2


async def test_a_speaker_that_was_plugged_in_after_the_child_began_is_found():
    room = Room()
    children = Children(refuse, room)
    async with Speaker("", children.start) as device:
        assert await device.play(speech(0.1), ignore) == 51.0
    assert len(children.children) == 2


async def test_a_child_that_died_while_idle_is_replaced():
    children = Children(vanish, Room())
    async with Speaker("", children.start) as device:
        await asyncio.sleep(0.01)
        assert await device.play(speech(0.1), ignore) == 51.0


async def test_a_speech_that_was_heard_in_part_is_not_begun_again():
    children = Children(Room(ends=False, fails_after=0), Room())
    async with Speaker("", children.start) as device:
        with pytest.raises(AudioError, match="The device 'fake' stopped"):
            await device.play(speech(0.1), ignore)
        assert await device.play(speech(0.1), ignore) == 51.0


async def test_a_child_that_hangs_is_replaced_when_the_speech_must_have_ended():
    children = Children(hang, Room())
    async with Speaker("", children.start) as device:
        assert await device.play(speech(0.02), ignore) == 51.0
        assert children.children[0].stopped


async def test_all_speeches_of_a_child_that_hangs_fail_together():
    children = Children(Room(ends=False))
    async with Speaker("", children.start) as device:
        results = await asyncio.gather(
            *(device.play(speech(0.02), ignore) for _ in range(3)), return_exceptions=True
        )
    assert [type(result) for result in results] == [AudioError] * 3


async def test_the_time_for_a_speech_counts_from_the_end_of_those_before_it():
    class Slow(Room):
        async def __call__(self, link: Link) -> None:
            for number in range(2):
                while not isinstance(await link.receive(), End):
                    pass
                await asyncio.sleep(0.06)
                link.send(Ended(number, 1.0 + number))
            await hang(link)

    async with Speaker("", Children(Slow()).start) as device:
        ends = await asyncio.gather(*(device.play(speech(0.06), ignore) for _ in range(2)))
    assert ends == [1.0, 2.0]


async def test_underruns_are_counted():
    async def stumble(link: Link) -> None:
        link.send(Xrun())
        await Room()(link)

    async with Speaker("", Children(stumble).start) as device:
        await device.play(speech(0.1), ignore)
        assert device.xruns == 1
