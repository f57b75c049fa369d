"""The live speaker, through a child process that is replaced when it fails."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from assistant.audio import process
from assistant.audio.playlist import Notice
from assistant.audio.wire import (
    MAX_SOUND_BYTES,
    Drop,
    End,
    Ended,
    Failed,
    LinkLost,
    Message,
    Play,
    Ready,
    Started,
    Xrun,
)
from assistant.errors import AudioError
from assistant.events import Speech

_LOGGER = logging.getLogger(__name__)
_GRACE_SECONDS = 3.0  # for opening the device: a Bluetooth speaker takes its time


class Speaker:
    """Plays speeches one after another."""

    def __init__(self, name: str, start: process.Start = process.start) -> None:
        self.restarts = 0
        self.xruns = 0
        self._name = name
        self._start = start
        self._choosing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start the child; the device is opened by the first speech."""
        self._session = await self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.stop()

    async def play(self, speech: Speech, on_start: Notice) -> float:
        """Return when all of it was heard, raise AudioError when that cannot be; cancelling silences it.

        The result, and what `on_start` is called with at the first audible sample, are of time.monotonic().
        """
        begun = False

        def note(at: float) -> None:
            nonlocal begun
            begun = True
            on_start(at)

        try:
            return await (await self._present()).play(speech, note)
        except AudioError:
            if begun:
                raise
        # Once more: a fresh child knows devices that were plugged in since the old one began.
        return await (await self._present()).play(speech, on_start)

    async def _present(self) -> "_Session":
        """The session with a child that works, as far as is known."""
        async with self._choosing:
            if self._session.over:
                self.restarts += 1
                await self._session.stop()
                self._session = await self._begin()
            return self._session

    async def _begin(self) -> "_Session":
        return _Session(await self._start("speaker", self._name), self._count_xrun)

    def _count_xrun(self) -> None:
        self.xruns += 1


@dataclass(frozen=True, slots=True)
class _Playing:
    """A speech that somebody waits for."""

    on_start: Notice
    ended: asyncio.Future[float]

    def end(self, at: float) -> None:
        if not self.ended.done():  # else its waiter was cancelled at the same moment
            self.ended.set_result(at)

    def fail(self, error: AudioError) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)


class _Session:
    """A child and the speeches it was given."""

    def __init__(self, child: process.Child, xrun: Callable[[], None]) -> None:
        self._child = child
        self._xrun = xrun
        self._numbers = itertools.count()
        self._plays: dict[int, _Playing] = {}
        self._busy_until = 0.0
        self._receiving = asyncio.create_task(self._receive())

    @property
    def over(self) -> bool:
        """Whether the child failed or was given up."""
        return self._receiving.done() or self._receiving.cancelling() > 0

    async def stop(self) -> None:
        """End the child and what it plays."""
        self._receiving.cancel()
        with suppress(asyncio.CancelledError):
            await self._receiving
        await self._child.stop()

    async def play(self, speech: Speech, on_start: Notice) -> float:
        """As `Speaker.play`, without a second try."""
        number = next(self._numbers)
        playing = self._plays[number] = _Playing(on_start, asyncio.get_running_loop().create_future())
        try:
            self._send(number, speech)
            async with asyncio.timeout_at(self._deadline(speech)):
                return await playing.ended
        except TimeoutError as error:
            self._receiving.cancel()
            raise process.unanswered(self._child) from error
        finally:
            del self._plays[number]
            self._child.link.send(Drop(number))

    def _send(self, number: int, speech: Speech) -> None:
        send = self._child.link.send
        for start in range(0, max(1, len(speech.samples)), MAX_SOUND_BYTES):
            send(Play(number, speech.rate_hz, speech.samples[start : start + MAX_SOUND_BYTES]))
        send(End(number))

    def _deadline(self, speech: Speech) -> float:
        """When, on the loop's clock, this speech must have ended after all that was queued before it."""
        now = asyncio.get_running_loop().time()
        self._busy_until = max(now, self._busy_until) + speech.seconds
        return self._busy_until + _GRACE_SECONDS

    async def _receive(self) -> None:
        """Tell the plays how far they got, until the child ends."""
        error = process.unanswered(self._child)
        try:
            while True:
                match await self._child.link.receive():
                    case Failed(en, zh):
                        error = AudioError(en=en, zh=zh)
                        break
                    case message:
                        self._note(message)
        except LinkLost:
            error = process.unanswered(self._child)
        finally:
            for playing in self._plays.values():
                playing.fail(error)

    def _note(self, message: Message) -> None:
        match message:
            case Ready() as ready:
                _LOGGER.info("Speaker: %s", ready)
            case Started(number, at) if number in self._plays:
                self._plays[number].on_start(at)
            case Ended(number, at) if number in self._plays:
                self._plays[number].end(at)
            case Xrun():
                self._xrun()
