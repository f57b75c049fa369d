"""The live devices on the virtual sound card: real children, PortAudio, ALSA and PulseAudio."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest
import soundfile

from assistant.audio.device import Devices, list_devices
from assistant.errors import AudioError
from assistant.events import AudioFrame, Speech
from tests.audio.sounds import array, decibels, frequency, samples, tone

pytestmark = pytest.mark.sound


class Ears:
    """Hears all the time, as the daemon does."""

    def __init__(self, devices: Devices) -> None:
        self.frames: list[AudioFrame] = []
        self.times: list[float] = []
        self._devices = devices

    async def listen(self) -> None:
        async with aclosing(self._devices.frames()) as frames:
            async for frame in frames:
                self.frames.append(frame)
                self.times.append(time.monotonic())

    async def hear(self, count: int) -> list[AudioFrame]:
        """The next `count` frames."""
        begin = len(self.frames)
        async with asyncio.timeout(count * 0.02 + 5):
            while len(self.frames) < begin + count:
                await asyncio.sleep(0.005)
        return self.frames[begin : begin + count]

    @property
    def sound(self):
        return array(b"".join(frame.samples for frame in self.frames))


@asynccontextmanager
async def listening(devices: Devices) -> AsyncIterator[Ears]:
    async with devices:
        ears = Ears(devices)
        task = asyncio.create_task(ears.listen())
        try:
            yield ears
        finally:
            task.cancel()
            await asyncio.wait([task])


def loud(sound) -> np.ndarray:
    """From the first to the last sample above -30 dB."""
    found = np.flatnonzero(np.abs(sound.astype(int)) > 1000)
    return sound[found[0] : found[-1] + 1]


async def test_the_devices_are_listed(sound):
    devices = {device.name: device for device in await list_devices()}
    assert set(devices) == {"default", "study_microphone", "study_speaker"}
    assert devices["default"].default == ["microphone", "speaker"]
    assert devices["study_microphone"].inputs > 0


@pytest.mark.parametrize("name", ["", "study"])
async def test_what_is_injected_is_heard_at_its_pitch_length_and_level(sound, tmp_path, name):
    stereo = np.stack([tone(440, 2.0, 44_100)] * 2, axis=1)
    soundfile.write(tmp_path / "tone.wav", stereo, 44_100)
    async with listening(Devices(microphone=name)) as ears:
        await ears.hear(25)
        await asyncio.to_thread(sound.inject, tmp_path / "tone.wav")
        await ears.hear(25)
        heard = loud(ears.sound)
    assert len(heard) == pytest.approx(32_000, abs=400)
    assert frequency(heard, 16_000) == pytest.approx(440, abs=1)
    assert decibels(heard[800:-800]) == pytest.approx(-9.0, abs=0.5)


async def test_frames_come_without_a_gap_at_the_rate_of_real_time(sound):
    async with listening(Devices()) as ears:
        await ears.hear(10)
        begin, already = time.monotonic(), len(ears.frames)
        await ears.hear(150)
        seconds = time.monotonic() - begin
    indices = [frame.index for frame in ears.frames]
    assert indices == list(range(indices[0], indices[0] + len(indices)))
    assert (len(ears.frames) - already) * 0.02 == pytest.approx(seconds, abs=0.2)


class Monitor:
    """Hears what the speaker plays, and when."""

    RATE_HZ = 24_000

    def __init__(self) -> None:
        self._blocks: list[tuple[float, np.ndarray]] = []

    async def listen(self) -> None:
        recorder = await asyncio.create_subprocess_exec(
            *("parec", "--device=speaker.monitor", "--latency-msec=10", "--raw", "--format=s16le"),
            *(f"--rate={self.RATE_HZ}", "--channels=1"),
            stdout=asyncio.subprocess.PIPE,
        )
        assert recorder.stdout
        try:
            while block := await recorder.stdout.read(1 << 16):
                self._blocks.append((time.monotonic(), array(block[: len(block) // 2 * 2])))
        finally:
            recorder.kill()
            await recorder.wait()

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate([block for _, block in self._blocks])

    @property
    def begin(self) -> float:
        """time.monotonic() at the first sample, by the block that came with the least delay."""
        lengths = np.cumsum([len(block) for _, block in self._blocks])
        return float(min(at - n / self.RATE_HZ for (at, _), n in zip(self._blocks, lengths, strict=True)))

    def loud(self) -> tuple[float, float]:
        """time.monotonic() of the first and the last loud sample."""
        found = np.flatnonzero(np.abs(self.sound.astype(int)) > 1000)
        return self.begin + found[0] / self.RATE_HZ, self.begin + found[-1] / self.RATE_HZ

    async def wait_for_silence(self) -> None:
        """Forget an earlier sound, whose end would be taken for the beginning of the next."""
        while not self._blocks or np.abs(self._blocks[-1][1].astype(int)).max() > 1000:
            await asyncio.sleep(0.01)
        self._blocks.clear()
        while not self._blocks:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def monitoring() -> AsyncIterator[Monitor]:
    monitor = Monitor()
    task = asyncio.create_task(monitor.listen())
    try:
        await monitor.wait_for_silence()
        yield monitor
        await asyncio.sleep(0.3)  # until the last sound has come through
    finally:
        task.cancel()
        await asyncio.wait([task])


def voice(seconds: float) -> Speech:
    """Noise in the band of a voice."""
    noise = np.random.default_rng(3).normal(0, 0.5, round(seconds * 24_000))
    return Speech(samples(np.convolve(noise, np.hanning(16) / 8, "same").astype(np.float32)), 24_000)


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """The greatest normalized correlation of two sounds at the same rate, whatever the delay."""
    size = 1 << (len(one) + len(other)).bit_length()
    one, other = one.astype(float), other.astype(float)
    found = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size).max()
    return float(found / np.sqrt((one**2).sum() * (other**2).sum()))


async def test_what_is_played_arrives_undamaged_and_in_time(sound):
    speech, told = voice(2.0), []
    async with Devices() as devices:
        await devices.play(voice(0.1))  # opens the device, as the chime does
        async with monitoring() as monitor:
            begin = time.monotonic()
            await devices.play(speech, told.append)
            end = time.monotonic()
    assert similarity(monitor.sound, array(speech.samples)) > 0.98
    first, last = monitor.loud()
    assert 0 < first - begin < 0.25
    assert last - first == pytest.approx(2.0, abs=0.03)
    assert end - last == pytest.approx(0, abs=0.1)  # `play` returns when it was heard out


async def test_sentences_that_are_queued_follow_without_a_gap(sound):
    async with Devices() as devices, monitoring() as monitor:
        await asyncio.gather(*(devices.play(Speech(voice(2.0).samples[part], 24_000)) for part in HALVES))
    assert similarity(monitor.sound, array(voice(2.0).samples)) > 0.98


HALVES = (slice(0, 48_000), slice(48_000, None))


async def test_a_cancelled_reply_is_silent_within_100_ms(sound):
    async with Devices() as devices, monitoring() as monitor:
        started = asyncio.Event()
        playing = asyncio.create_task(devices.play(voice(5.0), lambda _: started.set()))
        await started.wait()
        await asyncio.sleep(0.5)
        cancelled = time.monotonic()
        playing.cancel()
        await asyncio.wait([playing])
    assert monitor.loud()[1] - cancelled < 0.1


def microphone_child(devices: Devices) -> int:
    return devices._microphone._child._process.pid


def speaker_child(devices: Devices) -> int:
    return devices._speaker._session._child._process.pid


async def recovery(ears: Ears) -> float:
    """Seconds without a frame until a new child sends some; their index must have followed real time."""
    async with asyncio.timeout(15):
        while not ears._devices.health.restarts:
            await asyncio.sleep(0.01)
        known = len(ears.frames)
        while len(ears.frames) == known:
            await asyncio.sleep(0.01)
    gap = ears.times[known] - ears.times[known - 1]
    missed = ears.frames[known].index - ears.frames[known - 1].index
    assert missed * 0.02 == pytest.approx(gap, abs=0.15)
    return gap


@pytest.mark.parametrize(("fault", "limit"), [(signal.SIGKILL, 1.5), (signal.SIGSTOP, 2.5)])
async def test_a_child_that_dies_or_freezes_is_replaced_and_the_index_follows_real_time(sound, fault, limit):
    async with listening(Devices()) as ears:
        await ears.hear(50)
        os.kill(microphone_child(ears._devices), fault)
        assert await recovery(ears) < limit
        await ears.hear(20)
        health = ears._devices.health
    assert health.restarts == 1
    assert health.lost > 0
    assert health.alive


async def test_a_sound_server_that_is_restarted_is_heard_again(sound):
    async with listening(Devices()) as ears:
        await ears.hear(50)
        sound.stop()
        await asyncio.sleep(0.5)
        sound.start()
        assert await recovery(ears) < 5.0
        await ears._devices.play(voice(0.1))
        await ears.hear(20)


async def test_a_microphone_that_stops_delivering_is_heard_again_when_it_goes_on(sound):
    async with listening(Devices()) as ears:
        await ears.hear(50)
        sound.control("suspend-source", "microphone", "1")
        await asyncio.sleep(2.0)
        sound.control("suspend-source", "microphone", "0")
        assert await recovery(ears) < 5.0
        await ears.hear(20)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_speaker_child_that_dies_or_freezes_costs_one_speech_and_no_frame(sound, fault):
    async with listening(Devices()) as ears:
        devices = ears._devices
        started = asyncio.Event()
        playing = asyncio.create_task(devices.play(voice(0.5), lambda _: started.set()))
        await started.wait()
        os.kill(speaker_child(devices), fault)
        with pytest.raises(AudioError, match="does not answer"):
            await playing
        await devices.play(voice(0.1))
        assert devices.health.lost == 0


async def test_a_speaker_that_is_not_there_is_an_error_and_the_microphone_lives(sound):
    async with listening(Devices(speaker="Jabra")) as ears:
        with pytest.raises(AudioError, match="No speaker has 'Jabra' in its name, there are: "):
            await ears._devices.play(voice(0.1))
        await ears.hear(10)


async def test_a_house_without_a_sound_card_is_told(sound, tmp_path, monkeypatch):
    (tmp_path / "asound.conf").write_text('pcm.unplugged { type pulse server "unix:/none" }')
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    with pytest.raises(AudioError, match="No microphone was found; plug one in and see `xiaoben devices`"):
        async with Devices():
            pass
