"""The daemon under observation: it hears a recording, tells what happens by a pipe, and can be stopped."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from assistant.errors import PrivacyError
from assistant.proof.scanner import family

_SECONDS = 300  # for loading the models and all turns, on a slow machine


class Subject:
    """`xiaoben run` on a recording, with files in place of the devices."""

    def __init__(self, config: Path, recording: Path, folder: Path) -> None:
        """`folder` takes its log and the pipe."""
        self._log = folder / "log"
        self._pipe = folder / "events"  # never a file: what is said must not be on a disk
        self._command = [
            sys.executable, "-m", "assistant", "run", "--config", str(config),
            "--mic", str(recording), "--events", str(self._pipe), "--fast",
        ]  # fmt: skip

    def __enter__(self) -> Self:
        os.mkfifo(self._pipe, 0o600)
        self._events = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._events)
        self._pipe.unlink()

    @property
    def pid(self) -> int:
        """Of the daemon."""
        return self._process.pid

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._log

    def events(self) -> Iterator[dict[str, Any]]:
        """What happens, as it happens, until it ends; raises PrivacyError when it fails or takes too long."""
        deadline = time.monotonic() + _SECONDS
        rest = b""
        while data := self._read(deadline):
            *lines, rest = (rest + data).split(b"\n")
            yield from map(json.loads, lines)
        if status := self._process.wait(_SECONDS):
            raise self._failed(f"status {status}")

    def _read(self, deadline: float) -> bytes:
        """Some bytes; none when it has ended."""
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None  # before looking: what it wrote last must not be missed
            if select.select([self._events], [], [], 0.05)[0] and (data := os.read(self._events, 1 << 16)):
                return data
            if ended:
                return b""
            time.sleep(0.01)  # before it has opened the pipe, and when it has closed it, reading never waits
        raise self._failed(f"no end after {_SECONDS} s")

    def _failed(self, how: str) -> PrivacyError:
        said = self._log.read_text(errors="replace").strip().splitlines() or [how]
        return PrivacyError(
            en=f"The proof needs a spoken turn, but `xiaoben run` failed ({how}): {said[-1]}",
            zh=f"证明需要一次语音对话，但 `xiaoben run` 失败了（{how}）：{said[-1]}",
        )

    def freeze(self) -> list[int]:
        """Stop it with all its children; their numbers."""
        processes = family(self.pid)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        return processes

    def thaw(self) -> None:
        """Let it go on."""
        for pid in family(self.pid):
            os.kill(pid, signal.SIGCONT)
