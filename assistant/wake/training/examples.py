"""Turns takes into what heads learn from: embeddings of scenes with and without the wake word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.events import RATE_HZ
from assistant.wake.features import HOP_SAMPLES, WINDOW, SpeechEmbedding, embeddings_of
from assistant.wake.training.augmentation import (
    add_noise,
    colour,
    noise,
    record,
    reverberate,
    room,
    vary_voice,
)
from assistant.wake.training.sound import Random, Sound

HEARD_HOPS = 4  # windows that end 0.08 to 0.4 s after the word are to be recognised
_WORD_HOP = 25  # the word ends in this hop of its scene: 2 s before it fill the window
_SCENE_HOPS = _WORD_HOP + HEARD_HOPS
_EMBEDDINGS = HEARD_HOPS - 1 + WINDOW
_STREAM_SECONDS = 12.0
_NOISE_ALONE = 0.15  # share of scenes without speech


@dataclass(frozen=True, slots=True)
class Material:
    """Sounds to build scenes from."""

    talk: Sequence[Sound]
    """Speech without the wake word."""
    confusables: Sequence[Sound]
    """Almost the wake word."""

    def sample(self, rng: Random) -> "Material":
        """As much of it as a job can use."""
        return Material(_some(self.talk, 150, rng), _some(self.confusables, 80, rng))


def words_heard(
    folder: Path, words: Sequence[Sound], material: Material, seed: Sequence[int]
) -> NDArray[np.float16]:
    """Each of `words` in a scene of its own: shape (n, 19, 96): four windows of 16 to recognise."""
    embedding, rng = SpeechEmbedding(folder), np.random.default_rng(seed)
    scenes = (_word_scene(word, material, rng) for word in words)
    return np.stack([_heard_by(embedding, scene)[-_EMBEDDINGS:] for scene in scenes])


def others_heard(
    folder: Path, material: Material, seconds: float, seed: Sequence[int]
) -> NDArray[np.float16]:
    """A long stream of scenes without the wake word: shape (n, 96); no window of it must be recognised."""
    embedding, rng = SpeechEmbedding(folder), np.random.default_rng(seed)
    scenes = (_other_scene(material, rng) for _ in range(max(1, round(seconds / _STREAM_SECONDS))))
    return np.concatenate([_heard_by(embedding, scene) for scene in scenes])


def _heard_by(embedding: SpeechEmbedding, scene: Sound) -> NDArray[np.float16]:
    return embeddings_of(embedding, scene * np.float32(32768)).astype(np.float16)


def _word_scene(word: Sound, material: Material, rng: Random) -> Sound:
    word = _level(vary_voice(word, rng), rng)
    end = (_WORD_HOP - 1) * HOP_SAMPLES + int(rng.integers(1, HOP_SAMPLES + 1))
    scene = np.zeros(_SCENE_HOPS * HOP_SAMPLES, np.float32)
    word = word[-end:]
    scene[end - len(word) : end] = word
    if rng.random() < 0.4:
        _fill_before(scene, end - len(word) - _pause(rng, 0.5), _talk(material, rng))
    if rng.random() < 0.5:
        _fill_after(scene, end + _pause(rng, 0.3), _talk(material, rng))
    return _heard(scene, word, material, rng)


def _other_scene(material: Material, rng: Random) -> Sound:
    size = int(_STREAM_SECONDS * RATE_HZ)
    if rng.random() < _NOISE_ALONE:
        return record(colour(noise(size, rng, material.talk), rng), rng)
    scene = np.zeros(size, np.float32)
    position = _pause(rng, 1.0)
    while position < size:
        almost = rng.random() < 0.4
        sound = _level(
            vary_voice(_any(material.confusables, rng) if almost else _talk(material, rng), rng), rng
        )
        _fill_after(scene, position, sound)
        position += len(sound) + _pause(rng, 0.8)
    return _heard(scene, scene[np.abs(scene) > 0], material, rng)


def _heard(scene: Sound, speech: Sound, material: Material, rng: Random) -> Sound:
    if rng.random() < 0.75:
        scene = reverberate(scene, room(rng))
    return record(colour(add_noise(scene, speech, rng, material.talk), rng), rng)


def _some(sounds: Sequence[Sound], count: int, rng: Random) -> list[Sound]:
    return [_any(sounds, rng) for _ in range(count)]


def _any(sounds: Sequence[Sound], rng: Random) -> Sound:
    return sounds[int(rng.integers(len(sounds)))]


def _talk(material: Material, rng: Random) -> Sound:
    return _any(material.talk, rng)


def _level(sound: Sound, rng: Random) -> Sound:
    return sound * np.float32(10 ** (rng.uniform(-6, 6) / 20))


def _pause(rng: Random, longest_seconds: float) -> int:
    return int(rng.uniform(0, longest_seconds) * RATE_HZ)


def _fill_before(scene: Sound, end: int, sound: Sound) -> None:
    if end > 0:
        sound = sound[-end:]
        scene[end - len(sound) : end] = sound


def _fill_after(scene: Sound, start: int, sound: Sound) -> None:
    if start < len(scene):
        sound = sound[: len(scene) - start]
        scene[start : start + len(sound)] = sound
