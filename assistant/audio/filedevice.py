"""Sound files in place of the sound devices: one is heard, what is played is written to another.

Each frame that is heard lets 20 ms of what is to be played pass, so a sample at the time t of the output
was played at the time t of the input.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from assistant.audio import files
from assistant.audio.files import WavWriter
from assistant.audio.health import Health
from assistant.audio.playlist import Notice, Playlist
from assistant.events import FRAME_BYTES, FRAME_SECONDS, FRAMES_PER_SECOND, AudioFrame, Speech

RATE_HZ = 24_000
"""Of the output; Kokoro's own."""
_SILENCE = bytes(FRAME_BYTES)


class Pace(Protocol):
    """When the next frame is heard."""

    async def wait(self, index: int, queued: asyncio.Event) -> None:
        """Return at the end of frame `index`; `queued` is set while there is sound to play."""


class RealTime:
    """A frame every 20 ms, as a microphone does it."""

    def __init__(self) -> None:
        self._start = 0.0

    async def wait(self, index: int, queued: asyncio.Event) -> None:  # noqa: ARG002 - time waits for nobody
        """Sleep until the frame is due, counted from the first one so that no error adds up."""
        clock = asyncio.get_running_loop().time
        if index == 0:
            self._start = clock()
        await asyncio.sleep(max(0.0, self._start + (index + 1) * FRAME_SECONDS - clock()))


class Fast:
    """Frames as fast as they are taken, but time stands still while somebody thinks about what to say."""

    def __init__(self, settled: Callable[[], Awaitable[object]]) -> None:
        """`settled()` waits until nobody thinks."""
        self._settled = settled

    async def wait(self, index: int, queued: asyncio.Event) -> None:  # noqa: ARG002 - any frame is due at once
        """Wait until there is something to play, or nobody thinks."""
        waits = [asyncio.ensure_future(self._settled()), asyncio.ensure_future(queued.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()


class FileDevice:
    """A microphone that hears a file, then silence, and a speaker that writes a WAV file."""

    def __init__(self, microphone: Path, speaker: Path | None, pace: Pace) -> None:
        """Look at the one file; raises InputError, as `frames` does for what is damaged further on.

        Without a `speaker` nothing of what is played is kept.
        """
        files.check(microphone)
        self._sound = files.frames(microphone)
        self._sound_frames = 0
        self._speaker = speaker
        self._pace = pace
        self._playlist = Playlist(RATE_HZ)
        self._queued = asyncio.Event()
        self._heard = 0
        self._block = np.zeros(RATE_HZ // FRAMES_PER_SECOND, np.int16)

    async def __aenter__(self) -> Self:
        """Create the other file; raises StorageError."""
        self._file = WavWriter(self._speaker, RATE_HZ) if self._speaker else None
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is left to do: the file is whole after every frame."""

    async def frames(self) -> AsyncIterator[AudioFrame]:
        """The file's frames, then silent ones without end; raises StorageError when the output is full."""
        while True:
            await self._pace.wait(self._heard, self._queued)
            self._play_frame()
            frame = AudioFrame(self._heard, self._next())
            self._heard += 1
            yield frame

    def _next(self) -> bytes:
        # Read as it is heard, so that what was heard does not stay in memory.
        if samples := next(self._sound, b""):
            self._sound_frames += 1
        return samples or _SILENCE

    def _play_frame(self) -> None:
        self._playlist.fill(self._block, self.now)
        if self._file:
            self._file.write(self._block.tobytes())
        if self._playlist.empty:
            self._queued.clear()

    async def play(self, speech: Speech, on_start: Notice | None = None) -> float:
        """Return the time at which its last sample was played; cancelling silences it.

        Speeches are played in the order of the calls. `on_start` is called with the time of the first
        audible sample. Times are seconds on the microphone's clock.
        """
        ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def end(at: float) -> None:
            if not ended.done():  # else we were cancelled at the same moment
                ended.set_result(at)

        track = self._playlist.open(speech.rate_hz, on_start, end)
        track.add(speech.samples)
        track.end()
        self._queued.set()
        try:
            return await ended
        finally:
            track.drop()

    @property
    def now(self) -> float:
        """Seconds on the microphone's clock: the end of the last frame."""
        return self._heard * FRAME_SECONDS

    @property
    def past_end(self) -> float:
        """Seconds of silence heard after all of the file; 0 before."""
        return (self._heard - self._sound_frames) * FRAME_SECONDS

    @property
    def health(self) -> Health:
        """How well the sound flows."""
        return Health(frames=self._heard)
