import numpy as np
import pytest

from assistant.audio.resample import Resampler, quantize, resample
from assistant.samples import floats
from tests.audio.sounds import array, decibels, frequency, samples, tone


def test_pitch_length_and_level_stay():
    heard = array(resample(samples(tone(1000, 1.0, 44_100)), 44_100, 16_000))
    assert len(heard) == 16_000
    assert frequency(heard, 16_000) == pytest.approx(1000, abs=1)
    assert decibels(heard) == pytest.approx(-9.0, abs=0.1)


def test_what_the_new_rate_cannot_hold_is_filtered_out():
    heard = array(resample(samples(tone(11_000, 0.5, 48_000)), 48_000, 16_000))
    assert decibels(heard[800:-800]) < -80


def test_blocks_leave_no_trace():
    sound = tone(440, 1.0, 48_000)
    stream = Resampler(48_000, 16_000)
    blocks = [stream.feed(sound[start : start + 960]) for start in range(0, 48_000, 960)]
    streamed = np.concatenate([*blocks, stream.feed(np.zeros(0, np.float32), last=True)])
    whole = array(resample(samples(sound), 48_000, 16_000))
    assert np.abs(quantize(streamed).astype(int) - whole).max() <= 1  # `samples` rounded its input


def test_the_same_rate_changes_nothing():
    sound = np.arange(-32768, 32768, 7, dtype=np.int16)
    assert resample(sound.tobytes(), 16_000, 16_000) == sound.tobytes()
    assert quantize(Resampler(16_000, 16_000).feed(floats(sound.tobytes()))).tobytes() == sound.tobytes()


def test_silence_stays_zero():
    assert not any(resample(bytes(9600), 48_000, 16_000))
