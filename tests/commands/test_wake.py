import argparse
import json
from pathlib import Path

import pytest

from assistant import paths
from assistant.commands import wake
from assistant.config import Config, WakeConfig
from assistant.errors import InputError, ModelError, UsageError

RECORDING = Path(__file__).parents[2] / "demo" / "recording.flac"


@pytest.fixture
def run(capsys):
    def run(*words: str, config: Config | None = None) -> str:
        parser = argparse.ArgumentParser()
        parser.add_argument("--json", action="store_true")
        wake.configure(parser)
        assert wake.run(parser.parse_args(["--json", *words]), config or Config()) == 0
        return capsys.readouterr().out

    return run


def test_the_list_tells_which_words_are_on_and_from_which_score_they_count(run, tmp_path: Path):
    settings = WakeConfig(words=["computer"], thresholds={"computer": 0.33})
    rows = [
        json.loads(row) for row in run("list", config=Config(models=tmp_path, wake=settings)).splitlines()
    ]
    assert {row["word"]: row["on"] for row in rows} == {
        "computer": True,
        "hey_computer": False,
        "xiaoben_tongxue": False,
    }
    assert rows[0]["threshold"] == 0.33
    assert rows[2]["display"] == "小本同学"


def test_a_word_of_ones_own_is_listed_too(run, tmp_path: Path):
    own = tmp_path / "wake"
    own.mkdir()
    (own / "hal.npz").write_bytes((paths.bundled("models") / "wake" / "computer.npz").read_bytes())
    assert len(run("list", config=Config(models=tmp_path)).splitlines()) == 4


def test_a_word_that_does_not_exist_cannot_be_tried(run):
    with pytest.raises(ModelError, match="no wake word 'hal'"):
        run("test", "--word", "hal", str(RECORDING))


@pytest.mark.parametrize("name", ["Hey", "hey computer", "../hal", "小本"])
def test_a_wake_word_has_a_plain_name(run, name):
    with pytest.raises(UsageError, match="small letters"):
        run("train", name)


@pytest.mark.models
def test_a_folder_without_sound_is_named(run, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(InputError, match="holds no WAV"):
        run("test", str(tmp_path))


@pytest.mark.models
def test_the_words_of_the_demo_recording_are_found_where_they_are(run):
    found = [json.loads(row) for row in run("test", str(RECORDING)).splitlines()]
    assert {row["word"] for row in found} == {"hey_computer", "xiaoben_tongxue"}
    assert all(row["score"] >= 0.3 for row in found)
    assert [row["t"] for row in found] == sorted(row["t"] for row in found)


@pytest.mark.models
def test_an_impossible_score_is_never_reached(run):
    assert run("test", "--threshold", "1.5", str(RECORDING)) == ""
