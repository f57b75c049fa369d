import dataclasses

import numpy as np
import pytest

from assistant import paths
from assistant.wake.features import HOP_SAMPLES
from assistant.wake.training import examples, fitting, rendering, trainer
from assistant.wake.training.examples import Material, others_heard, words_heard
from assistant.wake.training.fitting import Recipe
from assistant.wake.training.rendering import Studio
from assistant.wake.training.script import script_for
from assistant.wake.training.trainer import HELD_OUT, Amounts, Trainer

EMBEDDING = paths.models_folder() / "speech-embedding"
SPEAKERS = ["af_ann", "zf_can", *HELD_OUT]


class ChirpVoice:
    """Sings one tone a phoneme."""

    def speak(self, phonemes, style, speed):
        time = np.arange(int(24_000 * 0.08 / speed)) / 24_000
        notes = [np.sin(2 * np.pi * (200 + 37 * (ord(one) % 50)) * time) for one in phonemes]
        return np.concatenate([np.zeros(100), *notes]).astype(np.float32)


@pytest.fixture
def in_this_process(monkeypatch):
    def run_all(jobs, workers, progress):
        results = []
        for done, job in enumerate(jobs, 1):
            results.append(job())
            progress(done, len(jobs))
        return results

    for module in (rendering, fitting, trainer):
        monkeypatch.setattr(module, "run_all", run_all)


@pytest.fixture
def train(tmp_path, monkeypatch, in_this_process):
    monkeypatch.setattr(trainer, "sentences", lambda lang: {"zh": ["今天"], "en": ["good morning"]}[lang])
    styles = {name: np.zeros((510, 256), np.float32) for name in SPEAKERS}

    def train(**changes):
        given = Trainer(
            Studio(ChirpVoice, styles, tmp_path, 1),
            phonemes=lambda text, lang: text.replace(" ", ""),
            embedding=EMBEDDING,
            seed=4,
            report=lambda stage, done, total: None,
            amounts=Amounts(word_takes=4, scenes_per_take=2, salads=2, confusables=3, stream_hours=0.01),
            recipe=Recipe(votes=1, steps=60, words_per_step=16, hidden=(8,), learning_rate=0.01),
        )
        return dataclasses.replace(given, **changes).train(script_for("hey_marvin", ["heymarvin"], []))

    return train


def test_a_word_ends_where_its_scene_says(monkeypatch):
    heard = {}
    monkeypatch.setattr(examples, "vary_voice", lambda word, rng: word)
    monkeypatch.setattr(
        examples, "_heard", lambda scene, word, material, rng: heard.update(scene=scene) or scene
    )
    monkeypatch.setattr(examples, "_talk", lambda material, rng: np.zeros(100, np.float32))
    for seed in range(20):
        examples._word_scene(np.ones(5000, np.float32), Material([], []), np.random.default_rng(seed))
        (sounding,) = (np.flatnonzero(heard["scene"]),)
        end = len(heard["scene"]) - sounding[-1] - 1
        assert 4 * HOP_SAMPLES <= end < 5 * HOP_SAMPLES
        assert len(sounding) == 5000


def test_a_sample_of_the_material_is_as_much_as_a_job_can_use():
    some = Material([np.ones(1)], [np.zeros(1)]).sample(np.random.default_rng(0))
    assert (len(some.talk), len(some.confusables)) == (150, 80)


@pytest.mark.models
def test_scenes_and_streams_have_the_shapes_that_fitting_wants():
    tone = np.sin(np.arange(8000) / 5).astype(np.float32)
    material = Material([tone], [tone])
    assert words_heard(EMBEDDING, [tone] * 3, material, [1]).shape == (3, 19, 96)
    stream = others_heard(EMBEDDING, material, 24.0, [1])
    assert stream.shape == (2 * 141, 96)
    assert (stream == others_heard(EMBEDDING, material, 24.0, [1])).all()


@pytest.mark.models
def test_training_is_repeatable_and_reports_every_stage(train):
    stages = []
    first = train(report=lambda stage, done, total: stages.append(stage))
    again = train()
    windows = np.random.default_rng(0).normal(0, 20, (5, 16, 96)).astype(np.float32)
    assert (first.scores(windows) == again.scores(windows)).all()
    assert list(dict.fromkeys(stages)) == ["talk", "word", "confusables", "scenes", "fit"]
    assert first.word.id == "hey_marvin"
    assert first.word.phrases == ("heymarvin",)
    assert first.word.training["seed"] == 4


@pytest.mark.models
def test_the_speakers_that_are_left_out_are_never_heard(train, monkeypatch):
    cast = []

    def spy(phonemes, lang, speakers, rng):
        cast.extend(speakers)
        return rendering.cast_take(phonemes, lang, speakers, rng)

    monkeypatch.setattr(trainer, "cast_take", spy)
    train()
    assert set(cast) == {"af_ann", "zf_can"}
