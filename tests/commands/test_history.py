"""`xiaoben history`, beside a running daemon and without one."""

import argparse
import io
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import control, history
from assistant.commands import history as command
from assistant.config import Config, HistoryConfig
from assistant.credentials import history_key
from assistant.errors import StorageError, UsageError
from assistant.history import Entry, History

Run = Callable[..., str]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    for name in ("CREDENTIALS_DIRECTORY", "CONFIGURATION_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(control, "is_running", lambda _: False)
    return Config(state=tmp_path / "state", socket=tmp_path / "sock", history=HistoryConfig(enabled=True))


@pytest.fixture
def run(config: Config, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        parser.add_argument("--json", action="store_true")
        command.configure(parser)
        assert command.run(parser.parse_args(words), config) == 0
        return capsys.readouterr().out

    return run


def keep(config: Config, count: int) -> None:
    kept = History(config.state, history_key(), days=30)
    for number in range(count):
        kept.add(Entry("2026-08-03T15:05:00+02:00", "en", f"question {number}", f"答 {number}", "probe.ask"))
    kept.close()


def test_it_is_shown_in_the_order_of_time(run, config):
    keep(config, 3)
    assert run("show", "--last", "2").splitlines() == [
        "2026-08-03T15:05:00+02:00  question 1",
        "    答 1",
        "2026-08-03T15:05:00+02:00  question 2",
        "    答 2",
    ]


def test_programs_read_a_line_an_entry_of_any_number_of_pages(run, config, monkeypatch):
    monkeypatch.setattr(history, "PAGE", 2)
    keep(config, 5)
    entries = [json.loads(line) for line in run("--json", "show").splitlines()]
    assert [entry["text"] for entry in entries] == [f"question {number}" for number in range(5)]
    assert entries[0] == {
        "time": "2026-08-03T15:05:00+02:00", "lang": "en", "text": "question 0", "reply": "答 0",
        "intent": "probe.ask",
    }  # fmt: skip


def test_an_export_is_for_its_owner_only_and_replaces_nothing(run, config, tmp_path):
    keep(config, 2)
    path = tmp_path / "export.jsonl"
    before = os.umask(0)
    try:
        run("export", str(path))
    finally:
        os.umask(before)
    assert path.read_text("utf-8") == run("export", "-") == run("--json", "show")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(StorageError, match="File exists"):
        run("export", str(path))


def test_damaged_entries_are_counted_aloud(config, capsys, run):
    keep(config, 2)
    kept = History(config.state, history_key(), days=30)
    kept.write(("UPDATE entries SET day = day + 1 WHERE number = 1", [()]))
    kept.close()
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    command.configure(parser)
    command.run(parser.parse_args(["show"]), config)
    shown = capsys.readouterr()
    assert "question 1" in shown.out
    assert "question 0" not in shown.out
    assert "1 entries were damaged" in shown.err


@pytest.mark.parametrize(
    ("which", "gone"),
    [
        ([], 3),
        (["--all"], 3),
        (["--last", "2"], 2),
        (["--before", "2020-01-01"], 0),
        (["--before", "2999-01-01"], 3),
    ],
)
def test_what_is_asked_for_is_forgotten(run, config, which, gone):
    keep(config, 3)
    assert json.loads(run("--json", "forget", *which)) == {"forgotten": gone}
    assert len(run("--json", "show").splitlines()) == 3 - gone


@pytest.mark.parametrize(("answer", "left"), [("y", 0), ("", 1), ("no", 1), ("是", 0)])
def test_a_person_is_asked_first(config, monkeypatch, answer, left):
    keep(config, 1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    command.configure(parser)
    terminal = io.StringIO(answer)  # an empty one is what Ctrl-D gives
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert command.run(parser.parse_args(["forget"]), config) == left
    assert len(history.show(config, {})["entries"]) == left


@pytest.mark.parametrize(
    "words", [("show", "--last", "0"), ("show", "--last", "x"), ("forget", "--before", "soon")]
)
def test_what_is_no_number_or_date_is_refused(run, words, capsys):
    with pytest.raises(SystemExit):
        run(*words)
    assert (
        "0 is no whole" in (said := capsys.readouterr().err)
        or "x is no whole" in said
        or "no date like" in said
    )


def test_without_a_history_one_sentence_says_how_to_begin_one(run):
    with pytest.raises(UsageError, match="enabled = true"):
        run("show")


def test_the_daemon_is_asked_where_there_is_one(run, monkeypatch, config):
    asked: list[tuple[Path, str, dict[str, object]]] = []

    def request(path: Path, name: str, **fields: object) -> dict[str, object]:
        asked.append((path, name, fields))
        return {"forgotten": 7}

    monkeypatch.setattr(control, "is_running", lambda _: True)
    monkeypatch.setattr(control, "request", request)
    assert run("forget", "--last", "7") == "Forgotten: 7.\n"
    assert asked == [(config.socket, "forget", {"last": 7})]
    assert not config.state.exists()
