"""Samples as the networks and filters take them."""

import numpy as np
from numpy.typing import NDArray


def floats(samples: bytes) -> NDArray[np.float32]:
    """Signed 16-bit little-endian samples as float32 in -1 to 1, shape (n,)."""
    return np.frombuffer(samples, "<i2").astype(np.float32) / np.float32(32768)
