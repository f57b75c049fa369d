"""The search for what was said, with a process that keeps it in place of the daemon."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.proof import traces
from assistant.proof.recording import Canary
from assistant.proof.report import Row
from assistant.proof.scanner import written_since

SOUND = random.Random(1).randbytes(12_800)
PHRASE = "seven quiet lighthouses sang last night"
TURN: list[dict[str, Any]] = [
    {"event": "wake"},
    {"event": "endpoint"},
    {"event": "transcript", "text": PHRASE, "lang": "en"},
    {"event": "reply_end"},
    {"event": "wake"},
]
HOLD = """
import ctypes, os, sys
held = ctypes.create_string_buffer(os.path.getsize(sys.argv[1]))
open(sys.argv[1], "rb", buffering=0).readinto(held)
print("held", flush=True)
sys.stdin.readline()
ctypes.memset(held, 0, len(held))
print("wiped", flush=True)
sys.stdin.readline()
"""


class Daemon:
    """Holds the secrets from its start until its turn is over, or for ever."""

    def __init__(self, folder: Path, *, forgets: bool, turn: list[dict[str, Any]] = TURN) -> None:
        source = folder / "source"
        source.write_bytes(SOUND + PHRASE.encode())
        self.log = folder / "log"
        self.log.write_text("INFO assistant.app: Listening\n")
        self._forgets = forgets
        self._turn = turn
        self._process = subprocess.Popen(
            [sys.executable, "-c", HOLD, source], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._process.stdout.readline()
        source.unlink()

    def events(self) -> Iterator[dict[str, Any]]:
        for event in self._turn:
            if event["event"] == "reply_end" and self._forgets:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
                self._process.stdout.readline()
            yield event

    def freeze(self) -> list[int]:
        self._process.send_signal(signal.SIGSTOP)
        return [self._process.pid]

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def searched(
    daemon: Daemon, folder: Path, during: Path | None = None, others: Sequence[Path] = ()
) -> dict[str, Row]:
    files = folder / "files"
    files.mkdir()
    folders = [files, *others]
    try:
        seen = traces.observe(daemon, [Canary("en", SOUND)], folders)
        if during:
            (files / "kept").write_text(PHRASE)
        return {row.name: row for row in traces.rows(daemon, seen, folders)}
    finally:
        daemon.end()


def test_a_daemon_that_forgets_leaves_no_trace(tmp_path: Path):
    rows = searched(Daemon(tmp_path, forgets=True), tmp_path)
    assert {name: rows[name].verdict for name in ("memory", "files", "log")} == {
        "memory": "held", "files": "held", "log": "held",
    }  # fmt: skip


def test_what_is_kept_in_memory_is_found(tmp_path: Path):
    row = searched(Daemon(tmp_path, forgets=False), tmp_path)["memory"]
    assert row.verdict == "open"
    assert "request en as utf-8" in row.result.en
    assert "sound en as s16" in row.result.en


def test_what_is_kept_in_a_file_or_in_the_log_is_found(tmp_path: Path):
    daemon = Daemon(tmp_path, forgets=True)
    with daemon.log.open("a") as log:
        log.write(PHRASE)
    rows = searched(daemon, tmp_path, during=tmp_path)
    assert (rows["files"].verdict, rows["log"].verdict) == ("open", "open")
    assert str(tmp_path / "files" / "kept") in rows["files"].result.en


@pytest.mark.parametrize("turn", [TURN[:4], TURN[:2] + TURN[4:], []])
def test_a_run_that_was_not_seen_whole_proves_nothing(turn: list[dict[str, Any]], tmp_path: Path):
    assert searched(Daemon(tmp_path, forgets=True, turn=turn), tmp_path)["memory"].verdict != "held"


def test_a_secret_that_was_never_in_memory_makes_the_search_worthless(tmp_path: Path):
    turn = [*TURN[:2], {**TURN[2], "text": "some other words entirely"}, *TURN[3:]]
    row = searched(Daemon(tmp_path, forgets=True, turn=turn), tmp_path)["memory"]
    assert row.verdict == "unproven"
    assert "request en" in row.control.en


def test_every_folder_that_is_searched_is_shown_to_be_so(tmp_path: Path):
    other, not_writable = tmp_path / "other", tmp_path / "not a folder"
    other.mkdir()
    not_writable.touch()
    daemon = Daemon(tmp_path, forgets=True)
    row = searched(daemon, tmp_path, others=[other, not_writable])["files"]
    assert row.verdict == "held"
    assert row.control.en == f"found where planted: {tmp_path / 'files'}, {other}"
    assert not list(other.iterdir())


def test_a_folder_whose_planted_file_is_not_found_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(traces, "written_since", lambda began, folders: written_since(began, folders[:1]))
    row = searched(Daemon(tmp_path, forgets=True), tmp_path, others=[tmp_path / "other"])["files"]
    assert row.verdict == "unproven"


def test_a_request_too_short_to_be_looked_for_proves_nothing(tmp_path: Path):
    turn = [*TURN[:2], {**TURN[2], "text": "Purple tigers."}, *TURN[3:]]
    rows = searched(Daemon(tmp_path, forgets=True, turn=turn), tmp_path)
    assert {rows[name].verdict for name in ("memory", "files")} == {"unproven"}
    assert rows["files"].control.en == "planted, but not found: request en"
