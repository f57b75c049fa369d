"""Changes the sampling rate of sound. The only module that knows soxr."""

from typing import cast

import numpy as np
import soxr
from numpy.typing import NDArray

from assistant.samples import floats


class Resampler:
    """Resamples mono sound that comes in blocks; the blocks' borders leave no trace."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        # HQ keeps all below 0.46 of the rate; LQ would hold 20 ms less and lose sibilants above 6.5 kHz.
        stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
        self._stream = None if from_hz == to_hz else stream

    def feed(self, samples: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """The next samples, shape (n,), at the new rate; up to 40 ms are held back until `last`."""
        if self._stream is None:
            return samples
        return cast(NDArray[np.float32], self._stream.resample_chunk(samples, last=last))


def resample(samples: bytes, from_hz: int, to_hz: int) -> bytes:
    """Whole signed 16-bit mono sound at another rate."""
    if from_hz == to_hz:
        return samples
    return quantize(Resampler(from_hz, to_hz).feed(floats(samples), last=True)).tobytes()


def quantize(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Float32 samples in -1 to 1 as signed 16-bit ones, without dither: silence must stay zero."""
    scaled = np.rint(samples * np.float32(32768))
    return np.asarray(scaled.clip(-32768, 32767), np.int16)
