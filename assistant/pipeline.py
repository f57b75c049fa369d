"""The voice loop: frames in, turns out.

    microphone → frames → listener → utterance → turn

A turn is a task. The wake word during one cancels it, and with it the reply that is being spoken.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, Protocol

from assistant.events import (
    FRAME_SECONDS,
    AudioFrame,
    Heard,
    Intent,
    NothingSaid,
    Reply,
    Speech,
    SpeechStarted,
    Transcript,
    Utterance,
    WakeDetected,
)
from assistant.threads import Worker
from assistant.turns import Journal, Speaker, Turns, describe, joined

_LOGGER = logging.getLogger(__name__)

_LONGEST_REQUEST_SECONDS = 60.0  # more than the settings allow for waiting and speaking together


class Microphone(Protocol):
    """Where sound comes from."""

    def frames(self) -> AsyncIterator[AudioFrame]: ...


class Listener(Protocol):
    """Cuts requests out of the frames."""

    def feed(self, frame: AudioFrame) -> Iterable[Heard]: ...
    def listen(self) -> None: ...


class Pipeline:
    """Listens, and gives every request its turn."""

    def __init__(
        self,
        microphone: Microphone,
        listener: Listener,
        turns: Turns,
        speaker: Speaker,
        journal: Journal,
        *,
        chime: Speech | None = None,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        """`heartbeat` is called for every frame that was heard: while it beats, the ears work."""
        self._microphone = microphone
        self._listener = listener
        self._turns = turns
        self._speaker = speaker
        self._record = journal.record
        self._chime = chime
        self._heartbeat = heartbeat
        self._ears = Worker("ears")
        self._busy: set[asyncio.Future[Any]] = set()
        self._request: asyncio.Future[None] | None = None
        self._spoken_turn = 0  # what was woken for; announcements have numbers of their own
        self.number = 0
        """Turns so far."""

    @property
    def quiet(self) -> bool:
        """Nothing is being said, thought or played."""
        return not self._busy

    async def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Listen until the microphone ends, or `until`, asked at every frame, says so."""
        try:
            async for frame in self._microphone.frames():
                await self._hear(frame)
                self._heartbeat()
                if until():
                    break
        finally:
            sounding = self._begin_request()  # nothing may begin any more
            await stop(sounding)
            self._ears.close()
            self._turns.close()

    async def announce(self, replies: AsyncGenerator[Reply, None], sound: Speech | None = None) -> None:
        """Say something unasked, after the turn that may be going on; the wake word stops it.

        What goes wrong is logged: nobody waits for an answer.
        """
        self.number += 1
        await self._say(self.number, replies, sound)

    async def say(self, replies: AsyncGenerator[Reply, None]) -> None:
        """As `announce`, but raises what went wrong."""
        self.number += 1
        raise_failure(await self._say(self.number, replies))

    async def ask(self, transcript: Transcript, *, aloud: bool) -> tuple[Intent, str]:
        """One turn from text: what it was understood to mean and what was replied."""
        self.number += 1
        number = self.number
        answer = await self._turns.understand(number, transcript)
        if answer.end:
            await stop(self._sounding())
        said: list[Reply] = []
        if aloud:
            raise_failure(await self._say(number, noting(answer.replies, said)))
        else:
            said += [reply async for reply in self._turns.write(number, answer.replies)]
        return answer.intent, joined(said)

    async def _hear(self, frame: AudioFrame) -> None:
        # A call of its own, for what was heard must not live on in a variable of the loop.
        for heard in await self._ears.call(self._feed, frame):
            await self._react(heard)

    def _feed(self, frame: AudioFrame) -> list[Heard]:
        return list(self._listener.feed(frame))

    async def _react(self, heard: Heard) -> None:
        match heard:
            case WakeDetected():
                await self._wake(heard)
            case SpeechStarted():
                self._record(self._spoken_turn, "speech_start", heard.index * FRAME_SECONDS)
            case Utterance():
                self._take_turn(heard)
            case NothingSaid():
                self._end_request()
                _LOGGER.debug("Turn %d: nothing was said", self._spoken_turn)

    async def _wake(self, wake: WakeDetected) -> None:
        # The request first: what waits for silence must not begin when the present turn stops.
        sounding = self._begin_request()
        await stop(sounding)
        self.number += 1
        self._spoken_turn = self.number
        seconds = (wake.index + 1) * FRAME_SECONDS
        self._record(self.number, "wake", seconds, word=wake.word, score=round(wake.score, 3))
        if self._chime:
            self._track(self._speaker.play(self._chime))

    def _take_turn(self, utterance: Utterance) -> None:
        self._end_request()
        self._record(self._spoken_turn, "speech_end", (utterance.end + 1) * FRAME_SECONDS)
        decided = (utterance.decided + 1) * FRAME_SECONDS
        self._record(self._spoken_turn, "endpoint", decided, reason=utterance.reason)
        self._track(self._turns.hear(self._spoken_turn, utterance, self._listen_again))

    async def _say(
        self, number: int, replies: AsyncGenerator[Reply, None], sound: Speech | None = None
    ) -> asyncio.Task[None]:
        """Wait for silence, speak, and give the ended task."""
        while self._busy:
            _, pending = await asyncio.wait(self._busy, timeout=_LONGEST_REQUEST_SECONDS)
            if pending:  # a microphone that fell silent in a request must not silence the timers
                self._end_request()
        task = self._track(self._tell(number, replies, sound))
        await asyncio.wait({task})
        return task

    async def _tell(self, number: int, replies: AsyncGenerator[Reply, None], sound: Speech | None) -> None:
        if sound is None:
            await self._turns.speak(number, replies)
            return
        # It rings before, so that somebody listens, and after, for whoever was in the next room.
        await self._speaker.play(sound)
        await self._turns.speak(number, replies)
        await self._speaker.play(sound)

    async def _listen_again(self) -> None:
        await self._ears.call(self._listener.listen)
        self._begin_request()

    def _sounding(self) -> set[asyncio.Future[Any]]:
        """The turn, the announcement and the chime that may be going on."""
        return {task for task in self._busy if task is not self._request}

    def _begin_request(self) -> set[asyncio.Future[Any]]:
        """Be busy with a new request; what was sounding before it."""
        sounding = self._sounding()
        self._end_request()
        self._request = asyncio.get_running_loop().create_future()
        self._busy.add(self._request)
        return sounding

    def _end_request(self) -> None:
        if self._request:
            self._busy.discard(self._request)
            self._request.cancel()
            self._request = None

    def _track(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._busy.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOGGER.error("The speaker failed: %s", describe(error))


def raise_failure(task: asyncio.Task[Any]) -> None:
    """Raise what an ended task failed with; to be stopped by the wake word is no failure."""
    if not task.cancelled():
        task.result()


async def stop(tasks: set[asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def noting(replies: AsyncGenerator[Reply, None], said: list[Reply]) -> AsyncGenerator[Reply, None]:
    """Pass `replies` on and keep them in `said`."""
    async with aclosing(replies):
        async for reply in replies:
            said.append(reply)
            yield reply
