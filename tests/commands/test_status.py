"""What `xiaoben status` shows a person."""

from dataclasses import asdict

import pytest

from assistant.audio.health import Health
from assistant.commands.status import labelled

STATUS = {
    "state": "listening", "pid": 1, "uptime_seconds": 2.5, "turns": 3, "memory_mb": 900,
    "audio": asdict(Health(frames=100, lost=7)),
}  # fmt: skip


@pytest.mark.parametrize(("locale", "label"), [("en", "lost frames"), ("zh_CN", "丢失的帧")])
def test_it_is_labelled_in_the_language_of_the_person(locale, label, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", locale)
    assert dict(labelled(STATUS))[label] == 7
