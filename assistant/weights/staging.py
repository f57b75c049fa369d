"""The hidden folder in which files are made ready, and what the disk may answer."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import StorageError

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Staging:
    """Two folders on the disk of the models."""

    parts: Path
    """For what an interrupted pull goes on with."""
    scratch: Path
    """Empty at first, deleted in the end."""


@contextmanager
def staging(folder: Path) -> Iterator[Staging]:
    """Give one process at a time the folders to make models ready in.

    Raises StorageError when another process has them, and for whatever the disk refuses meanwhile.
    """
    with storing(folder):
        hidden = folder / ".partial"
        hidden.mkdir(parents=True, exist_ok=True)
        # Beside the hidden folder and never deleted: a lock on a file that is gone would hold nobody off.
        with (folder / ".lock").open("w") as lock:
            _lock(lock.fileno(), folder)
            with _emptied(hidden / ".scratch") as scratch:
                yield Staging(hidden, scratch)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StorageError(
            en=f"Another `xiaoben models` is at work in {folder}; try again when it is done.",
            zh=f"另一个 `xiaoben models` 正在使用 {folder}；请等它结束后再试。",
        ) from error


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into StorageError."""
    try:
        yield
    except OSError as error:
        raise _full(folder) if error.errno in _FULL else _refused(folder, error) from error


def require_space(folder: Path, needed: int) -> None:
    """Raise StorageError when the disk has less than `needed` bytes left."""
    if shutil.disk_usage(folder).free < needed:
        raise _full(folder, needed)


def settle(source: Path, target: Path) -> None:
    """Move a finished file to its place, at once and for good."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _full(folder: Path, needed: int | None = None) -> StorageError:
    amount_en = f"; {needed / 1e6:.0f} MB are needed" if needed else ""
    amount_zh = f"，需要 {needed / 1e6:.0f} MB" if needed else ""
    return StorageError(
        en=f"The disk of {folder} is full{amount_en}; make room, or set `models` in the configuration "
        "to a folder on another disk.",
        zh=f"{folder} 所在的磁盘空间不足{amount_zh}；"
        "请腾出空间，或在配置中把 `models` 设为其他磁盘上的文件夹。",
    )


def _refused(folder: Path, error: OSError) -> StorageError:
    where = error.filename or folder
    return StorageError(
        en=f"The models folder {folder} cannot be used ({where}: {error.strerror}); "
        "make it writable, or set `models` in the configuration to another folder.",
        zh=f"无法使用模型文件夹 {folder}（{where}：{error.strerror}）；"
        "请使其可写，或在配置中把 `models` 设为其他文件夹。",
    )
