"""Writes what happens to a file, one JSON object a line, because the user asked: `run --events FILE`."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.errors import StorageError


class Journal:
    """An events file."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """`clock`: seconds on the input's audio clock. Raises StorageError when `path` cannot be written."""
        self._path = path
        with _storing(path):
            # It holds what was said: for the user's eyes only.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            if path.is_file():  # it may have been there, open to others
                os.fchmod(descriptor, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._clock = clock

    def record(self, turn: int, event: str, seconds: float | None = None, **fields: Any) -> None:
        """Write one line; `seconds` on the audio clock, None: now. Raises StorageError."""
        t = round(self._clock() if seconds is None else seconds, 3)
        line = {"t": t, "turn": turn, "event": event, **fields}
        with _storing(self._path):
            self._file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            en=f"The events file {path} cannot be written: {error.strerror}; choose another place.",
            zh=f"无法写入事件文件 {path}：{error.strerror}；请换一个位置。",
        ) from error


class NoJournal:
    """Writes nothing: the default, because what was said is private."""

    def record(self, turn: int, event: str, seconds: float | None = None, **fields: Any) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
