"""Which models there are: `models/models.toml`, checked when it is read."""

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    RootModel,
    ValidationError,
    model_validator,
)

from assistant.errors import ConfigError, ModelError
from assistant.events import Language
from assistant.weights.checksum import Checksum

Role = Literal["asr", "llm", "tts", "wake", "vad", "turn"]
Client = Literal["pip", "npm"]


def _below(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or any(part.startswith((".", "/")) for part in parts):
        raise ValueError("must be a path below the model's folder")
    return path


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Table):
    """One file of a model."""

    path: Annotated[str, AfterValidator(_below)]
    """Below `models/<id>/`."""
    bytes: PositiveInt
    """Exact where `sha256` is given; elsewhere about, and upstream has the last word."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """Absent where only upstream's own metadata can tell it, at download time."""

    @property
    def checksum(self) -> Checksum | None:
        """What the file is known by."""
        return Checksum("sha256", self.sha256) if self.sha256 else None


class _Source(_Table):
    files: tuple[str, ...] = ("*",)
    """Patterns of the paths that it has."""

    def has(self, file: File) -> bool:
        """Whether the file can be got here."""
        return any(fnmatchcase(file.path, pattern) for pattern in self.files)


class UrlSource(_Source):
    """A server; `{path}` in the URL stands for the file's path."""

    kind: Literal["url"]
    url: Annotated[str, Field(pattern="^https?://[^/]+/")]

    def address(self, file: File) -> str:
        """The file's own URL."""
        return self.url.replace("{path}", file.path)

    def label(self, file: File) -> str:  # noqa: ARG002 - as PackageSource.label
        """What a person calls it."""
        return urlsplit(self.url).netloc


class Part(_Table):
    """A file in a registry's package."""

    package: str
    """As the client takes it: `name==version` for pip, `name@version` for npm."""
    member: str
    """Path in the package; `{path}` in it stands for the file's path."""


class PackageSource(_Source):
    """Packages of a registry, got with its ordinary client."""

    kind: Client
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]
    """The file, or the pieces that make it when put one after the other."""

    def label(self, file: File) -> str:  # noqa: ARG002 - as UrlSource.label
        """What a person calls it."""
        return f"{self.kind} {' + '.join(part.package for part in self.parts)}"


Source = Annotated[UrlSource | PackageSource, Field(discriminator="kind")]


class Entry(_Table):
    """One model."""

    id: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9.-]*$")]
    """Its name, and its folder's."""
    role: Role
    languages: tuple[Language, ...]
    licence: str
    """SPDX identifier, or the name that its maker gives it."""
    terms: str | None = None
    """Where the conditions stand that a person must have read and accepted before a pull."""
    memory_mb: PositiveInt
    """Resident memory that it needs when loaded, in MB."""
    default: bool = False
    """Part of the set that a fresh machine gets."""
    files: Annotated[tuple[File, ...], Field(min_length=1)]
    sources: tuple[Source, ...]
    """In the order in which they are tried."""

    @model_validator(mode="after")
    def _obtainable(self) -> "Entry":
        for file in self.files:
            if not any(file.sha256 or isinstance(source, UrlSource) for source in self.sources_of(file)):
                raise ValueError(f"no source of '{file.path}' comes with a checksum")
        return self

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)

    def sources_of(self, file: File) -> Iterator[UrlSource | PackageSource]:
        """Where one of its files can be got, in order."""
        return (source for source in self.sources if source.has(file))


@dataclass(frozen=True)
class Catalogue:
    """All models that can be pulled by name, in the file's order."""

    entries: tuple[Entry, ...]

    @property
    def defaults(self) -> tuple[Entry, ...]:
        """What a fresh machine needs."""
        return tuple(entry for entry in self.entries if entry.default)

    def find(self, model_id: str) -> Entry:
        """The model of that name; raises ModelError with the likeliest one that was meant."""
        for entry in self.entries:
            if entry.id == model_id:
                return entry
        close = difflib.get_close_matches(model_id, [entry.id for entry in self.entries], n=1)
        raise ModelError(
            en=f"There is no model '{model_id}'"
            + (
                f"; did you mean '{close[0]}'?" if close else "; `xiaoben models list` shows those there are."
            ),
            zh=f"没有名为“{model_id}”的模型"
            + (f"；你是指“{close[0]}”吗？" if close else "；可用的模型见 `xiaoben models list`。"),
        )


def load_catalogue(path: Path) -> Catalogue:
    """Read `models.toml`; raises ConfigError that names the table and the key at fault."""
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
        entries = _Entries.model_validate([{"id": name, **_table(table)} for name, table in tables.items()])
    except OSError as error:
        raise ConfigError(
            en=f"The model catalogue {path} cannot be read: {error.strerror}.",
            zh=f"无法读取模型目录 {path}：{error.strerror}。",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            en=f"The model catalogue {path} is not valid TOML: {error}.",
            zh=f"模型目录 {path} 不是有效的 TOML：{error}。",
        ) from error
    except ValidationError as error:
        raise _explain(path, list(tables), error) from error
    return Catalogue(tuple(entries.root))


class _Entries(RootModel[list[Entry]]):
    pass


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {"table": value}  # an unknown key, so that it is refused


def _explain(path: Path, names: list[str], error: ValidationError) -> ConfigError:
    first = error.errors(include_url=False)[0]
    index, *keys = first["loc"]
    location = ".".join(str(part) for part in (names[int(index)], *keys))
    return ConfigError(
        en=f"The model catalogue {path} is wrong at '{location}': {first['msg']}.",
        zh=f"模型目录 {path} 的“{location}”有误：{first['msg']}。",
    )
