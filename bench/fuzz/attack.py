"""Talks to the control socket in every way that a socket allows, and judges the answers."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.fuzz.messages import Messages

_LONGEST_LINE = 64 * 1024  # that the daemon takes
_LONGEST_ANSWER = 1 << 22  # a page of the history
_ANSWER_SECONDS = 60.0
_MOST_TOLD = 20
_OWN_ERRORS = ("The command failed", "something went wrong", "时出错了")
"""What the daemon says when it has caught an error of its own."""


@dataclass
class Outcome:
    """What came of an attack."""

    messages: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    """How many were `done`, an `error`, or `refused` because too many talked."""
    findings: list[str] = field(default_factory=list)
    """What must not be, with the message that led to it."""

    def take(self, answer: bytes, message: bytes) -> str:
        """Count an answer; its kind."""
        try:
            content = json.loads(answer)
            problem = content.get("error")
            words = str(content.get("reply")) if problem is None else problem["en"] + problem["zh"]
        except (ValueError, KeyError, AttributeError):
            self.find("an answer that is none", message)
            return "none"
        if any(own in words for own in _OWN_ERRORS):
            self.find("an error of the daemon's own", message)
        kind = "done" if problem is None else "refused" if "talks to" in words else "error"
        self.answers[kind] += 1
        return kind

    def find(self, what: str, message: bytes) -> None:
        """Note something that must not be."""
        if len(self.findings) < _MOST_TOLD:
            self.findings.append(f"{what}: {message[:200]!r}")


class Attacker:
    """One who talks to the daemon."""

    def __init__(self, path: Path, seed: int, outcome: Outcome) -> None:
        self._path = path
        self._outcome = outcome
        self._messages = Messages(seed)
        self._random = self._messages.random
        self._ways = (
            *(self._in_order, self._in_order, self._in_a_burst, self._in_a_burst),
            *(self._in_pieces, self._hanging_up, self._not_reading),
        )

    async def attack(self, goal: int, longest: int = 100) -> None:
        """Talk, up to `longest` messages a connection, until `goal` messages were sent by all attackers."""
        while self._outcome.messages < goal:
            batch = [self._messages.next() for _ in range(self._random.randint(1, longest))]
            self._outcome.messages += len(batch)
            with suppress(ConnectionError):  # either side may hang up at any time
                async with self._connected() as (reader, writer):
                    await self._random.choice(self._ways)(batch, reader, writer)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        reader, writer = await asyncio.open_unix_connection(self._path, limit=_LONGEST_ANSWER)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _in_order(self, batch: Sequence[bytes], reader: StreamReader, writer: StreamWriter) -> None:
        for message in batch:
            writer.write(message)
            if not await self._answered(message, reader):
                return

    async def _in_a_burst(self, batch: Sequence[bytes], reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"".join(batch))
        if self._random.random() < 0.5:
            writer.write_eof()
        for message in batch:
            if not await self._answered(message, reader):
                return

    async def _in_pieces(self, batch: Sequence[bytes], reader: StreamReader, writer: StreamWriter) -> None:
        for message in batch[:10]:
            cut = self._random.randrange(len(message))
            for piece in (message[:cut], message[cut:]):
                writer.write(piece)
                await asyncio.sleep(0)
            if not await self._answered(message, reader):
                return

    async def _hanging_up(self, batch: Sequence[bytes], _reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"".join(batch)[: self._random.randint(1, 100_000)])

    async def _not_reading(self, batch: Sequence[bytes], reader: StreamReader, writer: StreamWriter) -> None:
        await self._hanging_up(batch, reader, writer)
        await asyncio.sleep(0.01)

    async def _answered(self, message: bytes, reader: StreamReader) -> bool:
        """Whether every line of the message got its answer, so that the talk may go on."""
        for line in message.removesuffix(b"\n").split(b"\n"):
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await reader.readline()
            if not answer and len(line) < _LONGEST_LINE:
                self._outcome.find("hung up on", message)
            if not answer or self._outcome.take(answer, message) == "refused":
                return False
        return True


async def sleeper(path: Path) -> None:
    """Fall asleep in the middle of a line, again and again."""
    while True:
        with suppress(ConnectionError):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(b'{"command": "sta')
                await reader.read()
            finally:
                writer.transport.abort()
