"""What sound is like: Google's speech embedding (arXiv 2002.01322), fed the way openWakeWord does it."""

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from assistant.events import FRAME_SAMPLES
from assistant.onnx import Network

HOP_FRAMES = 4  # one embedding every 80 ms
HOP_SAMPLES = HOP_FRAMES * FRAME_SAMPLES
EMBEDDING_SIZE = 96
WINDOW = 16  # embeddings that a head judges together: 2 s of sound

_MEL_BANDS = 32
_MELS_PER_HOP = 8
_MELS_PER_EMBEDDING = 76
_MELS_KEPT = _MELS_PER_EMBEDDING + (WINDOW - 1) * _MELS_PER_HOP
_MEL_REACH = 352  # samples before a hop that its first mel frame needs: 512 long, 160 apart
_MEL_FLOOR_DB = 10.0  # about 1 bit of noise; digital silence would be -100 dB, which no microphone gives

Embeddings = NDArray[np.float32]
"""Shape (n, 96), 80 ms apart, oldest first."""


class SpeechEmbedding:
    """The two networks: sound to mel frames, 76 mel frames to an embedding."""

    def __init__(self, folder: Path) -> None:
        """Load `melspectrogram.onnx` and `embedding_model.onnx`; raises ModelError."""
        self._mel = Network(folder / "melspectrogram.onnx")
        self._embedding = Network(folder / "embedding_model.onnx")

    def mel(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The 8 mel frames, shape (8, 32), of a hop and the 352 samples before it, in units of int16."""
        # Hop by hop even offline: the network limits the range of each call to 80 dB below its loudest point.
        decibels = self._mel.run({"input": samples[np.newaxis]})[0].reshape(-1, _MEL_BANDS)
        return cast(NDArray[np.float32], np.maximum(decibels, _MEL_FLOOR_DB) / 10 + 2)

    def embed(self, mels: NDArray[np.float32]) -> Embeddings:
        """The embeddings that end with each hop of `mels`, shape (68 + 8 n, 32), beginning with the 76th."""
        windows = np.lib.stride_tricks.sliding_window_view(mels, _MELS_PER_EMBEDDING, axis=0)[::_MELS_PER_HOP]
        feeds = {"input_1": np.ascontiguousarray(windows.swapaxes(1, 2))[..., np.newaxis]}
        return cast(Embeddings, self._embedding.run(feeds)[0].reshape(-1, EMBEDDING_SIZE))


class FeatureStream:
    """The features of a stream's last 2 s; embeddings are computed only when somebody looks."""

    def __init__(self, embedding: SpeechEmbedding) -> None:
        self._embedding = embedding
        self._sound = np.zeros(_MEL_REACH, np.float32)
        self._mels = embedding.mel(np.zeros(_MEL_REACH + HOP_SAMPLES, np.float32))[:1].repeat(
            _MELS_KEPT, axis=0
        )
        self._window = np.zeros((WINDOW, EMBEDDING_SIZE), np.float32)
        self._behind = WINDOW

    def push(self, samples: bytes) -> None:
        """Take the next hop: 1280 samples, signed 16-bit."""
        sound = np.concatenate([self._sound, np.frombuffer(samples, "<i2").astype(np.float32)])
        self._sound = sound[-_MEL_REACH:]
        self._mels = np.concatenate([self._mels[_MELS_PER_HOP:], self._embedding.mel(sound)])
        self._behind = min(self._behind + 1, WINDOW)

    def window(self) -> Embeddings:
        """The last 16 embeddings."""
        if self._behind:
            fresh = self._embedding.embed(
                self._mels[-(_MELS_PER_EMBEDDING + (self._behind - 1) * _MELS_PER_HOP) :]
            )
            self._window = np.concatenate([self._window[self._behind :], fresh])
            self._behind = 0
        return self._window


def embeddings_of(embedding: SpeechEmbedding, samples: NDArray[np.float32]) -> Embeddings:
    """The embeddings of a whole sound in units of int16, as a stream that begins with it would give them.

    The first is the one that ends with the 10th hop: earlier ones would look before the beginning.
    """
    padded = np.concatenate([np.zeros(_MEL_REACH, np.float32), samples])
    hops = range(len(samples) // HOP_SAMPLES)
    mels = [embedding.mel(padded[hop * HOP_SAMPLES :][: _MEL_REACH + HOP_SAMPLES]) for hop in hops]
    frames = np.concatenate(mels)[(-_MELS_PER_EMBEDDING) % _MELS_PER_HOP :]
    return embedding.embed(frames)
