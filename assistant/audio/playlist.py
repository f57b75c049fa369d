"""Speeches on their way to a device, and what of them is due now. Knows no device."""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assistant.audio.resample import Resampler, quantize
from assistant.samples import floats

AUDIBLE = 328  # 1 % of full scale, -40 dB: below it voices breathe and a room does not hear it

Notice = Callable[[float], object]
"""Called with the time at which something in a speech was reached, in seconds."""


class Track:
    """One speech in the playlist; its sound may come in blocks."""

    def __init__(self, playlist: "Playlist", rate_hz: int, on_start: Notice | None, on_end: Notice) -> None:
        self.dropped = False
        self._queue = playlist.queue
        self._resampler = Resampler(rate_hz, playlist.rate_hz)
        self._on_start = on_start
        self._on_end = on_end

    def add(self, samples: bytes) -> None:
        """Append signed 16-bit mono sound at the track's rate."""
        self._append(self._resampler.feed(floats(samples)))

    def end(self) -> None:
        """Say that no more comes."""
        self._append(self._resampler.feed(np.zeros(0, np.float32), last=True))
        self._queue.append((self, self._on_end))

    def drop(self) -> None:
        """Fall silent at once, without a notice."""
        self.dropped = True

    def _append(self, samples: NDArray[np.float32]) -> None:
        sound = quantize(samples)
        if self._on_start and (audible := np.flatnonzero((sound > AUDIBLE) | (sound < -AUDIBLE))).size:
            onset = int(audible[0])
            self._queue.extend([(self, sound[:onset]), (self, self._on_start), (self, sound[onset:])])
            self._on_start = None
        else:
            self._queue.append((self, sound))


class Playlist:
    """Plays tracks one after another, in the order in which their sound came.

    Tracks are filled on the event loop while `fill` runs on the audio thread: the two share a deque, whose
    ends may be used from two threads, and `dropped`, so the audio thread never waits for a lock.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.queue: deque[tuple[Track, NDArray[np.int16] | Notice]] = deque()

    def open(self, rate_hz: int, on_start: Notice | None, on_end: Notice) -> Track:
        """A new track; `on_start` is called at its first audible sample, `on_end` after its last one."""
        return Track(self, rate_hz, on_start, on_end)

    @property
    def empty(self) -> bool:
        """Whether all that was queued has been played."""
        return not self.queue

    def fill(self, block: NDArray[np.int16], at: float) -> None:
        """Overwrite `block`, shape (n,), with what is due from the time `at` on, then with silence."""
        filled = 0
        while self.queue:
            track, item = self.queue.popleft()
            if track.dropped:
                continue
            if callable(item):
                item(at + filled / self.rate_hz)
                continue
            part = item[: len(block) - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) < len(item):
                self.queue.appendleft((track, item[len(part) :]))
                break
        block[filled:] = 0
