import numpy as np
import pytest

from assistant.wake.training.augmentation import (
    add_noise,
    colour,
    noise,
    record,
    reverberate,
    room,
    vary_voice,
)
from assistant.wake.training.sound import resample, rms, trim


def tone(hz, rate_hz, seconds=1.0):
    return np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz).astype(np.float32)


def pitch_hz(sound, rate_hz=16_000):
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate_hz / len(sound))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_resampling_keeps_pitch_loudness_and_length():
    sound = resample(tone(440, 24_000), 24_000, 16_000)
    assert len(sound) == 16_000
    assert pitch_hz(sound) == pytest.approx(440)
    assert rms(sound) == pytest.approx(rms(tone(440, 24_000)), rel=0.01)


def test_resampling_removes_what_the_new_rate_cannot_hold():
    assert rms(resample(tone(10_000, 24_000), 24_000, 16_000)) < 0.01


def test_trimming_takes_the_silence_off_both_ends_only():
    gap = np.zeros(1600, np.float32)
    word = tone(300, 16_000, 0.1)
    trimmed = trim(np.concatenate([gap, word, gap, word, gap]))
    assert len(trimmed) == pytest.approx(len(word) * 2 + len(gap), abs=320)


def test_nothing_is_left_of_silence():
    assert len(trim(np.zeros(1600, np.float32))) == 0
    assert len(trim(np.zeros(0, np.float32))) == 0


def test_another_throat_speaks_at_most_two_or_three_semitones_off(rng):
    pitches = [pitch_hz(vary_voice(tone(1000, 16_000), rng)) for _ in range(20)]
    assert 860 < min(pitches) < 950 < 1050 < max(pitches) < 1160


def test_a_room_keeps_the_length_and_adds_a_tail(rng):
    click = np.zeros(16_000, np.float32)
    click[100] = 1
    heard = reverberate(click, room(rng))
    assert len(heard) == len(click)
    assert rms(heard[:100]) < 1e-6
    assert rms(heard[200:1500]) > 0


def test_every_kind_of_noise_sounds_all_the_time_asked_for(rng):
    babble = [tone(200, 16_000), tone(350, 16_000)]
    for _ in range(40):
        sound = noise(8000, rng, babble)
        assert len(sound) == 8000
        assert np.isfinite(sound).all()
        assert 0.05 < rms(sound) < 2


def test_noise_is_between_a_little_louder_and_much_quieter_than_the_speech(rng):
    speech = tone(200, 16_000)
    added_db = [
        20 * np.log10(rms(heard - speech) / rms(speech))
        for _ in range(30)
        if rms((heard := add_noise(speech, speech, rng, [speech])) - speech) > 0
    ]
    assert -28 < min(added_db) < -15
    assert -6 < max(added_db) < 3.5


def test_a_microphone_gives_sixteen_bits_within_full_scale(rng):
    for _ in range(10):
        heard = record(colour(tone(500, 16_000), rng), rng) * 32768
        assert (heard == np.round(heard)).all()
        assert 0 < np.abs(heard).max() <= 32768
