"""The service manager, as `systemctl` and its sisters reach it."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ControlError

_KEY_BYTES = 32  # AES-256


@dataclass(frozen=True, slots=True)
class Systemd:
    """The system's manager, or (`--user`) that of the person at the terminal. All raise ControlError."""

    scope: tuple[str, ...] = ()

    def start(self, units: Sequence[str]) -> None:
        """Start units, now and at boot, by their present files; returns when they are ready."""
        self._systemctl("daemon-reload")
        self._systemctl("enable", *units)
        # Not `enable --now`: what runs already is to run by the new files.
        self._systemctl("restart", *units)

    def stop(self, units: Sequence[str]) -> None:
        """Stop units, now and at boot."""
        if units:
            self._systemctl("disable", "--now", *units)

    def reload(self) -> None:
        """Take note that files have gone."""
        self._systemctl("daemon-reload")

    def encrypt_key(self, path: Path) -> None:
        """Write a new random key to `path` that only this machine's manager can read."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _run(["systemd-creds", "encrypt", f"--name={path.name}", "-", str(path)], os.urandom(_KEY_BYTES))

    def _systemctl(self, *arguments: str) -> None:
        _run(["systemctl", *self.scope, *arguments])


def _run(command: Sequence[str], given: bytes = b"") -> None:
    """Raise ControlError with the first line that a failed command wrote."""
    try:
        subprocess.run(command, input=given, capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").split("\n")
        raise _failed(command, next((line for line in lines if line), str(error))) from error
    except OSError as error:
        raise _failed(command, error.strerror or str(error)) from error


def _failed(command: Sequence[str], reason: str) -> ControlError:
    done, why = " ".join(command), reason.rstrip(".")
    return ControlError(
        en=f"`{done}` failed: {why}; see `journalctl -u xiaoben`.",
        zh=f"`{done}` 执行失败：{why}；请查看 `journalctl -u xiaoben`。",
    )
