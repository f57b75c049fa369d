"""Did that sound like the end of a sentence? The Smart Turn network's opinion."""

from pathlib import Path

import numpy as np

from assistant.events import RATE_HZ
from assistant.mel import log_mel
from assistant.onnx import Network
from assistant.samples import floats

_WINDOW_SAMPLES = 8 * RATE_HZ  # the network sees the last 8 s, silence in front of shorter requests


class SmartTurn:
    """Judges the melody of a request, in 23 languages with Chinese and English."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds `smart-turn-v3.2-cpu.onnx`; raises ModelError without it."""
        self._network = Network(folder / "smart-turn-v3.2-cpu.onnx")

    def completeness(self, samples: bytes) -> float:
        """Probability, 0 to 1, that the person has finished; `samples` are 16 kHz s16 mono."""
        sound = floats(samples)[-_WINDOW_SAMPLES:]
        window = np.pad(sound, (_WINDOW_SAMPLES - len(sound), 0))
        normal = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
        (output,) = self._network.run({"input_features": log_mel(normal)[np.newaxis]})
        return float(output[0, 0])
