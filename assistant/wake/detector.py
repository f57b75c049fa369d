"""Recognises wake words in a stream of frames; time is their number: a file and a microphone wake alike."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from assistant.events import FRAMES_PER_SECOND, AudioFrame, WakeDetected
from assistant.wake.features import HOP_FRAMES, FeatureStream, SpeechEmbedding
from assistant.wake.head import Head

_LOOKBACK_FRAMES = FRAMES_PER_SECOND * 8 // 5  # a slow 小本同学 takes 1.3 s, noticing it up to 0.3 s
_REFRACTORY_FRAMES = FRAMES_PER_SECOND * 3 // 2  # a word stays in the window, and shall wake once
_SMOOTHED_HOPS = 2  # the mean of two scores: a lone high score is more often a mistake than a word


class WakeWords:
    """Listens for several wake words at once; the costly part, the embedding, is computed once for all."""

    _scores: NDArray[np.float64]
    """Of the last hops, newest first, by head: shape (2, heads)."""

    def __init__(
        self, embedding: SpeechEmbedding, heads: Sequence[Head], thresholds: Mapping[str, float]
    ) -> None:
        """`thresholds`: the score from which a word counts, where another than its head's own is wanted."""
        self._embedding = embedding
        self._heads = heads
        self._thresholds = np.array([thresholds.get(head.word.id, head.word.threshold) for head in heads])
        self.reset()

    @property
    def lookback_frames(self) -> int:
        """How long before its detection a wake word may begin."""
        return _LOOKBACK_FRAMES

    def reset(self) -> None:
        """Forget all that was heard."""
        self._features = FeatureStream(self._embedding)
        self._hop: list[bytes] = []
        self._deaf_frames = 0
        self._forget_scores()

    def skip(self, frame: AudioFrame) -> None:
        """Keep a frame of silence as the past of what may follow; costs microseconds."""
        if self._complete_hop(frame):
            self._forget_scores()

    def detect(self, frame: AudioFrame) -> WakeDetected | None:
        """The wake word that ended up to about 0.3 s before the end of this frame."""
        if not self._complete_hop(frame):
            return None
        margins = self._smoothed_scores() - self._thresholds
        best = int(margins.argmax())
        if self._deaf_frames or margins[best] < 0:
            return None
        self._deaf_frames = _REFRACTORY_FRAMES
        score = float(margins[best] + self._thresholds[best])
        return WakeDetected(self._heads[best].word.id, score, frame.index)

    def _complete_hop(self, frame: AudioFrame) -> bool:
        self._deaf_frames = max(0, self._deaf_frames - 1)
        self._hop.append(frame.samples)
        if len(self._hop) < HOP_FRAMES:
            return False
        self._features.push(b"".join(self._hop))
        self._hop.clear()
        return True

    def _smoothed_scores(self) -> NDArray[np.float64]:
        window = self._features.window()
        self._scores = np.roll(self._scores, 1, axis=0)
        self._scores[0] = [head.score(window) for head in self._heads]
        return cast(NDArray[np.float64], self._scores.mean(axis=0))

    def _forget_scores(self) -> None:
        self._scores = np.zeros((_SMOOTHED_HOPS, len(self._heads)))
