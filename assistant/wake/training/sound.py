"""Arithmetic on sound: float32, 16 kHz unless said otherwise, about -1 to 1."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""Shape (samples,)."""
Random = np.random.Generator


def resample(sound: Sound, from_hz: float, to_hz: float) -> Sound:
    """The same sound at another rate; or, played at the old rate, at another pitch and speed."""
    size = round(len(sound) * to_hz / from_hz)
    spectrum = np.fft.rfft(sound)
    bins = size // 2 + 1
    kept = np.zeros(bins, np.complex128)
    kept[: min(bins, len(spectrum))] = spectrum[:bins]
    return cast(Sound, (np.fft.irfft(kept, size) * (size / max(1, len(sound)))).astype(np.float32))


def trim(sound: Sound, *, below_db: float = 38.0, step: int = 160) -> Sound:
    """Without the beginning and end that are `below_db` quieter than the loudest 10 ms."""
    blocks = sound[: len(sound) // step * step].reshape(-1, step)
    power = (blocks.astype(np.float64) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max(initial=0) * 10 ** (-below_db / 10))
    return sound[loud[0] * step : (loud[-1] + 1) * step] if len(loud) else sound[:0]


def rms(sound: Sound) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2))) if len(sound) else 0.0
