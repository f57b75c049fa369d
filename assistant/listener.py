"""Cuts requests out of the microphone's stream: frames in, wake words and utterances out.

Pure of engines, clocks and tasks: what it hears and recognises with are Protocols, time is the frame count.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.endpoint import Decision, Endpoint, EndpointLimits
from assistant.events import (
    Activity,
    AudioFrame,
    Heard,
    NothingSaid,
    SpeechStarted,
    Utterance,
    WakeDetected,
)

_PREROLL_FRAMES = 15  # 300 ms kept from before the first voiced frame: soft consonants come before it
_COMPLETE = 0.5  # Smart Turn's own threshold

_REASONS: dict[Decision, Literal["turn", "silence", "length"]] = {
    Decision.TURN: "turn",
    Decision.SILENCE: "silence",
    Decision.LENGTH: "length",
}


class SpeechDetector(Protocol):
    """Silence, sound or speech."""

    def detect(self, frame: AudioFrame) -> Activity: ...


class WakeWords(Protocol):
    """Recognises wake words in a stream."""

    @property
    def lookback_frames(self) -> int:
        """How long before its detection a wake word may begin."""

    def detect(self, frame: AudioFrame) -> WakeDetected | None: ...
    def skip(self, frame: AudioFrame) -> None: ...


class TurnDetector(Protocol):
    """Judges whether a request sounded complete."""

    def completeness(self, samples: bytes) -> float: ...


@dataclass(slots=True)
class _Request:
    """A request being spoken."""

    wake: str | None
    before: list[AudioFrame]
    """Sound up to the wake word's detection."""
    frames: list[AudioFrame]
    endpoint: Endpoint
    announced: bool = False

    def utterance(self, reason: Literal["silence", "turn", "length"]) -> Utterance:
        """The request's sound, with the wake word only where it was spoken in one breath with it."""
        first = self.endpoint.first_voiced or 0
        together = first < _PREROLL_FRAMES
        kept = [*self.before, *self.frames] if together else self.frames[first - _PREROLL_FRAMES :]
        return Utterance(
            samples=b"".join(frame.samples for frame in kept),
            end=self.frames[self.endpoint.last_voiced].index,
            decided=self.frames[-1].index,
            reason=reason,
            wake=self.wake if together else None,
        )


class Listener:
    """Waits for a wake word, then follows the request behind it."""

    def __init__(
        self,
        detector: SpeechDetector,
        wake_words: WakeWords,
        limits: EndpointLimits,
        turn_detector: TurnDetector | None = None,
    ) -> None:
        """Without a `turn_detector` every silence of `limits.silence` ends the request."""
        self._detector = detector
        self._wake_words = wake_words
        self._limits = limits
        self._turn_detector = turn_detector
        self._recent: deque[AudioFrame] = deque(maxlen=wake_words.lookback_frames)
        self._request: _Request | None = None

    def listen(self) -> None:
        """Take what is said next as a request, without a wake word."""
        self._begin(None, [])

    def feed(self, frame: AudioFrame) -> Iterator[Heard]:
        """What this frame completes."""
        activity = self._detector.detect(frame)
        if wake := self._detect_wake(frame, activity):
            self._begin(wake.word, [*self._recent, frame])
            yield wake
        elif self._request:
            yield from self._follow(self._request, frame, activity)
        self._recent.append(frame)

    def _detect_wake(self, frame: AudioFrame, activity: Activity) -> WakeDetected | None:
        if activity is Activity.SILENCE:
            self._wake_words.skip(frame)
            return None
        return self._wake_words.detect(frame)

    def _begin(self, wake: str | None, before: list[AudioFrame]) -> None:
        frames: list[AudioFrame] = []

        def sounds_complete() -> bool:
            if self._turn_detector is None:
                return True
            sound = b"".join(frame.samples for frame in frames)
            return self._turn_detector.completeness(sound) >= _COMPLETE

        self._request = _Request(wake, before, frames, Endpoint(self._limits, sounds_complete))

    def _follow(self, request: _Request, frame: AudioFrame, activity: Activity) -> Iterator[Heard]:
        request.frames.append(frame)
        decision = request.endpoint.feed(activity)
        if request.endpoint.started and not request.announced:
            request.announced = True
            yield SpeechStarted(request.frames[request.endpoint.first_voiced or 0].index)
        if decision is None:
            return
        self._request = None
        if decision is Decision.NOTHING:
            yield NothingSaid(frame.index)
        else:
            yield request.utterance(_REASONS[decision])
