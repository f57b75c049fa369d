"""Whisper's log-mel spectrogram, in numpy, for the networks that take it.

Follows the published definition (Radford et al. 2022): 25 ms Hann windows every 10 ms, 80 mel bands on
Slaney's scale, log10 clamped to 8 below the maximum, scaled to about -1 to 1.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from assistant.events import RATE_HZ

WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
BANDS = 80

_LINEAR_HZ_PER_MEL = 200 / 3
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
_LOG_STEP = np.log(6.4) / 27


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(
        mel < _BREAK_MEL, mel * _LINEAR_HZ_PER_MEL, _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    )


@functools.cache
def _filters() -> NDArray[np.float32]:
    """Triangles of equal area, shape (BANDS, WINDOW_SAMPLES // 2 + 1)."""
    top_mel = _BREAK_MEL + np.log(RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP
    corners = _mel_to_hz(np.linspace(0, top_mel, BANDS + 2))
    bins = np.linspace(0, RATE_HZ / 2, WINDOW_SAMPLES // 2 + 1)
    slopes = corners[:, np.newaxis] - bins
    rising = -slopes[:-2] / np.diff(corners)[:-1, np.newaxis]
    falling = slopes[2:] / np.diff(corners)[1:, np.newaxis]
    area = 2 / (corners[2:] - corners[:-2])
    triangles = np.maximum(0, np.minimum(rising, falling)) * area[:, np.newaxis]
    return np.asarray(triangles, dtype=np.float32)


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spectrogram of 16 kHz samples, shape (n,) to (BANDS, n // HOP_SAMPLES)."""
    padded = np.pad(samples, WINDOW_SAMPLES // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES][:-1]
    hann = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(windows * hann, axis=-1)) ** 2
    logarithm = np.log10(np.maximum(power @ _filters().T, 1e-10)).T
    clamped = np.maximum(logarithm, logarithm.max() - 8)
    return np.asarray((clamped + 4) / 4, dtype=np.float32)
