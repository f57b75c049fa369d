import json
from pathlib import Path

import numpy as np
import pytest

from assistant.config import Config
from assistant.errors import ModelError
from assistant.tts.kokoro import MAX_PHONEMES, RATE_HZ, Kokoro, load_style

INSTALLED = Config().models / "kokoro"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Kokoro folder with everything but the network."""
    (tmp_path / "voices").mkdir()
    for speaker in ("zf_xiaoxiao", "zf_xiaoyi", "am_adam"):
        np.zeros((510, 256), "<f4").tofile(tmp_path / "voices" / f"{speaker}.bin")
    (tmp_path / "vocab.json").write_text(json.dumps({"vocab": {"a": 1}}))
    return tmp_path


def test_a_style_has_a_row_for_each_number_of_phonemes(folder: Path):
    assert load_style(folder, "am_adam").shape == (510, 256)


def test_a_misspelt_speaker_is_told_apart(folder: Path):
    with pytest.raises(ModelError, match="did you mean zf_xiaoxiao or zf_xiaoyi"):
        load_style(folder, "zf_xiaoxia")


def test_a_strange_speaker_gets_the_list(folder: Path):
    with pytest.raises(ModelError, match="choose one of am_adam, zf_xiaoxiao, zf_xiaoyi"):
        load_style(folder, "")


def test_without_voices_there_is_what_to_do(tmp_path: Path):
    with pytest.raises(ModelError, match="xiaoben models pull"):
        load_style(tmp_path, "zf_xiaoxiao")


def test_a_truncated_style_is_damaged(folder: Path):
    (folder / "voices" / "am_adam.bin").write_bytes(b"\0" * 1000)
    with pytest.raises(ModelError, match="damaged"):
        load_style(folder, "am_adam")


@pytest.mark.parametrize("content", [None, b"", b"[]", b"\xff", b"{}"])
def test_a_bad_vocabulary_is_an_error(folder: Path, content: bytes | None):
    (folder / "vocab.json").unlink()
    if content is not None:
        (folder / "vocab.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"vocab\.json is missing or damaged"):
        Kokoro(folder, "am_adam", threads=1)


@pytest.mark.parametrize("content", [None, b"", b"no network"])
def test_a_bad_network_is_an_error(folder: Path, content: bytes | None):
    if content is not None:
        (folder / "model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        Kokoro(folder, "am_adam", threads=1)


@pytest.fixture(scope="module")
def kokoro() -> Kokoro:
    return Kokoro(INSTALLED, "zf_xiaoxiao", threads=2)


@pytest.mark.models
def test_two_speakers_share_one_network(kokoro: Kokoro):
    assert Kokoro(INSTALLED, "af_heart", threads=2)._network is kokoro._network


@pytest.mark.models
@pytest.mark.parametrize("text", ["", " ", "。，！", "😀", "~~"])
def test_what_has_no_words_has_no_sound(kokoro: Kokoro, text: str):
    assert list(kokoro.synthesize(text, "zh")) == []


@pytest.mark.models
def test_unknown_phonemes_are_left_out(kokoro: Kokoro):
    style = load_style(INSTALLED, "zf_xiaoxiao")
    assert len(kokoro.speak("漢字", style)) == 0
    assert len(kokoro.speak("漢a", style)) == len(kokoro.speak("a", style))


@pytest.mark.models
def test_the_speed_changes_the_length(kokoro: Kokoro):
    slow, fast = (
        sum(speech.seconds for speech in kokoro.synthesize("今天天气很好。", "zh", speed=speed))
        for speed in (0.8, 1.3)
    )
    assert slow > 1.2 * fast


@pytest.mark.models
def test_more_phonemes_than_fit_are_spoken_in_turns(kokoro: Kokoro):
    parts = list(kokoro.synthesize("一二三四五六七八九十" * 16, "zh", speed=2.0))
    assert len(parts) == 2
    assert sum(part.seconds for part in parts) > 12


@pytest.mark.models
def test_as_many_phonemes_as_fit_are_spoken(kokoro: Kokoro):
    sound = kokoro.speak("ma" * (MAX_PHONEMES // 2), load_style(INSTALLED, "zf_xiaoxiao"), 4.0)
    assert len(sound) > RATE_HZ
