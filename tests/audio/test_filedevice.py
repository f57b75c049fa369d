import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.filedevice import RATE_HZ, Fast, FileDevice, RealTime
from assistant.audio.files import write
from assistant.errors import InputError, StorageError
from assistant.events import AudioFrame, Speech
from tests.audio.sounds import array, frequency, samples, speech, tone


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")


@pytest.fixture
def mic(tmp_path: Path) -> Path:
    """0.1 s and a bit: five frames and a half."""
    write(tmp_path / "mic.wav", np.full(1760, 500, np.int16).tobytes(), 16_000)
    return tmp_path / "mic.wav"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.wav"


def played(out: Path):
    return array(out.read_bytes()[44:])


async def nobody_thinks() -> None:
    pass


async def run(device: FileDevice, count: int, react=lambda frame: None) -> list[AudioFrame]:
    """Hear `count` frames, and give each to `react`, as a pipeline would."""
    heard: list[AudioFrame] = []
    async with aclosing(device.frames()) as frames:
        async for frame in frames:
            heard.append(frame)
            react(frame)
            if len(heard) == count:
                return heard
    raise AssertionError


@pytest.mark.parametrize("pace", [RealTime(), Fast(nobody_thinks)], ids=["real time", "fast"])
async def test_the_file_is_heard_in_frames_then_silence_follows_without_end(mic, out, pace):
    async with FileDevice(mic, out, pace) as device:
        frames = await run(device, 9)
    sound = np.full(1760, 500, np.int16).tobytes()
    assert [frame.index for frame in frames] == list(range(9))
    assert b"".join(frame.samples for frame in frames) == sound + bytes(9 * 640 - len(sound))


async def test_it_is_known_when_all_of_the_file_was_heard(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        silent: list[bool] = []
        await run(device, 7, lambda _: silent.append(device.past_end > 0))
    assert silent == [False] * 6 + [True]


async def test_the_clock_and_the_health_follow_the_frames(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        assert device.now == 0.0
        await run(device, 5)
        assert device.now == pytest.approx(0.1)
        assert device.health.frames == 5
        assert device.health.alive


async def test_the_output_is_as_long_as_the_input_and_silent_when_nothing_is_played(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        await run(device, 10)
    assert played(out).tolist() == [0] * (RATE_HZ // 5)


class Talk:
    """Plays a speech when the frame `at` is heard, and notes the times that it is told."""

    def __init__(self, device: FileDevice, at: int, sound=None) -> None:
        self._device = device
        self._at = at
        self._sound = sound or speech(0.1)
        self.started: float | None = None
        self.ended: float | None = None
        self.task: asyncio.Task[None] | None = None

    def __call__(self, frame: AudioFrame) -> None:
        if frame.index == self._at:
            self.task = asyncio.create_task(self._play())

    async def _play(self) -> None:
        self.ended = await self._device.play(self._sound, self._start)

    def _start(self, at: float) -> None:
        self.started = at


@pytest.mark.parametrize("pace", [RealTime(), Fast(nobody_thinks)], ids=["real time", "fast"])
async def test_an_answer_to_a_frame_is_heard_right_after_it_at_either_pace(mic, out, pace):
    async with FileDevice(mic, out, pace) as device:
        talk = Talk(device, at=3)
        await run(device, 12, talk)
    assert (talk.started, talk.ended) == (pytest.approx(0.08), pytest.approx(0.18))
    heard = np.flatnonzero(played(out))
    assert (heard[0], heard[-1] + 1) == (round(0.08 * RATE_HZ), round(0.18 * RATE_HZ))


async def test_the_start_is_that_of_the_first_audible_sample(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        talk = Talk(device, at=0, sound=speech(0.1, lead=0.033))
        await run(device, 12, talk)
    assert talk.started == pytest.approx(0.02 + 0.033)
    assert np.flatnonzero(played(out))[0] == pytest.approx(talk.started * RATE_HZ)


async def test_a_voice_of_another_rate_keeps_its_pitch(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        talk = Talk(device, at=0, sound=Speech(samples(tone(440, 0.4, 22_050)), 22_050))
        await run(device, 30, talk)
    assert talk.ended == pytest.approx(0.42, abs=0.001)
    assert frequency(played(out)[480:10_080], RATE_HZ) == pytest.approx(440, abs=3)


async def test_speeches_follow_one_another(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        one, two = Talk(device, 0, speech(0.05, value=1000)), Talk(device, 1, speech(0.05, value=2000))
        await run(device, 12, lambda frame: (one(frame), two(frame)))
    assert (one.ended, two.started, two.ended) == (
        pytest.approx(0.07),
        pytest.approx(0.07),
        pytest.approx(0.12),
    )
    sound = played(out)
    assert sound[480:1680].tolist() == [1000] * 1200
    assert sound[1680:2880].tolist() == [2000] * 1200


async def test_cancelling_silences_at_once_and_drops_the_rest(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        talk = Talk(device, at=0, sound=speech(1.0))

        def react(frame: AudioFrame) -> None:
            talk(frame)
            if frame.index == 5:
                talk.task.cancel()

        await run(device, 70, react)
        assert talk.task.cancelled()
    heard = np.flatnonzero(played(out))
    assert (heard[0], heard[-1] + 1) == (480, 6 * 480)
    assert talk.started == pytest.approx(0.02)


async def test_a_speech_that_comes_after_a_cancelled_one_is_heard_at_once(mic, out):
    async with FileDevice(mic, out, Fast(nobody_thinks)) as device:
        long, short = Talk(device, 0, speech(1.0, value=1000)), Talk(device, 5, speech(0.1, value=2000))

        def react(frame: AudioFrame) -> None:
            long(frame)
            if frame.index == 5:
                long.task.cancel()
            short(frame)

        await run(device, 20, react)
    assert short.started == pytest.approx(0.12)


async def test_in_fast_pace_time_stands_still_while_somebody_thinks(mic, out):
    idle = asyncio.Event()
    idle.set()

    async with FileDevice(mic, out, Fast(idle.wait)) as device:
        times: list[float] = []

        async def think_and_answer() -> None:
            await asyncio.sleep(0.05)  # far longer than thousands of frames would take
            times.append(device.now)
            await device.play(speech(0.1))
            times.append(device.now)
            await asyncio.sleep(0.05)  # between two sentences
            times.append(device.now)
            await device.play(speech(0.1))
            idle.set()

        tasks: list[asyncio.Task[None]] = []

        def react(frame: AudioFrame) -> None:
            if frame.index == 3:
                idle.clear()
                tasks.append(asyncio.create_task(think_and_answer()))

        await run(device, 20, react)
        await tasks[0]
    assert times == [pytest.approx(0.08), pytest.approx(0.18), pytest.approx(0.18)]
    heard = np.flatnonzero(played(out))
    assert (heard[0], heard[-1] + 1) == (round(0.08 * RATE_HZ), round(0.28 * RATE_HZ))


async def test_real_time_is_counted_from_the_first_frame_so_that_no_delay_adds_up(monkeypatch):
    now = 100.0

    async def oversleep(seconds: float) -> None:
        nonlocal now
        now += seconds + 0.003

    pace = RealTime()
    with monkeypatch.context() as patches:
        patches.setattr(asyncio, "sleep", oversleep)
        patches.setattr(asyncio.get_running_loop(), "time", lambda: now)
        for index in range(100):
            await pace.wait(index, asyncio.Event())
            if index == 50:
                now += 0.07  # a slow consumer: the frames after it come at once
    assert now == pytest.approx(102.003)


async def test_a_run_that_is_cancelled_leaves_a_whole_file(mic, out):
    device = FileDevice(mic, out, RealTime())
    counted: list[int] = []

    async def listen() -> None:
        async with device:
            await run(device, 1000, lambda frame: counted.append(frame.index))

    task = asyncio.create_task(listen())
    while len(counted) < 3:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(played(out)) == len(counted) * 480
    assert int.from_bytes(out.read_bytes()[40:44], "little") == len(counted) * 960


async def test_an_output_that_cannot_be_written_is_refused_before_anything_is_heard(mic, tmp_path):
    with pytest.raises(StorageError, match=r"none/out\.wav cannot be written"):
        async with FileDevice(mic, tmp_path / "none" / "out.wav", RealTime()):
            pass


def test_an_input_that_cannot_be_read_is_refused(tmp_path, out):
    with pytest.raises(InputError, match=r"none\.wav cannot be read"):
        FileDevice(tmp_path / "none.wav", out, RealTime())
    assert not out.exists()
