"""The real child process, with a double of the sound library in place of PortAudio."""

import asyncio
import os
import signal
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant.audio import process
from assistant.audio.device import Devices, list_devices
from assistant.audio.wire import LinkLost, Ready
from assistant.errors import AudioError
from tests.audio.sounds import array, speech


@pytest.fixture(autouse=True)
def _double(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(Path(__file__).parent / "double")
    monkeypatch.setenv("XIAOBEN_LANG", "en")


async def test_it_listens_and_plays_through_a_device_of_another_rate_and_two_channels():
    told: list[float] = []
    async with asyncio.timeout(10), Devices(speaker="mouth", start=process.start) as devices:
        async with aclosing(devices.frames()) as frames:
            playing = asyncio.create_task(devices.play(speech(0.1), told.append))
            heard = [await anext(frames) for _ in range(12)]
            ended = await playing
        health = devices.health
    assert [frame.index for frame in heard] == list(range(heard[0].index, heard[0].index + 12))
    assert {len(frame.samples) for frame in heard} == {640}
    assert abs(array(heard[-1].samples).astype(int) - 2000).max() <= 1  # left and right are mixed
    assert health.xruns == 1
    assert ended - told[0] == pytest.approx(0.11, abs=0.03)


async def test_a_device_that_is_unplugged_is_noticed_at_once(monkeypatch, caplog):
    monkeypatch.setenv("XIAOBEN_TEST_SOUND", "unplugged")
    async with asyncio.timeout(10), Devices(start=process.start) as devices:
        with pytest.raises(AudioError, match=r"The speaker 'Mouth' stopped; if it was unplugged"):
            await devices.play(speech(5.0))
        async with aclosing(devices.frames()) as frames:
            while not devices.health.restarts:
                await anext(frames)
    assert "The microphone 'Ears' stopped" in caplog.text


async def test_without_portaudio_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("XIAOBEN_TEST_SOUND", "absent")
    with pytest.raises(AudioError, match="run `sudo apt install libportaudio2`"):
        await list_devices()


async def test_a_microphone_in_use_is_named(monkeypatch):
    monkeypatch.setenv("XIAOBEN_TEST_SOUND", "busy")
    with pytest.raises(AudioError, match=r"microphone 'Ears' cannot be opened \(Device unavailable\)"):
        async with Devices(start=process.start):
            pass


async def test_it_lists_the_devices_ends_by_itself_and_what_the_library_writes_is_kept(caplog):
    caplog.set_level("DEBUG", "assistant.audio.process")
    child = await process.start("list", "")
    listed = await child.link.receive()
    assert [device["name"] for device in listed.devices] == ["Ears", "Mouth", "Mouth two"]
    assert [device["default"] for device in listed.devices] == [["microphone"], ["speaker"], []]
    with pytest.raises(LinkLost):
        await child.link.receive()
    while not child.last_words:
        await asyncio.sleep(0.01)
    await child.stop()
    assert child.last_words == "ALSA lib says something"
    assert "ALSA lib says something" in caplog.text


async def test_it_outlives_ctrl_c_but_not_the_daemon():
    child = await process.start("microphone", "ears")
    assert isinstance(await child.link.receive(), Ready)
    pid = child._process.pid
    os.kill(pid, signal.SIGINT)
    await child.link.receive()
    child.link.close()  # as when the daemon dies
    async with asyncio.timeout(2):
        assert await child._process.wait() == 0
    await child.stop()


async def test_a_child_that_is_frozen_is_killed():
    child = await process.start("microphone", "ears")
    await child.link.receive()
    os.kill(child._process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    await child.stop()
    assert time.monotonic() - begin < 1.0
    assert child._process.returncode == -signal.SIGKILL
