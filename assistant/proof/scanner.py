"""Looks for secrets in files and in the memory of processes."""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from assistant.proof.secret import Secret

_CHUNK_BYTES = 1 << 20
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ZEROS = bytes(_CHUNK_BYTES)
_MAPPING = re.compile(r"(\w+)-(\w+) (\S{4}) \S+ \S+ \d+ *(.*)")


@dataclass(frozen=True, slots=True)
class Find:
    """A place that holds a part of a secret."""

    secret: str
    needle: str
    place: str
    """A file, or a mapping of a process."""
    offset: int
    """Bytes from the beginning of the file; the address in a process."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A stretch of a process's memory."""

    start: int
    end: int
    access: str
    name: str


class Scanner:
    """Finds many needles in one pass: by their first four bytes, then whole."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        """Every needle has at least four bytes."""
        self._needles: dict[int, list[tuple[str, str, bytes]]] = {}
        for secret in secrets:
            for name, needle in secret.needles.items():
                head = int.from_bytes(needle[:4], "little")
                self._needles.setdefault(head, []).append((secret.name, name, needle))
        self._longest = max((len(needle) for _, _, needle in self._all()), default=4)
        self._heads = np.array(list(self._needles), np.uint32)
        self._begins = np.zeros(1 << 16, bool)
        self._begins[self._heads & 0xFFFF] = True

    def _all(self) -> Iterator[tuple[str, str, bytes]]:
        for needles in self._needles.values():
            yield from needles

    def file(self, path: Path, place: str = "") -> Iterator[Find]:
        """Finds in a file, called `place`; none in one that has gone."""
        try:
            with path.open("rb") as file:
                yield from self.chunks(_read(file), place or str(path))
        except (FileNotFoundError, ProcessLookupError):
            return

    def memory(self, pid: int) -> Iterator[Find]:
        """Finds in all memory of a process, which should not run meanwhile; raises PermissionError."""
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for mapping in mappings(pid):
                place = f"process {pid}, {mapping.name or 'anonymous'} {mapping.access}"
                yield from self.chunks(_pages(memory.fileno(), mapping), place)

    def chunks(self, chunks: Iterable[tuple[int, bytes]], place: str) -> Iterator[Find]:
        """Finds in stretches of bytes that come with their offsets, in order."""
        end, tail = 0, b""
        for offset, chunk in chunks:
            before = tail if offset == end else b""  # a needle may lie across the border of two chunks
            if chunk != _ZEROS[: len(chunk)]:  # most memory is reserved and never used
                for secret, needle, found in self._in(before + chunk):
                    yield Find(secret, needle, place, offset - len(before) + found)
            end, tail = offset + len(chunk), (before + chunk)[-(self._longest - 1) :]

    def _in(self, text: bytes) -> Iterator[tuple[str, str, int]]:
        for place in self._candidates(text):
            for secret, name, needle in self._needles[int.from_bytes(text[place : place + 4], "little")]:
                if text.startswith(needle, place):
                    yield secret, name, place

    def _candidates(self, text: bytes) -> Iterator[int]:
        """Where one of the needles' first four bytes stand."""
        letters = np.frombuffer(text, np.uint8)
        for parity in (0, 1):
            pairs = np.frombuffer(text, "<u2", (len(text) - parity) // 2, parity)
            places = np.flatnonzero(self._begins[pairs]) * 2 + parity
            places = places[places <= len(text) - 4]
            heads = sum(letters[places + index].astype(np.uint32) << (8 * index) for index in range(4))
            yield from map(int, places[np.isin(heads, self._heads)])


def _read(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while chunk := file.read(_CHUNK_BYTES):
        yield offset, chunk
        offset += len(chunk)


def mappings(pid: int) -> list[Mapping]:
    """What of a process's memory can be read."""
    lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
    return [mapping for mapping in map(_mapping, lines) if "r" in mapping.access]


def _mapping(line: str) -> Mapping:
    match = _MAPPING.fullmatch(line)
    if match is None:
        raise ValueError(line)
    start, end, access, name = match.groups()
    return Mapping(int(start, 16), int(end, 16), access, name)


def _pages(memory: int, mapping: Mapping) -> Iterator[tuple[int, bytes]]:
    offset = mapping.start
    while offset < mapping.end:
        try:
            chunk = os.pread(memory, min(_CHUNK_BYTES, mapping.end - offset), offset)
        except OSError:  # a page that the kernel keeps to itself, or behind the end of a file
            chunk = b""
        if chunk:
            yield offset, chunk
        offset += len(chunk) or _PAGE_BYTES


def written_since(moment: float, folders: Iterable[Path]) -> Iterator[Path]:
    """Files below `folders`, on the same file systems, changed since `moment` (seconds since 1970)."""
    for folder in folders:
        yield from _written_below(folder, moment, folder.stat().st_dev)


def _written_below(folder: Path, moment: float, device: int) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # gone meanwhile, or not for this user
        return
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(status.st_mode) and status.st_dev == device:
            yield from _written_below(Path(entry.path), moment, device)
        elif stat.S_ISREG(status.st_mode) and max(status.st_mtime, status.st_ctime) >= moment:
            yield Path(entry.path)


def written_by(pid: int) -> Iterator[Path]:
    """The files that a process has open for writing, deleted ones too, by a path that opens them."""
    return (link for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_file() and _is_for_writing(link))


def _is_for_writing(link: Path) -> bool:
    flags = (link.parent.parent / "fdinfo" / link.name).read_text().split()[3]
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
