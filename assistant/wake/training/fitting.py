"""Fits a head's networks to scenes with the wake word and to a stream without it."""

from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from assistant.wake.features import EMBEDDING_SIZE, WINDOW
from assistant.wake.head import Layer
from assistant.wake.training.perceptron import Adam, Array, Perceptron
from assistant.wake.training.sound import Random
from assistant.wake.training.workers import Progress, run_all

_INPUTS = WINDOW * EMBEDDING_SIZE
_OTHERS_PER_WORD = 3
_WARMUP_STEPS = 200
_MINE_EVERY = 500
_MINED_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is fitted. Of ten variants tried once, hiding embeddings parted 60 recordings best."""

    votes: int = 3
    steps: int = 5000
    words_per_step: int = 128
    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.3
    embedding_dropout: float = 0.3
    """Share of the 96 embedding values hidden, in all 16 steps alike, so that no few of them decide."""
    certainty: float = 0.98
    """What a word is to score: less than 1 keeps the logits small."""


class _Windows:
    """Training windows, each embedding value with mean 0 and deviation 1."""

    def __init__(self, words: NDArray[np.float16], others: NDArray[np.float16]) -> None:
        self._mean: Array = others.mean(axis=0, dtype=np.float32)
        self._deviation: Array = others.std(axis=0, dtype=np.float32) + np.float32(1e-3)
        self._words = self._normalised(words)
        self._others = np.lib.stride_tricks.sliding_window_view(self._normalised(others), WINDOW, axis=0)

    def __len__(self) -> int:
        """Windows without the word."""
        return len(self._others)

    def words(self, count: int, rng: Random) -> Array:
        """Random windows that end with a word, shape (count, 16, 96)."""
        scene = rng.integers(len(self._words), size=count)
        first = rng.integers(self._words.shape[1] - WINDOW + 1, size=count)
        return cast(Array, self._words[scene[:, np.newaxis], first[:, np.newaxis] + np.arange(WINDOW)])

    def others(self, chosen: NDArray[np.int64] | slice) -> Array:
        """Windows of the stream without the word, shape (count, 16, 96)."""
        return self._others[chosen].swapaxes(1, 2)

    def unfold(self, network: Perceptron) -> Perceptron:
        """The same network for embeddings as they are."""
        scaled = network.weights[0] / np.tile(self._deviation, WINDOW)[:, np.newaxis]
        network.biases[0] = network.biases[0] - np.tile(self._mean, WINDOW) @ scaled
        network.weights[0] = scaled
        return network

    def _normalised(self, embeddings: NDArray[np.float16]) -> Array:
        return (embeddings.astype(np.float32) - self._mean) / self._deviation


def fit(
    words: NDArray[np.float16],
    others: NDArray[np.float16],
    recipe: Recipe,
    seed: int,
    workers: int,
    progress: Progress,
) -> list[Layer]:
    """A head's layers from scenes with the word, shape (n, 19, 96), and a stream without, shape (m, 96)."""
    jobs = [partial(_fit_vote, words, others, recipe, (seed, vote)) for vote in range(recipe.votes)]
    return _stack(run_all(jobs, workers, progress))


def _fit_vote(
    words: NDArray[np.float16], others: NDArray[np.float16], recipe: Recipe, seed: tuple[int, int]
) -> Perceptron:
    windows, rng = _Windows(words, others), np.random.default_rng(seed)
    network = Perceptron((_INPUTS, *recipe.hidden, 1), recipe.dropout, rng)
    adam = Adam(network, recipe.weight_decay)
    mined = rng.integers(len(windows), size=4096)
    for step in range(recipe.steps):
        if step and step % _MINE_EVERY == 0:
            mined = _mine(network, windows)
        inputs = _hide(_draw(windows, mined, recipe.words_per_step, rng), recipe.embedding_dropout, rng)
        adam.update(network.gradients(inputs, partial(_error, recipe)), _rate(step, recipe))
    return windows.unfold(network)


def _draw(windows: _Windows, mined: NDArray[np.int64], count: int, rng: Random) -> Array:
    """Words first, then the others: half of those at random, half among the worst mistaken."""
    others = count * _OTHERS_PER_WORD
    anywhere = rng.integers(len(windows), size=others - others // 2)
    hard = rng.choice(mined, size=others // 2)
    return np.concatenate([windows.words(count, rng), windows.others(np.concatenate([anywhere, hard]))])


def _hide(windows: Array, share: float, rng: Random) -> Array:
    shown = rng.random((len(windows), 1, EMBEDDING_SIZE), dtype=np.float32) >= share
    return cast(Array, (windows * (shown / np.float32(1 - share))).reshape(len(windows), _INPUTS))


def _error(recipe: Recipe, logits: Array) -> Array:
    """Derivative of the cross entropy; words and others weigh the same in sum."""
    scores = 1 / (1 + np.exp(-logits.clip(-50, 50)))
    scores[: recipe.words_per_step] -= recipe.certainty
    scores[recipe.words_per_step :] /= _OTHERS_PER_WORD
    return cast(Array, scores / np.float32(recipe.words_per_step))


def _rate(step: int, recipe: Recipe) -> float:
    """Up quickly, then down along a cosine."""
    warmth = min(1.0, (step + 1) / _WARMUP_STEPS)
    return float(recipe.learning_rate * warmth * 0.5 * (1 + np.cos(np.pi * step / recipe.steps)))


def _mine(network: Perceptron, windows: _Windows) -> NDArray[np.int64]:
    """The windows without the word that look most like it."""
    logits = [
        network.logits(windows.others(slice(first, first + 8192)).reshape(-1, _INPUTS))
        for first in range(0, len(windows), 8192)
    ]
    return np.argsort(-np.concatenate(logits))[: max(1000, int(len(windows) * _MINED_SHARE))]


def _stack(networks: list[Perceptron]) -> list[Layer]:
    return [
        Layer(np.stack(weights), np.stack(biases)[:, np.newaxis])
        for weights, biases in zip(
            zip(*(network.weights for network in networks), strict=True),
            zip(*(network.biases for network in networks), strict=True),
            strict=True,
        )
    ]
