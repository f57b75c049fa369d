"""Keeps the frames' numbers in step with real time. Pure."""

import math

from assistant.events import FRAME_SECONDS, FRAMES_PER_SECOND

_WINDOW_FRAMES = FRAMES_PER_SECOND
_GAP_FRAMES = 2  # the least delay within a second varies far less, and a card's clock drifts by microseconds


class FrameClock:
    """Numbers frames so that sound which never came leaves a gap in the numbers.

    Frames come in bursts: one that is late proves nothing. But when every frame of a second was late, the
    sound between is lost, whether by an overrun, a stopped sound server or a replaced child.
    """

    def __init__(self) -> None:
        self.lost = 0
        """Frames that never came."""
        self._index = -1
        self._origin = math.nan  # time.monotonic() at the beginning of frame 0
        self._begin_window()

    def _begin_window(self) -> None:
        self._seen = 0
        self._least_late = math.inf

    def number(self, captured: float, *, missing: int = 0) -> int:
        """Index of a frame that was complete at time.monotonic() `captured`, after `missing` dropped ones."""
        if math.isnan(self._origin):
            self._origin = captured - FRAME_SECONDS
        self._skip(missing)
        self._index += 1
        self._watch(captured - self._origin - (self._index + 1) * FRAME_SECONDS)
        return self._index

    def restart(self, captured: float) -> None:
        """Skip to the frame that is complete at `captured`: the microphone was replaced."""
        self._skip(round(self.seconds(captured) / FRAME_SECONDS) - self._index - 2)
        self._begin_window()

    def seconds(self, moment: float) -> float:
        """The time on the audio clock at time.monotonic() `moment`; 0 before the first frame."""
        return 0.0 if math.isnan(self._origin) else moment - self._origin

    def _skip(self, frames: int) -> None:
        skipped = max(0, frames)
        self._index += skipped
        self.lost += skipped

    def _watch(self, late: float) -> None:
        self._least_late = min(self._least_late, late)
        self._seen += 1
        if self._seen < _WINDOW_FRAMES:
            return
        gap = round(self._least_late / FRAME_SECONDS)
        if gap >= _GAP_FRAMES:
            self._skip(gap)
        else:
            self._origin += self._least_late  # follows the card's own clock, which drifts against ours
        self._begin_window()
