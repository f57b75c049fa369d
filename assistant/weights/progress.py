"""What a pull tells while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from assistant.errors import ModelError


class SourceError(ModelError):
    """One source cannot give a file, the next may; its text completes the sentence "source: …"."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """A source is being tried."""

    model: str
    path: str
    source: str


@dataclass(frozen=True, slots=True)
class Advanced:
    """More of a model is here."""

    model: str
    done: int
    """Bytes of all its files."""
    total: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A source could not give a file."""

    model: str
    path: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Installed:
    """All files of a model are in place."""

    model: str


Event = Fetching | Advanced | Refused | Installed
Report = Callable[[Event], None]
