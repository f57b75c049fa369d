"""Silence, sound or speech: the cheap gate first, the network only while that is open."""

from collections import deque
from typing import Protocol

from assistant.events import FRAMES_PER_SECOND, Activity, AudioFrame

_HOLD_FRAMES = FRAMES_PER_SECOND  # the gate stays open for 1 s: a wake word is recognised after its end
_WARMUP_FRAMES = 8  # sound from before the gate opened, so that the network does not start in mid-word
_HYSTERESIS = 0.15  # speech goes on down to this much below the threshold: no flutter inside words


class Gate(Protocol):
    """A cheap opinion."""

    def is_sound(self, frame: AudioFrame) -> bool: ...


class SpeechNetwork(Protocol):
    """An opinion worth its price."""

    def feed(self, samples: bytes) -> float: ...
    def reset(self) -> None: ...


class SpeechDetector:
    """Classifies every frame; in silence it costs only the gate."""

    def __init__(self, gate: Gate, network: SpeechNetwork, threshold: float) -> None:
        """`threshold`: the network's probability from which a sound counts as speech."""
        self._gate = gate
        self._network = network
        self._threshold = threshold
        self._warmup: deque[AudioFrame] = deque(maxlen=_WARMUP_FRAMES)
        self._hold = 0
        self._speaking = False

    def detect(self, frame: AudioFrame) -> Activity:
        """What this frame holds, judged with all frames before it."""
        if self._gate.is_sound(frame):
            if self._hold == 0:
                self._open()
            self._hold = _HOLD_FRAMES
        elif self._hold:
            self._hold -= 1
        if self._hold == 0:
            self._warmup.append(frame)
            self._speaking = False
            return Activity.SILENCE
        probability = self._network.feed(frame.samples)
        self._speaking = probability >= self._threshold - _HYSTERESIS * self._speaking
        return Activity.SPEECH if self._speaking else Activity.SOUND

    def _open(self) -> None:
        self._network.reset()
        for frame in self._warmup:
            self._network.feed(frame.samples)
        self._warmup.clear()
