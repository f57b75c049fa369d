import numpy as np
import pytest

from assistant.audio.capture import BACKLOG_FRAMES, Capture, Framer
from assistant.audio.wire import Heard, Xrun
from tests.audio.sounds import array, decibels, frequency, samples, tone


def fed(framer: Framer, sound: bytes, block_bytes: int) -> list[bytes]:
    blocks = (sound[start : start + block_bytes] for start in range(0, len(sound), block_bytes))
    return [frame for block in blocks for frame in framer.feed(block)]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_any_rate_becomes_whole_frames_of_16_khz(rate_hz):
    frames = fed(Framer(rate_hz, 1), samples(tone(440, 2.0, rate_hz)), 2 * (rate_hz // 50))
    assert {len(frame) for frame in frames} == {640}
    assert 92 <= len(frames) <= 100  # at 8 kHz the resampler holds back most, 0.12 s
    heard = array(b"".join(frames))[1600:]
    assert frequency(heard, 16_000) == pytest.approx(440, abs=1)
    assert decibels(heard) == pytest.approx(-9.0, abs=0.1)


def test_stereo_is_mixed():
    left = tone(440, 1.0, 48_000)
    stereo = np.stack([left, np.zeros_like(left)], axis=1)
    heard = array(b"".join(fed(Framer(48_000, 2), samples(stereo), 3840)))
    assert decibels(heard[1600:]) == pytest.approx(-15.0, abs=0.1)


def test_blocks_that_are_no_multiple_of_a_frame_lose_nothing():
    sound = np.arange(3200, dtype=np.int16).tobytes()
    assert b"".join(fed(Framer(16_000, 1), sound, 2 * 77)) == sound


async def test_frames_are_counted_and_stamped():
    capture = Capture(16_000, 1)
    capture.feed(bytes(1280), 5.0, xrun=False)
    assert [await capture.next() for _ in range(2)] == [Heard(0, 5.0, bytes(640)), Heard(1, 5.0, bytes(640))]


async def test_an_overrun_is_told_before_the_sound_that_follows_it():
    capture = Capture(16_000, 1)
    capture.feed(bytes(640), 5.0, xrun=True)
    assert [await capture.next(), await capture.next()] == [Xrun(), Heard(0, 5.0, bytes(640))]


async def test_what_nobody_fetches_is_dropped_the_oldest_first_and_leaves_a_gap_in_the_count():
    capture = Capture(16_000, 1)
    for _ in range(BACKLOG_FRAMES + 30):
        capture.feed(bytes(640), 5.0, xrun=False)
    assert [(await capture.next()).sequence for _ in range(BACKLOG_FRAMES)] == list(
        range(30, BACKLOG_FRAMES + 30)
    )
