"""Remembers checksums, so that a start need not read every model: only what has changed is read again."""

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock

_OTHERS = 0o077
_SETTLED_NS = 1_000_000_000  # a second change within one tick of the kernel's clock would not show

_Stamp = tuple[int, int, int, int]


class Digests:
    """The SHA-256 of files as they were when they were last read.

    A file counts as unchanged by its size, inode and both times; that of the last change (ctime) nobody but
    root can set back. Who may write in the folder can still exchange a file before it is loaded: against
    others than the owner stand the modes, see `gate`.
    """

    def __init__(self, record: Path) -> None:
        """`record` keeps them until the next start; where it cannot be written, files are read every time."""
        self._record = record
        self._known = _read(record)
        self._lock = Lock()

    def sha256_of(self, path: Path) -> str:
        """The file's SHA-256 in hexadecimal; raises OSError."""
        with path.open("rb") as file:
            stamp = _stamp(file.fileno())
            if (known := self._known.get(str(path))) and known[0] == stamp:
                return known[1]
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if _stamp(file.fileno()) == stamp and _is_settled(stamp):
                self._remember(path, stamp, digest)
        return digest

    def _remember(self, path: Path, stamp: _Stamp, digest: str) -> None:
        with self._lock, suppress(OSError):
            self._known[str(path)] = stamp, digest
            self._record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self._record.with_name(f".{self._record.name}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(self._known, file)
            draft.replace(self._record)


def _stamp(descriptor: int) -> _Stamp:
    status = os.fstat(descriptor)
    return status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def _is_settled(stamp: _Stamp) -> bool:
    return time.time_ns() - max(stamp[2:]) > _SETTLED_NS


def _read(record: Path) -> dict[str, tuple[_Stamp, str]]:
    """What was remembered; nothing, if others may have had their hands on it."""
    try:
        with record.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                return {}
            known = json.load(file)
        return {path: (_as_stamp(stamp), str(digest)) for path, (stamp, digest) in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _as_stamp(numbers: list[int]) -> _Stamp:
    size, inode, mtime, ctime = map(int, numbers)
    return size, inode, mtime, ctime
