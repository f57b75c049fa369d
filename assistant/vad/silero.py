"""A neural opinion on whether a sound is speech: the Silero VAD network."""

from pathlib import Path

import numpy as np

from assistant.events import RATE_HZ
from assistant.onnx import Network
from assistant.samples import floats

CHUNK_SAMPLES = 512  # 32 ms, the only size the network takes at 16 kHz
_CONTEXT_SAMPLES = 64  # it wants the end of the previous chunk in front of each


class Silero:
    """Speech probability of a stream of samples."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds `silero_vad.onnx`; raises ModelError without it."""
        self._network = Network(folder / "silero_vad.onnx")
        self._rate = np.array(RATE_HZ, dtype=np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget the stream so far."""
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, dtype=np.float32)
        self._pending = b""
        self.probability = 0.0

    def feed(self, samples: bytes) -> float:
        """Take 16 kHz s16 mono samples; the probability, 0 to 1, after the last whole chunk of them."""
        self._pending += samples
        while len(self._pending) >= CHUNK_SAMPLES * 2:
            chunk = floats(self._pending[: CHUNK_SAMPLES * 2])
            self._pending = self._pending[CHUNK_SAMPLES * 2 :]
            window = np.concatenate([self._context, chunk])[np.newaxis]
            output, self._state = self._network.run({"input": window, "state": self._state, "sr": self._rate})
            self._context = chunk[-_CONTEXT_SAMPLES:]
            self.probability = float(output[0, 0])
        return self.probability
