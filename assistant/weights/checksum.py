"""What a file is known by."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_blob_of(path: Path) -> str:
    size = path.stat().st_size
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(b"blob %d\0" % size)).hexdigest()  # noqa: S324 - git's


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest in hexadecimal; `git` is the SHA-1 under which git keeps a file."""

    kind: Literal["sha256", "git"]
    digest: str

    def matches(self, path: Path) -> bool:
        """Whether the file is the one that was meant."""
        return self.digest == (sha256_of(path) if self.kind == "sha256" else _git_blob_of(path))


@dataclass(frozen=True, slots=True)
class Pin:
    """What an installed file must be."""

    bytes: int
    sha256: str
