"""The live sound devices as one: what the microphone hears and the speaker plays, on one audio clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Self

from assistant.audio import process
from assistant.audio.health import Health
from assistant.audio.inventory import Device
from assistant.audio.microphone import Microphone
from assistant.audio.playlist import Notice
from assistant.audio.speaker import Speaker
from assistant.audio.wire import Failed, LinkLost, Listed
from assistant.errors import AudioError
from assistant.events import AudioFrame, Speech

_LIST_SECONDS = 10.0


class Devices:
    """The microphone and the speaker, each in a child process of its own."""

    def __init__(
        self, microphone: str = "", speaker: str = "", *, start: process.Start = process.start
    ) -> None:
        """`microphone` and `speaker` are parts of device names; empty: the system's default."""
        self._microphone = Microphone(microphone, start)
        self._speaker = Speaker(speaker, start)
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the microphone; raises AudioError. A speaker that is not there is an error of `play`."""
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self._microphone)
            await opened.enter_async_context(self._speaker)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    def frames(self) -> AsyncIterator[AudioFrame]:
        """What is heard, without end; frames that a restart or an overrun lost are gaps in the index."""
        return self._microphone.frames()

    async def play(self, speech: Speech, on_start: Notice | None = None) -> float:
        """Return the time at which all of it was heard; cancelling silences it; raises AudioError.

        Speeches are played in the order of the calls. `on_start` is called with the time at which the first
        audible sample went to the speaker. Times are seconds on the microphone's clock.
        """
        seconds = self._microphone.clock.seconds

        def started(at: float) -> None:
            if on_start:
                on_start(seconds(at))

        return seconds(await self._speaker.play(speech, started))

    @property
    def now(self) -> float:
        """Seconds on the microphone's clock: `index * FRAME_SECONDS` of a frame that would begin now."""
        return self._microphone.clock.seconds(time.monotonic())

    @property
    def health(self) -> Health:
        """How well the sound flows."""
        return Health(
            frames=self._microphone.frame_count,
            lost=self._microphone.clock.lost,
            zero_seconds=self._microphone.zero_seconds,
            xruns=self._microphone.xruns + self._speaker.xruns,
            restarts=self._microphone.restarts + self._speaker.restarts,
            alive=self._microphone.alive,
        )


async def list_devices(start: process.Start = process.start) -> list[Device]:
    """The sound devices there are now; raises AudioError."""
    child = await start("list", "")
    try:
        async with asyncio.timeout(_LIST_SECONDS):
            message = await child.link.receive()
    except (TimeoutError, LinkLost) as error:
        raise process.unanswered(child) from error
    finally:
        await child.stop()
    match message:
        case Listed(devices):
            return [Device(**device) for device in devices]
        case Failed(en, zh):
            raise AudioError(en=en, zh=zh)
    raise process.unanswered(child)
