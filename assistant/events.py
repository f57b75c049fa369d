"""What the stages say to each other. Imports nothing of ours.

Time is counted in frames: 20 ms of 16 kHz signed 16-bit mono audio. A frame's `index` counts from the
start of the microphone, so `index * FRAME_SECONDS` is the time on the input's audio clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

RATE_HZ = 16_000
SAMPLE_BYTES = 2
FRAME_SAMPLES = 320  # 20 ms: webrtcvad takes 10, 20 or 30 ms, the wake features 80 ms = 4 frames
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
FRAME_SECONDS = FRAME_SAMPLES / RATE_HZ
FRAMES_PER_SECOND = RATE_HZ // FRAME_SAMPLES

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Source = Literal["grammar", "llm", "none"]


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """20 ms of microphone sound."""

    index: int
    """Frames since the microphone started."""
    samples: bytes
    """640 bytes: 320 samples, 16 kHz, signed 16-bit little-endian, mono."""


class Activity(IntEnum):
    """What a frame holds."""

    SILENCE = 0
    SOUND = 1
    """Not silent, or was not a moment ago: a wake word may end here."""
    SPEECH = 2


@dataclass(frozen=True, slots=True)
class WakeDetected:
    """A wake word ended at or shortly before this frame."""

    word: str
    """Identifier of the wake word, e.g. `hey_computer`."""
    score: float
    """0 to 1."""
    index: int
    """The frame that completed the detection."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The person began the request."""

    index: int
    """First voiced frame."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One request as sound, cut out of the microphone's stream."""

    samples: bytes
    """16 kHz, signed 16-bit, mono; begins with the pre-roll."""
    end: int
    """Index of the last voiced frame."""
    decided: int
    """Index of the frame at which the end of the turn was decided."""
    reason: Literal["silence", "turn", "length", "end"]
    """Long silence; silence that the turn detector agreed with; maximum length; end of a recording."""
    wake: str | None = None
    """The wake word that may still be heard at the beginning of the samples."""


@dataclass(frozen=True, slots=True)
class NothingSaid:
    """A wake word was followed by no request."""

    index: int


Heard = WakeDetected | SpeechStarted | Utterance | NothingSaid
"""What the listener makes of the frames."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A request as text."""

    text: str
    lang: Language
    confidence: float
    """0 to 1: the mean probability of a token, exp(average log-probability)."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a request was understood to mean."""

    name: str
    """`skill.action`, e.g. `timer.start`."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    source: Source = "grammar"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say. `text` may be a part of the whole answer while that is still being written."""

    text: str
    lang: Language


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound to be played, usually one sentence."""

    samples: bytes
    """Signed 16-bit little-endian mono at `rate_hz`."""
    rate_hz: int
    text: str = ""
    """The words spoken; empty for a chime."""

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.samples) / SAMPLE_BYTES / self.rate_hz
