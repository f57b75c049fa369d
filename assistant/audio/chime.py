"""Short sounds for what words would take too long to say. Pure synthesis, the same every time."""

import numpy as np
from numpy.typing import NDArray

from assistant.audio.resample import quantize
from assistant.events import Speech

_RATE_HZ = 24_000
_PEAK = 10 ** (-18 / 20)  # of full scale: clearly heard, and softer than speech
_FADE_SECONDS = 0.006  # anything shorter clicks

_C5, _E5, _G5, _A5, _C6 = 523.25, 659.26, 783.99, 880.0, 1046.5


def wake() -> Speech:
    """Two rising notes, 0.18 s: I am listening."""
    return _melody((_G5, 0.08), (_C6, 0.10))


def failure() -> Speech:
    """Two falling notes, 0.4 s: that did not work."""
    return _melody((_E5, 0.15), (_C5, 0.25))


def ring() -> Speech:
    """Two pairs of beeps and pauses, 2 s, to be repeated: a timer is over."""
    pair = ((_A5, 0.15), (0.0, 0.05), (_A5, 0.15), (0.0, 0.65))
    return _melody(*pair, *pair)


def _melody(*notes: tuple[float, float]) -> Speech:
    sound = np.concatenate([_note(hz, seconds) for hz, seconds in notes])
    return Speech(quantize(sound).tobytes(), _RATE_HZ)


def _note(hz: float, seconds: float) -> NDArray[np.float32]:
    """A struck note with a soft octave, shape (n,); 0 Hz is a pause."""
    time = np.arange(round(seconds * _RATE_HZ)) / _RATE_HZ
    tone = 0.8 * np.sin(2 * np.pi * hz * time) + 0.2 * np.sin(4 * np.pi * hz * time)
    fade = np.minimum(1, np.minimum(time, time[::-1]) / _FADE_SECONDS)
    return (_PEAK * tone * fade * np.exp(-2 * time / seconds)).astype(np.float32)
