"""The files that come with Xiaoben for the service manager, and how files are put in place and taken away."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from assistant import paths
from assistant.errors import StorageError


def shipped(pattern: str) -> dict[str, str]:
    """Files of `systemd/` by name."""
    return {path.name: path.read_text() for path in sorted(paths.bundled("systemd").glob(pattern))}


def beside(unit: str) -> str:
    """The file beside a unit in which the facts of the machine stand."""
    return f"{unit}.d/installation.conf"


def write(files: Mapping[Path, str]) -> None:
    """Write files that everybody may read; raises StorageError."""
    for path, text in files.items():
        with _changing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o644)


def remove(unwanted: Iterable[Path]) -> list[Path]:
    """Delete the files and folders that are there, and tell which; raises StorageError."""
    present = [path for path in unwanted if path.exists() or path.is_symlink()]
    for path in present:
        with _changing(path):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if path.parent.suffix == ".d":
            with suppress(OSError):  # a file of somebody else's is in it
                path.parent.rmdir()
    return present


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            en=f"{path} cannot be changed: {error.strerror}; is the disk full or read-only?",
            zh=f"无法修改 {path}：{error.strerror}；磁盘是否已满或为只读？",
        ) from error
