import numpy as np
import pytest

from assistant.wake.features import EMBEDDING_SIZE, WINDOW
from assistant.wake.head import Head
from assistant.wake.training import fitting
from assistant.wake.training.fitting import Recipe, fit
from assistant.wake.training.perceptron import Adam, Perceptron
from tests.wake.doubles import loudness_head

QUICK = Recipe(votes=2, steps=150, words_per_step=32, hidden=(8,), learning_rate=0.01)


def in_this_process(jobs, workers, progress):
    return [job() for job in jobs]


@pytest.fixture
def example(monkeypatch):
    """A word that differs in a few values of embeddings that are far from mean 0 and deviation 1."""
    monkeypatch.setattr(fitting, "run_all", in_this_process)
    rng = np.random.default_rng(0)
    others = rng.normal(30, 15, (3000, EMBEDDING_SIZE))
    words = rng.normal(30, 15, (200, WINDOW + 3, EMBEDDING_SIZE))
    words[:, 10:, :30] += 20
    return words.astype(np.float16), others.astype(np.float16)


def test_a_fitted_head_tells_the_word_from_embeddings_as_they_come(example):
    words, others = example
    head = Head(loudness_head().word, fit(words[50:], others, QUICK, 1, 1, lambda done, total: None))
    heard = head.scores(words[:50, :WINDOW].astype(np.float32))
    stream = np.lib.stride_tricks.sliding_window_view(others.astype(np.float32), WINDOW, axis=0).swapaxes(
        1, 2
    )
    assert (heard > 0.5).mean() > 0.95
    assert (head.scores(stream) > 0.5).mean() < 0.01


def test_the_same_seed_gives_the_same_head_and_another_seed_another(example):
    first, again, other = (fit(*example, QUICK, seed, 1, lambda done, total: None) for seed in (1, 1, 2))
    assert (first[0].weights == again[0].weights).all()
    assert not np.allclose(first[0].weights, other[0].weights)


def test_the_gradients_are_the_slopes_of_the_loss():
    rng = np.random.default_rng(0)
    network = Perceptron((5, 4, 3, 1), 0.0, rng)
    inputs = rng.normal(size=(7, 5)).astype(np.float32)
    found = network.gradients(inputs, lambda logits: logits / 7)  # of the mean of half the squares

    def loss():
        return float((network.logits(inputs).astype(np.float64) ** 2).mean() / 2)

    for parameters, gradient in zip(network.weights + network.biases, found, strict=True):
        parameters.flat[0] += 1e-2
        above = loss()
        parameters.flat[0] -= 2e-2
        below = loss()
        parameters.flat[0] += 1e-2
        assert gradient.flat[0] == pytest.approx((above - below) / 2e-2, rel=0.02, abs=1e-4)


def test_weight_decay_shrinks_weights_and_leaves_biases():
    network = Perceptron((2, 1), 0.0, np.random.default_rng(0))
    network.biases[0] += 1
    before = network.weights[0].copy()
    Adam(network, decay=0.5).update([np.zeros_like(before), np.zeros_like(network.biases[0])], rate=0.1)
    assert network.weights[0] == pytest.approx(before * 0.95)
    assert network.biases[0] == pytest.approx(1)
