"""Decides when a request is over. Pure: frame counts in, a decision out; no clock, no engine.

waiting --speech--> speaking --silence--> pausing --more speech--> speaking
   |                   |                    |
nothing said        too long          silence (sounds complete) or patience
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from assistant.events import FRAMES_PER_SECOND, Activity

_SHORTEST_SPEECH = 10  # 200 ms voiced: "stop" and 停 are longer, clicks and a wake word's tail shorter
_FORGET_SILENCE = 20  # voiced sound too short to be a request is forgotten after 400 ms of silence


class Decision(Enum):
    """Why a request ended."""

    NOTHING = "nothing"
    """No speech came."""
    TURN = "turn"
    """Silence after something that sounded complete."""
    SILENCE = "silence"
    """Silence longer than anyone's pause."""
    LENGTH = "length"
    """The longest request allowed."""


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """All in frames of 20 ms."""

    silence: int
    """Silence that ends what sounds complete."""
    patience: int
    """Silence that ends anything."""
    start: int
    """Wait for the first word."""
    length: int
    """Longest request."""

    @classmethod
    def from_seconds(
        cls, *, silence: float, patience: float, start: float, length: float
    ) -> "EndpointLimits":
        """The same limits given in seconds."""
        frames = (round(seconds * FRAMES_PER_SECOND) for seconds in (silence, patience, start, length))
        return cls(*frames)


class Endpoint:
    """Follows one request from the wake word to its end."""

    def __init__(self, limits: EndpointLimits, sounds_complete: Callable[[], bool]) -> None:
        """`sounds_complete` is asked once in every pause, when `limits.silence` is reached."""
        self._limits = limits
        self._sounds_complete = sounds_complete
        self._frames = 0
        self._voiced = 0
        self._silent = 0
        self.first_voiced: int | None = None
        """Frames from the start of the request to the first voiced one."""
        self.last_voiced = 0
        """Frames from the start of the request to the last voiced one."""

    @property
    def started(self) -> bool:
        """Whether enough was said to be a request."""
        return self._voiced >= _SHORTEST_SPEECH

    def feed(self, activity: Activity) -> Decision | None:
        """Count one frame; a decision when the request is over with it."""
        if activity is Activity.SPEECH:
            self._count_speech()
        else:
            self._silent += 1
        self._frames += 1
        return self._decide_started() if self.started else self._decide_waiting()

    def _count_speech(self) -> None:
        if self.first_voiced is None:
            self.first_voiced = self._frames
        self.last_voiced = self._frames
        self._voiced += 1
        self._silent = 0

    def _decide_waiting(self) -> Decision | None:
        if self._voiced and self._silent >= _FORGET_SILENCE:
            self._voiced = 0
            self.first_voiced = None
        return Decision.NOTHING if self._frames >= self._limits.start and not self._voiced else None

    def _decide_started(self) -> Decision | None:
        if self._frames >= self._limits.length:
            return Decision.LENGTH
        if self._silent >= self._limits.patience:
            return Decision.SILENCE
        if self._silent == self._limits.silence and self._sounds_complete():
            return Decision.TURN
        return None
