from pathlib import Path

import numpy as np
import pytest

from assistant import paths
from assistant.errors import ModelError
from assistant.wake.features import HOP_SAMPLES, WINDOW, FeatureStream, SpeechEmbedding, embeddings_of
from tests.wake.doubles import LoudnessEmbedding


def hops(sound):
    return [
        sound[first : first + HOP_SAMPLES].astype("<i2").tobytes()
        for first in range(0, len(sound), HOP_SAMPLES)
    ]


def noise(count):
    return np.random.default_rng(0).normal(0, 1000, count * HOP_SAMPLES).round().astype(np.float32)


def test_the_window_holds_the_last_sixteen_hops_oldest_first():
    stream = FeatureStream(LoudnessEmbedding())
    for amplitude in range(20):
        stream.push(np.full(HOP_SAMPLES, amplitude, "<i2").tobytes())
    assert stream.window()[:, 0].tolist() == list(range(4, 20))


def test_looking_twice_computes_nothing_twice():
    embedding = LoudnessEmbedding()
    stream = FeatureStream(embedding)
    stream.window()
    stream.window()
    assert embedding.embedded == WINDOW


def test_missing_networks_are_named(tmp_path: Path):
    with pytest.raises(ModelError, match="missing"):
        SpeechEmbedding(tmp_path)


@pytest.fixture(scope="module")
def networks():
    folder = paths.models_folder() / "speech-embedding"
    if not folder.is_dir():
        pytest.skip("the speech embedding is not installed: run `xiaoben models pull`")
    return SpeechEmbedding(folder)


@pytest.mark.models
def test_a_stream_hears_what_a_whole_sound_holds(networks):
    sound = noise(40)
    stream = FeatureStream(networks)
    newest = []
    for hop in hops(sound):
        stream.push(hop)
        newest.append(stream.window()[-1])
    assert np.abs(np.array(newest[9:]) - embeddings_of(networks, sound)).max() < 1e-4


@pytest.mark.models
def test_looking_rarely_shows_the_same_as_looking_always(networks):
    often, rarely = FeatureStream(networks), FeatureStream(networks)
    for hop in hops(noise(40)):
        often.push(hop)
        often.window()
        rarely.push(hop)
    assert np.abs(often.window() - rarely.window()).max() < 1e-4


@pytest.mark.models
def test_digital_silence_is_no_louder_or_stranger_than_a_quiet_room(networks):
    silent = networks.mel(np.zeros(HOP_SAMPLES + 352, np.float32))
    room = networks.mel(np.random.default_rng(0).integers(-1, 2, HOP_SAMPLES + 352).astype(np.float32))
    assert silent.min() == pytest.approx(room.min())
