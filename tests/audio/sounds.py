"""Sounds to test with."""

import numpy as np
from numpy.typing import NDArray

from assistant.events import Speech


def tone(hz: float, seconds: float, rate_hz: int, peak: float = 0.5) -> NDArray[np.float32]:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (peak * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def samples(sound: NDArray[np.float32]) -> bytes:
    return np.rint(sound * 32767).astype("<i2").tobytes()


def array(samples: bytes) -> NDArray[np.int16]:
    return np.frombuffer(samples, "<i2")


def speech(seconds: float, *, value: int = 10_000, rate_hz: int = 24_000, lead: float = 0.0) -> Speech:
    """`lead` seconds of silence, then a constant: easy to find again in what was played."""
    sound = np.full(round(seconds * rate_hz), value, np.int16)
    sound[: round(lead * rate_hz)] = 0
    return Speech(sound.tobytes(), rate_hz)


def frequency(sound: NDArray[np.int16], rate_hz: int) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum)) * rate_hz / len(sound)


def decibels(sound: NDArray[np.int16]) -> float:
    """Root mean square, below full scale."""
    return float(20 * np.log10(np.sqrt(np.mean((sound / 32768.0) ** 2)) + 1e-9))
