"""What nobody vouches for is tried in a process of its own."""

import os
import signal
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.weights import trial


def note(path: Path) -> None:
    path.write_text(str(os.getpid()))


def fail() -> None:
    raise ValueError("no model")


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def abort() -> None:
    os.abort()


def hang() -> None:
    signal.pause()


def test_what_loads_passes_and_loads_in_another_process(tmp_path: Path):
    trial.attempt(note, tmp_path / "pid")
    assert int((tmp_path / "pid").read_text()) != os.getpid()


@pytest.mark.parametrize(
    ("load", "en", "zh"),
    [
        (fail, "failed: this is no such model", "失败"),
        (crash, r"crashed \(SIGSEGV\): the file is broken or malicious", "崩溃"),
        (abort, r"crashed \(SIGABRT\)", "崩溃"),
    ],
)
def test_what_fails_or_dies_is_a_clear_refusal(load, en: str, zh: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(ModelError, match=en) as raised:
        trial.attempt(load)
    assert zh in raised.value.zh
    assert "not trusted" in raised.value.en
    assert capfd.readouterr() == ("", "")


def test_what_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trial, "_LONGEST_SECONDS", 0.3)
    with pytest.raises(ModelError, match="SIGKILL"):
        trial.attempt(hang)
