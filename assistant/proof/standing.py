"""How a process stands towards the outside, seen from within: its fence and what it has open.

`python -m assistant.proof.standing` shows how a run that started now would stand: it reads a reach as JSON,
or null for no fence, and writes a Standing as JSON.
"""

import fcntl
import json
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from assistant.config import Config
from assistant.fence import Layer, Reach, enclose, observe

LAYERS = ("network namespace", "mount namespace", "Landlock", "seccomp", "privileges", "tripwire")
"""The whole fence."""

_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class Socket:
    """An open socket."""

    family: str
    """`unix`, `inet`, `inet6` …"""
    address: str
    """Its own; empty when it has none."""
    listening: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a process says of itself."""

    layers: Sequence[Layer]
    sockets: Sequence[Socket]
    written: Sequence[str]
    """Regular files that are open for writing."""

    @classmethod
    def own(cls) -> Self:
        """Of this process."""
        return cls(observe(), list(_sockets()), sorted(_written()))

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The reverse of `asdict`, as it comes over the control socket."""
        layers = [Layer(**layer) for layer in fields["layers"]]
        return cls(layers, [Socket(**each) for each in fields["sockets"]], fields["written"])

    @property
    def missing(self) -> list[Layer]:
        """Layers of which nothing is said, so that they cannot be counted on."""
        said = {layer.name for layer in self.layers}
        return [
            Layer(name, False, "Nothing is said of it.", "没有说明。") for name in LAYERS if name not in said
        ]

    @property
    def open(self) -> list[Layer | Socket]:
        """What should be closed: layers that do not hold, sockets that a network can reach."""
        layers = [layer for layer in self.layers if not layer.enforced]
        return [*layers, *self.missing, *(each for each in self.sockets if each.family != "unix")]


def allowed(config: Config) -> dict[str, Any]:
    """The settings by which something may get out or stay: `lan`, `history`."""
    return config.model_dump(mode="json", include={"lan", "history"})


def to_json(reach: Reach) -> dict[str, list[str]]:
    """A reach for another process."""
    return {kind: sorted({*map(str, paths)}) for kind, paths in asdict(reach).items()}


def from_json(fields: Mapping[str, list[str]]) -> Reach:
    """The reverse."""
    return Reach(**{kind: [Path(path) for path in paths] for kind, paths in fields.items()})


def _sockets() -> Iterator[Socket]:
    for descriptor in _open(stat.S_ISSOCK):
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as each:
            listening = each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            family = socket.AddressFamily(each.family).name.removeprefix("AF_").lower()
            yield Socket(family, _text(each.getsockname()), bool(listening))


def _text(address: object) -> str:
    if isinstance(address, bytes):  # an abstract name
        return "@" + address[1:].decode(errors="replace")
    return ":".join(map(str, address)) if isinstance(address, tuple) else str(address)


def _written() -> Iterator[str]:
    for descriptor in _open(stat.S_ISREG):
        with suppress(OSError):
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                yield str((_DESCRIPTORS / str(descriptor)).readlink())


def _open(kind: Callable[[int], bool]) -> Iterator[int]:
    """Descriptors of a kind; another thread may close them at any time."""
    for descriptor in [int(entry.name) for entry in _DESCRIPTORS.iterdir()]:
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError:  # the listing's own, closed by now
            continue
        if kind(mode):
            yield descriptor


def main() -> None:
    """Raise the fence and say how we stand."""
    if reach := json.load(sys.stdin):
        enclose(from_json(reach))
    json.dump(asdict(Standing.own()), sys.stdout)


if __name__ == "__main__":
    main()
