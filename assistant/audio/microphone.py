"""The live microphone, through a child process that is replaced whenever it stops sending."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Self

from assistant.audio import process
from assistant.audio.clock import FrameClock
from assistant.audio.wire import Failed, Heard, LinkLost, Message, Ready, Xrun
from assistant.errors import AudioError
from assistant.events import FRAME_BYTES, FRAME_SECONDS, AudioFrame

_LOGGER = logging.getLogger(__name__)
_OPEN_SECONDS = 5.0
_SILENT_SECONDS = 1.0
_DELAYS_SECONDS = (0.0, 0.25, 0.5, 1.0)
_LONGEST_DELAY_SECONDS = 2.0
_SILENCE = bytes(FRAME_BYTES)


class Microphone:
    """Gives frames for as long as it is open, whatever happens to the device meanwhile."""

    def __init__(self, name: str, start: process.Start = process.start) -> None:
        self.clock = FrameClock()
        self.frame_count = 0
        self.xruns = 0
        self.restarts = 0
        self._zeros = 0
        self._heard_at = 0.0
        self._name = name
        self._start = start

    async def __aenter__(self) -> Self:
        """Open the device; raises AudioError."""
        self._child = await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._child.stop()

    @property
    def zero_seconds(self) -> float:
        """How long it has been delivering nothing but zeros."""
        return self._zeros * FRAME_SECONDS

    @property
    def alive(self) -> bool:
        """Whether a frame was heard within the last second."""
        return time.monotonic() - self._heard_at < _SILENT_SECONDS

    async def frames(self) -> AsyncIterator[AudioFrame]:
        """Frames without end; while the device is away none come, and then their index has a gap."""
        while True:
            async for frame in self._heard():
                yield frame
            await self._replace()

    async def _heard(self) -> AsyncIterator[AudioFrame]:
        """What the present child hears, until it fails or falls silent."""
        self._sequence = -1
        try:
            while True:
                match await self._next():
                    case Heard() as heard:
                        yield self._frame(heard)
                    case Xrun():
                        self.xruns += 1
                    case Failed(en):
                        _LOGGER.warning("%s", en)
                        return
        except TimeoutError:
            _LOGGER.warning("The microphone has sent nothing for %g s", _SILENT_SECONDS)
        except LinkLost:
            _LOGGER.warning("The microphone's process ended (%s)", self._child.last_words or "silently")

    async def _next(self) -> Message:
        receiving = asyncio.ensure_future(self._child.link.receive())
        try:
            # Twice half the time: if it was our own loop that was held up, then the first wait ends before
            # what has arrived meanwhile is read, and only the second one tells.
            for _ in range(2):
                await asyncio.wait({receiving}, timeout=_SILENT_SECONDS / 2)
                if receiving.done():
                    return receiving.result()
        finally:
            receiving.cancel()
        raise TimeoutError

    def _frame(self, heard: Heard) -> AudioFrame:
        if self._sequence < 0:
            self.clock.restart(heard.captured)
        index = self.clock.number(heard.captured, missing=heard.sequence - self._sequence - 1)
        self._sequence = heard.sequence
        self._heard_at = time.monotonic()
        self.frame_count += 1
        self._zeros = self._zeros + 1 if heard.samples == _SILENCE else 0
        return AudioFrame(index, heard.samples)

    async def _replace(self) -> None:
        """Start children until one opens the device."""
        self.restarts += 1
        await self._child.stop()
        for attempt, delay in enumerate(_delays()):
            await asyncio.sleep(delay)
            try:
                self._child = await self._open()
            except AudioError as error:
                _LOGGER.log(logging.DEBUG if attempt else logging.WARNING, "%s", error.en)
            else:
                return

    async def _open(self) -> process.Child:
        child = await self._start("microphone", self._name)
        try:
            await self._await_ready(child)
        except BaseException:
            await child.stop()
            raise
        return child

    async def _await_ready(self, child: process.Child) -> None:
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                message = await child.link.receive()
        except (TimeoutError, LinkLost) as error:
            raise process.unanswered(child) from error
        match message:
            case Ready() as ready:
                _LOGGER.info("Microphone: %s", ready)
            case Failed(en, zh):
                raise AudioError(en=en, zh=zh)


def _delays() -> Iterator[float]:
    return itertools.chain(_DELAYS_SECONDS, itertools.repeat(_LONGEST_DELAY_SECONDS))
