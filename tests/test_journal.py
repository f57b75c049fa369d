"""The events file."""

import json
import stat
from pathlib import Path

import pytest

from assistant.errors import StorageError
from assistant.journal import Journal


def test_every_event_is_a_line_of_json(tmp_path: Path):
    journal = Journal(tmp_path / "events.jsonl", lambda: 1.23456)
    journal.record(1, "wake", 0.5, word="hey_computer", score=0.9)
    journal.record(1, "transcript", text="你好", lang="zh")
    journal.close()
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert lines == [
        {"t": 0.5, "turn": 1, "event": "wake", "word": "hey_computer", "score": 0.9},
        {"t": 1.235, "turn": 1, "event": "transcript", "text": "你好", "lang": "zh"},
    ]


def test_only_its_owner_may_read_it(tmp_path: Path):
    (tmp_path / "events.jsonl").touch(mode=0o644)  # an older one, open to others
    Journal(tmp_path / "events.jsonl", lambda: 0).close()
    assert stat.S_IMODE((tmp_path / "events.jsonl").stat().st_mode) == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_said_so():
    journal = Journal(Path("/dev/full"), lambda: 0)
    with pytest.raises(StorageError, match="No space left"):
        journal.record(1, "wake")
    journal.close()


def test_an_impossible_place_is_said_so(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be written"):
        Journal(tmp_path / "nowhere" / "events.jsonl", lambda: 0)
