"""Turns what a microphone delivers into 16 kHz mono frames, and keeps those that wait to be fetched."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from assistant.audio.resample import Resampler, quantize
from assistant.audio.wire import Heard, Xrun
from assistant.events import FRAME_BYTES, FRAMES_PER_SECOND, RATE_HZ
from assistant.samples import floats

BACKLOG_FRAMES = 2 * FRAMES_PER_SECOND
"""When more frames wait than this, the oldest are dropped."""


class Framer:
    """Cuts sound of any rate and number of channels into frames of 640 bytes."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._channels = channels
        self._resampler = Resampler(rate_hz, RATE_HZ)
        self._rest = b""

    def feed(self, block: bytes) -> list[bytes]:
        """The frames that signed 16-bit interleaved samples complete."""
        sound = self._rest + quantize(self._resampler.feed(self._mono(block))).tobytes()
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._rest = sound[whole:]
        return [sound[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES)]

    def _mono(self, block: bytes) -> NDArray[np.float32]:
        return np.asarray(floats(block).reshape(-1, self._channels).mean(axis=1), np.float32)


class Capture:
    """What was heard and not yet fetched."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._framer = Framer(rate_hz, channels)
        self._backlog: asyncio.Queue[Heard | Xrun] = asyncio.Queue(BACKLOG_FRAMES)
        self._sequence = 0

    def feed(self, block: bytes, captured: float, *, xrun: bool) -> None:
        """Take a block that was complete at time.monotonic() `captured`; `xrun`: sound before it is lost."""
        if xrun:
            self._put(Xrun())
        for samples in self._framer.feed(block):
            self._put(Heard(self._sequence, captured, samples))
            self._sequence += 1

    def _put(self, message: Heard | Xrun) -> None:
        if self._backlog.full():
            self._backlog.get_nowait()
        self._backlog.put_nowait(message)

    async def next(self) -> Heard | Xrun:
        """The oldest message that was not fetched."""
        return await self._backlog.get()
