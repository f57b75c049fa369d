import tomllib
from pathlib import Path

import pytest

from assistant.config import Config, load
from assistant.proof import recording
from assistant.proof.attempt import Outcome
from assistant.proof.escapes import ESCAPES
from assistant.proof.proof import judge, toml
from assistant.proof.secret import stretches
from assistant.understanding import FORGET_SECONDS

WAY = ESCAPES["tcp_ipv4"]


@pytest.mark.parametrize(
    ("control", "outcome", "verdict"),
    [
        ("reached", "blocked", "held"),
        ("reached", "absent", "held"),  # the fence hides it
        ("reached", "reached", "open"),
        ("reached", "unclear", "open"),
        ("blocked", "blocked", "unproven"),
        ("unclear", "blocked", "unproven"),
        ("blocked", "reached", "open"),
        ("absent", "absent", "absent"),
        ("absent", "reached", "open"),
    ],
)
def test_an_attempt_counts_as_held_only_if_its_control_got_out(control: str, outcome: str, verdict: str):
    assert judge(WAY, Outcome(control), Outcome(outcome)).verdict == verdict


def test_there_are_enough_ways_and_each_is_described_in_both_languages():
    assert len(ESCAPES) >= 25
    for way in ESCAPES.values():
        assert way.title.en
        assert way.title.zh


def test_settings_go_through_a_file_unchanged(tmp_path):
    lan = {"home": {"host": "192.168.1.5", "port": 8123}}
    config = Config.model_validate({"lan": lan, "wake": {"thresholds": {"hey_computer": 0.7}}})
    fields = config.model_dump(mode="json")
    file = tmp_path / "config.toml"
    file.write_text("".join(f"{key} = {toml(value)}\n" for key, value in fields.items()), encoding="utf-8")
    assert load(file) == config


@pytest.mark.parametrize("value", ['客厅 "灯"\\', True, 3, 0.5, [], [1, 2], {"a b": {"c": "d"}}])
def test_values_are_written_as_toml_reads_them(value: object):
    assert tomllib.loads(f"key = {toml(value)}")["key"] == value


def test_the_silence_is_longer_than_a_reply_is_kept():
    assert recording.Recording([], b"").samples[: round(FORGET_SECONDS * 16_000) * 2].count(0) == len(
        recording.silence(FORGET_SECONDS)
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_phrases_are_drawn_anew_and_stand_in_no_file_of_ours(lang: str):
    phrases = {recording.phrase(lang) for _ in range(20)}
    assert len(phrases) > 15
    source = Path(recording.__file__).read_text()
    for phrase in phrases:
        needles = list(stretches(phrase))
        assert len(needles) >= 3
        assert not any(needle in source for needle in needles)


def test_a_sound_keeps_its_length_at_our_rate():
    assert len(recording.at_our_rate([0, 100] * 12_000, 24_000)) == pytest.approx(16_000, abs=2)
    assert list(recording.at_our_rate([0, 3, 6, 9], 24_000)) == [0, 4]
