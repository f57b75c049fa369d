"""What the doctor makes of what the microphone heard."""

import numpy as np
import pytest

from assistant.diagnosis import judge_echo, judge_microphone, judge_wake
from assistant.events import RATE_HZ, WakeDetected


def sound(speech_db: float, noise_db: float, seconds: float = 4.0) -> bytes:
    """Noise all the time, speech in the second half."""
    random = np.random.default_rng(0)
    samples = random.standard_normal(round(seconds * RATE_HZ)) * 10 ** (noise_db / 20)
    half = samples.size // 2
    samples[half:] += random.standard_normal(half) * 10 ** (speech_db / 20)
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("samples", "verdict", "word"),
    [
        (bytes(RATE_HZ * 2), "bad", "mute"),
        (sound(-20, -60), "good", "speech -20 dB"),
        (sound(-50, -70), "bad", "too quiet"),
        (sound(-20, -30), "doubtful", "noisy"),
        (sound(30, -60), "doubtful", "too loud"),
    ],
)
def test_a_microphone_is_judged_by_speech_and_noise(samples, verdict, word, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")
    finding = judge_microphone(samples)
    assert finding.verdict == verdict
    assert word in finding.message


def test_a_speaker_that_nobody_hears_is_doubtful():
    assert judge_echo(sound(-60, -60), sound(-60, -60)).verdict == "doubtful"


def test_a_speaker_that_is_heard_softly_is_good():
    assert judge_echo(sound(-60, -60), sound(-35, -60)).verdict == "good"


def test_a_speaker_that_drowns_the_person_out_is_doubtful():
    assert judge_echo(sound(-60, -60), sound(-10, -60)).verdict == "doubtful"


def test_a_recognised_wake_word_is_good():
    assert judge_wake([WakeDetected("hey_computer", 0.9, 10)], ["hey computer"]).verdict == "good"


def test_no_wake_word_says_what_to_say(monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "zh")
    assert "小本同学" in judge_wake([], ["小本同学", "hey computer"]).message
