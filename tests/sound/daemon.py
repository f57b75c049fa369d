"""Runs `xiaoben run` as a service manager does, for tests and benchmarks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
REPLY_SECONDS = 20.0


class Daemon:
    """A running `xiaoben run`, and the service manager that started it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text(f'state = "{folder}/state"\nsocket = "{folder}/run/socket"\n')
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(folder / "notify"))
        self._manager.settimeout(START_SECONDS)
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                self.command("run", "--events", str(folder / "events.jsonl")),
                env=os.environ | {"NOTIFY_SOCKET": str(folder / "notify")},
                stderr=log,
            )

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "assistant", name, "--config", str(self.config), *arguments]

    def xiaoben(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *arguments), capture_output=True, text=True, timeout=60, check=False
        )

    def told(self, message: bytes) -> None:
        """Wait until the service manager is told something."""
        while message not in self._manager.recv(200):
            pass

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = (self.folder / "events.jsonl").read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def wait_for(self, name: str, count: int) -> dict[str, Any]:
        deadline = time.monotonic() + REPLY_SECONDS
        while len(found := self.events(name)) < count:
            assert time.monotonic() < deadline, (self.folder / "events.jsonl").read_text()
            time.sleep(0.05)
        return found[count - 1]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self._manager.close()
        return self.process.wait(20)
