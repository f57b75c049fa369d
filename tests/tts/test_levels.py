import numpy as np
import pytest

from assistant.tts.levels import level, to_bytes

RATE = 24_000


def tone(seconds: float, amplitude: float) -> np.ndarray:
    return (amplitude * np.sin(np.arange(round(RATE * seconds)) * 0.1)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(RATE * seconds), np.float32)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize("amplitude", [0.001, 0.05, 0.5, 1.0])
def test_every_loudness_becomes_the_same(amplitude: float):
    assert rms(level(tone(1, amplitude), RATE, 0)) == pytest.approx(0.1, rel=0.05)


def test_a_peaky_sound_is_not_clipped():
    clicks = tone(1, 0.01)
    clicks[::2000] = 1
    assert np.abs(level(clicks, RATE, 0)).max() <= 0.9


def test_the_silence_around_speech_goes_and_the_pause_comes():
    leveled = level(np.concatenate([silence(0.4), tone(1, 0.5), silence(0.7)]), RATE, 0.25)
    assert len(leveled) / RATE == pytest.approx(1 + 0.25 + 2 * 0.03, abs=0.02)
    assert not leveled[-round(RATE * 0.25) :].any()


def test_a_soft_beginning_is_kept():
    soft = tone(0.05, 0.02)
    leveled = level(np.concatenate([silence(0.4), soft, tone(1, 0.5)]), RATE, 0)
    assert len(leveled) / RATE >= 1.05


def test_the_silence_inside_speech_stays():
    leveled = level(np.concatenate([tone(1, 0.5), silence(0.5), tone(1, 0.5)]), RATE, 0)
    assert len(leveled) / RATE == pytest.approx(2.5, abs=0.05)


def test_the_ends_do_not_click():
    leveled = level(tone(1, 0.5) + np.float32(0.3), RATE, 0)
    assert abs(leveled[0]) < 0.001
    assert abs(leveled[-1]) < 0.01


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_without_sound_there_is_not_even_a_pause(seconds: float):
    assert len(level(silence(seconds), RATE, 0.25)) == 0


def test_the_shortest_sound_is_leveled_too():
    assert len(level(np.ones(1, np.float32), RATE, 0)) > 0


def test_samples_become_16_bit_numbers_and_clip():
    assert to_bytes(np.array([0, 1, -1, 2], np.float32)) == b"\x00\x00\xff\x7f\x01\x80\xff\x7f"
