"""A small network in numpy and how it learns: dense layers, dropout, Adam."""

from collections.abc import Callable
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from assistant.wake.training.sound import Random

Array = NDArray[np.float32]


class Perceptron:
    """Dense layers with ReLU and dropout between them; one logit an input."""

    def __init__(self, sizes: tuple[int, ...], dropout: float, rng: Random) -> None:
        """`sizes`: of the input, the hidden layers, and 1; `dropout`: share of hidden values left out."""
        self.weights: list[Array] = [
            (rng.standard_normal(shape) * np.sqrt(2 / shape[0])).astype(np.float32)
            for shape in pairwise(sizes)
        ]
        self.biases: list[Array] = [np.zeros(size, np.float32) for size in sizes[1:]]
        self._kept = np.float32(1 - dropout)
        self._rng = rng

    def logits(self, inputs: Array) -> Array:
        """Without dropout; shape (n,)."""
        signal = inputs
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signal = np.maximum(signal @ weights + bias, 0)
        return self._output(signal)

    def gradients(self, inputs: Array, error: Callable[[Array], Array]) -> list[Array]:
        """Of all weights, then of all biases; `error` is the loss's derivative by each logit."""
        signals = [inputs]
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signals.append(self._drop(np.maximum(signals[-1] @ weights + bias, 0)))
        back = error(self._output(signals[-1]))[:, np.newaxis]
        of_weights: list[Array] = []
        of_biases: list[Array] = []
        for signal, weights in zip(reversed(signals), reversed(self.weights), strict=True):
            of_weights.insert(0, signal.T @ back)
            of_biases.insert(0, back.sum(axis=0))
            # What is above 0 passed both ReLU and dropout, which had scaled it up.
            back = (back @ weights.T) * (signal > 0).astype(np.float32) / self._kept
        return of_weights + of_biases

    def _output(self, signal: Array) -> Array:
        return cast(Array, (signal @ self.weights[-1] + self.biases[-1])[:, 0])

    def _drop(self, signal: Array) -> Array:
        passed = self._rng.random(signal.shape, dtype=np.float32) < self._kept
        return cast(Array, signal * (passed / self._kept))


class Adam:
    """Adam with decoupled weight decay (arXiv 1711.05101), for weights, not for biases."""

    def __init__(self, network: Perceptron, decay: float) -> None:
        self._parameters = network.weights + network.biases
        self._decays = [decay] * len(network.weights) + [0.0] * len(network.biases)
        self._means = [np.zeros_like(parameter) for parameter in self._parameters]
        self._squares = [np.zeros_like(parameter) for parameter in self._parameters]
        self._steps = 0

    def update(self, gradients: list[Array], rate: float) -> None:
        """Move the network's parameters, in place."""
        self._steps += 1
        for n, gradient in enumerate(gradients):
            self._means[n] += 0.1 * (gradient - self._means[n])
            self._squares[n] += 0.001 * (gradient**2 - self._squares[n])
            mean = self._means[n] / (1 - 0.9**self._steps)
            deviation = np.sqrt(self._squares[n] / (1 - 0.999**self._steps)) + 1e-8
            self._parameters[n] -= rate * (mean / deviation + self._decays[n] * self._parameters[n])
