"""What systemd is told."""

import socket
from pathlib import Path

import pytest

from assistant.service import Service


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_readiness_and_stopping_are_told(manager: socket.socket):
    service = Service()
    service.ready()
    assert manager.recv(100).startswith(b"READY=1")
    service.stopping()
    assert manager.recv(100) == b"STOPPING=1"


def test_the_watchdog_is_fed_by_a_second_of_frames(manager: socket.socket):
    service = Service()
    for _ in range(49):
        service.heartbeat()
    with pytest.raises(BlockingIOError):
        manager.recv(100)
    service.heartbeat()
    assert manager.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Service().ready()


def test_a_manager_that_is_gone_does_not_stop_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    Service().stopping()


def test_a_manager_that_does_not_read_does_not_make_us_wait(manager: socket.socket):
    service = Service()
    for _ in range(50 * 300):
        service.heartbeat()
    assert manager.recv(100) == b"WATCHDOG=1"
