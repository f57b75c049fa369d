"""Makes every piece of speech equally loud, without the silence around it, and free of clicks at its ends."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Shape (samples,), -1 to 1."""

_LOUDNESS = 0.1  # root mean square of the voiced frames: -20 dB of full scale
_PEAK = 0.89  # -1 dB: what resampling may overshoot fits in
_FRAME_SECONDS = 0.01
_AUDIBLE = 0.01  # of the loudest frame, -40 dB: below is the network's noise
_VOICED = 0.1  # of the loudest frame, -20 dB
_MARGIN_FRAMES = 3  # kept around what is audible: soft consonants
_FADE_SECONDS = 0.005


def level(samples: Samples, rate_hz: int, pause_seconds: float) -> Samples:
    """`samples` trimmed, as loud as any other, faded in and out, and a pause; none if there is no sound."""
    size = round(rate_hz * _FRAME_SECONDS)
    loudness = _frame_loudness(samples, size)
    loudest = loudness.max(initial=0)
    if loudest == 0:
        return samples[:0]
    audible = np.flatnonzero(loudness > loudest * _AUDIBLE)
    begin = max(0, audible[0] - _MARGIN_FRAMES) * size
    spoken = samples[begin : (audible[-1] + 1 + _MARGIN_FRAMES) * size]
    voiced = np.sqrt(np.mean(loudness[loudness > loudest * _VOICED] ** 2))
    gain = min(_LOUDNESS / voiced, _PEAK / np.abs(spoken).max())
    pause = np.zeros(round(rate_hz * pause_seconds), np.float32)
    return np.concatenate([_faded(spoken * np.float32(gain), rate_hz), pause])


def to_bytes(samples: Samples) -> bytes:
    """Signed 16-bit little-endian; what is beyond -1 to 1 is clipped."""
    return (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()


def _frame_loudness(samples: Samples, size: int) -> Samples:
    padded = np.pad(samples, (0, -len(samples) % size))
    return np.asarray(np.sqrt(np.mean(padded.reshape(-1, size) ** 2, axis=1)), np.float32)


def _faded(samples: Samples, rate_hz: int) -> Samples:
    length = min(round(rate_hz * _FADE_SECONDS), len(samples) // 2)
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded
