import asyncio
from contextlib import aclosing

import pytest

from assistant.audio.device import Devices, list_devices
from assistant.audio.inventory import Device
from assistant.audio.wire import Failed, Link, Listed, Xrun
from assistant.errors import AudioError
from tests.audio.children import READY, Children, Room, hang, heard, says, vanish
from tests.audio.sounds import speech

HEADSET = {"index": 1, "name": "耳机", "inputs": 1, "outputs": 2, "rate_hz": 48_000, "default": ["speaker"]}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")


async def stumbling_room(link: Link) -> None:
    link.send(Xrun())
    await Room()(link)


class Home:
    """A microphone's and a speaker's child, both of which stumble once."""

    def __init__(self) -> None:
        self.children = {
            "microphone": Children(says(READY, Xrun(), *heard(3, since=48.0))),
            "speaker": Children(stumbling_room),
        }

    async def start(self, role: str, name: str):
        return await self.children[role].start(role, name)


async def three_frames(devices: Devices) -> list[int]:
    found: list[int] = []
    async with aclosing(devices.frames()) as frames:
        async for frame in frames:
            found.append(frame.index)
            if len(found) == 3:
                break
    return found


async def test_both_devices_are_opened_by_their_names_and_ended_together():
    home = Home()
    async with Devices("webcam", "jabra", start=home.start) as devices:
        assert await three_frames(devices) == [0, 1, 2]
    assert home.children["microphone"].started == [("microphone", "webcam")]
    assert home.children["speaker"].started == [("speaker", "jabra")]
    assert all(child.stopped for each in home.children.values() for child in each.children)


async def test_what_is_played_is_timed_on_the_microphones_clock():
    home, told = Home(), []
    async with Devices(start=home.start) as devices:
        await three_frames(devices)
        assert await devices.play(speech(0.1), told.append) == pytest.approx(3.0)
    assert told == [pytest.approx(2.0)]


async def test_who_plays_need_not_care_for_the_start():
    async with Devices(start=Home().start) as devices:
        await devices.play(speech(0.1))


async def test_the_health_is_that_of_both():
    async with Devices(start=Home().start) as devices:
        assert not devices.health.alive
        await three_frames(devices)
        await devices.play(speech(0.1))
        health = devices.health
    assert (health.frames, health.lost, health.xruns, health.restarts) == (3, 0, 2, 0)
    assert health.alive


async def test_the_time_is_zero_before_the_first_frame():
    async with Devices(start=Home().start) as devices:
        assert devices.now == 0.0
        await three_frames(devices)
        assert devices.now > 0


async def test_without_a_microphone_no_child_is_left_behind():
    children = Children(says(Failed("No microphone was found.", "没有找到麦克风。")))
    with pytest.raises(AudioError, match="No microphone was found"):
        async with Devices(start=children.start):
            pass
    assert [role for role, _ in children.started] == ["microphone"]
    assert children.children[0].stopped


async def test_the_devices_are_listed_by_a_child_of_their_own():
    children = Children(says(Listed([HEADSET])))
    assert await list_devices(children.start) == [Device(**HEADSET)]
    assert children.children[0].stopped


async def test_a_list_that_cannot_be_had_is_an_error(monkeypatch):
    monkeypatch.setattr("assistant.audio.device._LIST_SECONDS", 0.05)
    for script, sentence in [
        (says(Failed("The PortAudio library is not installed.", "没有安装。")), "not installed"),
        (vanish, "does not answer"),
        (hang, "does not answer"),
    ]:
        children = Children(script)
        with pytest.raises(AudioError, match=sentence):
            await list_devices(children.start)
        assert children.children[0].stopped


async def test_a_stopped_daemon_does_not_wait_for_its_children():
    home = Home()
    async with asyncio.timeout(1), Devices(start=home.start):
        pass
