import dataclasses
import tomllib
from pathlib import Path

import pytest

from assistant.config import Config, load
from assistant.proof import recording
from assistant.proof.attempt import Outcome
from assistant.proof.escapes import ESCAPES, SIGNALS, Absent, Outside
from assistant.proof.proof import explained, judge, toml
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


@pytest.mark.parametrize(("version", "explains"), [(0, True), (4, True), (5, True), (6, False), (7, False)])
def test_signals_are_open_on_an_older_kernel_and_the_row_says_why(version: int, explains: bool):
    row = explained(judge(SIGNALS, Outcome("reached"), Outcome("reached")), version)
    assert row.verdict == "open"
    assert (f"here it is version {version}" in row.result.en) == explains
    assert (f"此处为版本 {version}" in row.result.zh) == explains
    held = judge(SIGNALS, Outcome("reached"), Outcome("blocked"))
    assert explained(held, version) == held
    other = judge(WAY, Outcome("reached"), Outcome("reached"))
    assert explained(other, version) == other


def test_without_ipv6_its_ways_do_not_count():
    fields = {field.name: "" for field in dataclasses.fields(Outside)} | {"port": 7}
    for way in (ESCAPES["tcp_ipv6"], ESCAPES["udp_ipv6"]):
        with pytest.raises(Absent, match="no IPv6"):
            way.attempt(Outside(**fields))


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
