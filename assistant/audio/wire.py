"""What the daemon and its audio children say to each other, and how it is written on a socket.

A message is two lengths, its name and plain fields as JSON, then its sound as it is.
"""

import asyncio
import dataclasses
import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

MAX_SOUND_BYTES = 1 << 16
"""Longest sound in one message: 0.7 s at 48 kHz."""
_MAX_FIELDS_BYTES = 1 << 16
_LENGTHS = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Ready:
    """The child has opened its device."""

    device: str
    rate_hz: int
    channels: int
    matches: int
    """How many devices the configured name fits; the first is taken."""


@dataclass(frozen=True, slots=True)
class Heard:
    """20 ms from the microphone."""

    sequence: int
    """Counts every frame of this child, those included that it had to drop."""
    captured: float
    """time.monotonic() when the frame was complete."""
    samples: bytes = b""


@dataclass(frozen=True, slots=True)
class Xrun:
    """The device lost sound because it was not fetched, or got none to play, in time."""


@dataclass(frozen=True, slots=True)
class Play:
    """A block of a speech; the first one puts the speech at the end of the playlist."""

    speech: int
    rate_hz: int
    samples: bytes = b""


@dataclass(frozen=True, slots=True)
class End:
    """The speech is complete."""

    speech: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Stop the speech at once, or don't begin it."""

    speech: int


@dataclass(frozen=True, slots=True)
class Started:
    """The first audible sample went to the device."""

    speech: int
    at: float
    """time.monotonic()"""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last sample has been heard."""

    speech: int
    at: float
    """time.monotonic()"""


@dataclass(frozen=True, slots=True)
class Listed:
    """The devices there are: an `inventory.Device` each, as a dictionary."""

    devices: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Failed:
    """The child cannot do its work, for a reason that a person should read."""

    en: str
    zh: str


Message = Ready | Heard | Xrun | Play | End | Drop | Started | Ended | Listed | Failed
_KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Ready, Heard, Xrun, Play, End, Drop, Started, Ended, Listed, Failed)
}


class LinkLost(Exception):  # noqa: N818 - the other side ending is no error of ours
    """The other side is gone, or what it wrote is no message."""


class Link:
    """One end of the socket between the daemon and a child."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> "Link":
        """Take over one end of a socket pair."""
        # Small buffers: what waits to be read shall wait where it can be dropped.
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_SOUND_BYTES)
        reader, writer = await asyncio.open_connection(sock=end, limit=1 << 12)
        writer.transport.set_write_buffer_limits(0)
        return cls(reader, writer)

    def send(self, message: Message) -> None:
        """Write a message without waiting."""
        fields = {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}
        samples = fields.pop("samples", b"")
        head = json.dumps([type(message).__name__, fields]).encode()
        self._writer.write(_LENGTHS.pack(len(head), len(samples)) + head + samples)

    async def sent(self) -> None:
        """Wait until the other side, or the socket, has taken what was sent; raises LinkLost."""
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise LinkLost from error

    async def receive(self) -> Message:
        """The next message; raises LinkLost."""
        try:
            head_bytes, sound_bytes = _LENGTHS.unpack(await self._reader.readexactly(_LENGTHS.size))
            if head_bytes > _MAX_FIELDS_BYTES or sound_bytes > MAX_SOUND_BYTES:
                raise LinkLost
            kind, fields = json.loads(await self._reader.readexactly(head_bytes))
            if sound_bytes:
                fields["samples"] = await self._reader.readexactly(sound_bytes)
            message: Message = _KINDS[kind](**fields)
        except (EOFError, ConnectionError, ValueError, KeyError, TypeError) as error:
            raise LinkLost from error
        return message

    def close(self) -> None:
        """End the conversation."""
        self._writer.transport.abort()
