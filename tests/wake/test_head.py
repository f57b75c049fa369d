import json
import zipfile
from contextlib import suppress
from random import Random

import numpy as np
import pytest

from assistant import paths
from assistant.errors import ModelError, StorageError
from assistant.wake.features import EMBEDDING_SIZE, WINDOW
from assistant.wake.head import Head, Layer, WakeWord, words
from tests.wake.doubles import loudness_head

SHIPPED = paths.bundled("models") / "wake"


def head(votes=2, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(WINDOW * EMBEDDING_SIZE, 8), (8, 1)]
    layers = [
        Layer(
            rng.normal(0, 0.1, (votes, *shape)).astype(np.float32),
            rng.normal(0, 0.1, (votes, 1, shape[1])).astype(np.float32),
        )
        for shape in shapes
    ]
    return Head(WakeWord("xiaoming", "zh", "小明", ("小明",), 0.4, {"seed": 3}), layers)


def embeddings(count=1, seed=1):
    return np.random.default_rng(seed).normal(0, 10, (count, WINDOW, EMBEDDING_SIZE)).astype(np.float32)


def test_a_score_is_a_probability_and_the_same_alone_and_among_many():
    windows = embeddings(5)
    scores = head().scores(windows)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert [head().score(window) for window in windows] == pytest.approx(list(scores), abs=1e-6)


def test_the_votes_logits_are_averaged():
    def logit(score):
        return np.log(score / (1 - score))

    weights = np.zeros((2, WINDOW * EMBEDDING_SIZE, 1), np.float32)
    both = Head(loudness_head().word, [Layer(weights, np.array([[[1.0]], [[-3.0]]], np.float32))])
    assert logit(both.score(embeddings()[0])) == pytest.approx(-1.0, abs=1e-4)


def test_what_was_saved_is_loaded_to_half_precision(tmp_path):
    path = tmp_path / "own" / "xiaoming.npz"
    head().save(path)
    loaded = Head.load(path)
    assert loaded.word == head().word
    assert loaded.scores(embeddings(9)) == pytest.approx(head().scores(embeddings(9)), abs=0.02)


def test_the_words_of_a_folder_are_its_files(tmp_path):
    for name in ("b", "a"):
        head().save(tmp_path / f"{name}.npz")
    (tmp_path / "README.md").write_text("not a word")
    assert words(tmp_path) == ["a", "b"]
    assert words(tmp_path / "nowhere") == []


def test_a_missing_word_is_named_with_the_command_that_lists_them(tmp_path):
    with pytest.raises(ModelError, match=r"no wake word 'hal'.*xiaoben wake list"):
        Head.load(tmp_path / "hal.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\3\4 broken"])
def test_a_damaged_file_is_one_clear_sentence(tmp_path, content):
    path = tmp_path / "hal.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        Head.load(path)


def test_an_archive_without_a_wake_word_is_damaged_too(tmp_path):
    path = tmp_path / "hal.npz"
    np.savez(path, something=np.zeros(3))
    with pytest.raises(ModelError, match="damaged"):
        Head.load(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        head().save(tmp_path / "file" / "hal.npz")


@pytest.mark.parametrize("word", ["xiaoben_tongxue", "hey_computer", "computer"])
def test_the_words_that_ship_can_be_loaded_and_judge(word):
    shipped = Head.load(SHIPPED / f"{word}.npz")
    assert shipped.word.id == word
    assert 0.05 <= shipped.word.threshold <= 0.95
    silence = np.zeros((WINDOW, EMBEDDING_SIZE), np.float32)
    assert shipped.score(silence) < shipped.word.threshold


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "hal.npz"
    head().save(path)
    return path


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_broken_headers_is_damaged_or_harmless(seed, saved):
    random = Random(seed)
    content = {name: bytearray(data) for name, data in members(saved).items()}
    broken = random.choice(list(content.values()))
    for _ in range(random.randint(1, 6)):
        place = random.randrange(min(128, len(broken)))
        broken[place : place + random.randint(0, 2)] = random.choice(
            [b"9", b"99999999", b"O", b"-1", b"(", random.randbytes(2)]
        )
    pack(saved, content)
    loads_or_is_damaged(saved)


@pytest.mark.parametrize("seed", range(40))
def test_a_broken_archive_is_damaged_or_harmless(seed, saved):
    random = Random(seed)
    content = bytearray(saved.read_bytes())
    for _ in range(4):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    saved.write_bytes(content[: random.choice([len(content), random.randrange(len(content))])])
    loads_or_is_damaged(saved)


def loads_or_is_damaged(path):
    with suppress(ModelError):
        assert 0 <= Head.load(path).score(embeddings()[0]) <= 1


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked(saved):
    pack(saved, {**members(saved), "zeros.npy": bytes(1 << 25)})
    with pytest.raises(ModelError, match="damaged"):
        Head.load(saved)


@pytest.mark.parametrize(
    "about", [{"id": 1}, {"threshold": "high"}, {"phrases": "hal"}, {"lang": "fr"}, {"display": None}]
)
def test_a_description_with_anything_odd_is_damaged(about, saved):
    content = members(saved)
    described = json.loads(str(np.load(saved)["about"])) | about
    np.savez(saved, about=np.array(json.dumps(described)))
    pack(saved, {**content, "about.npy": members(saved)["about.npy"]})
    with pytest.raises(ModelError, match="damaged"):
        Head.load(saved)


def test_layers_that_do_not_fit_together_are_damaged(tmp_path):
    layers = [Layer(np.zeros((1, 7, 1), np.float32), np.zeros((1, 1, 1), np.float32))]
    Head(head().word, layers).save(tmp_path / "hal.npz")
    with pytest.raises(ModelError, match="damaged"):
        Head.load(tmp_path / "hal.npz")


def test_pickled_objects_are_never_unpacked(tmp_path):
    np.savez(tmp_path / "hal.npz", about=np.array([print], dtype=object))
    with pytest.raises(ModelError, match="damaged"):
        Head.load(tmp_path / "hal.npz")
