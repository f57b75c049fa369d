import json
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import ModelError
from assistant.tts.piper import Piper

INSTALLED = Config().models / "piper-en-joe"


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b"[]", b"{}"])
def test_a_bad_description_is_an_error(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "voice.onnx.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"voice\.onnx\.json is missing or damaged"):
        Piper(tmp_path, threads=1)


def test_a_voice_of_another_alphabet_is_refused(tmp_path: Path):
    description = {
        "audio": {"sample_rate": 22_050},
        "espeak": {"voice": "cmn"},
        "phoneme_type": "pinyin",
        "phoneme_id_map": {},
    }
    (tmp_path / "voice.onnx.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match="'pinyin' phonemes"):
        Piper(tmp_path, threads=1)


@pytest.fixture(scope="module")
def joe() -> Piper:
    return Piper(INSTALLED, threads=2)


@pytest.mark.models
def test_what_has_no_words_has_no_sound(joe: Piper):
    assert [list(joe.synthesize(text, "en")) for text in ("", " ", "?!", "😀")] == [[], [], [], []]


@pytest.mark.models
def test_sound_comes_a_sentence_at_a_time(joe: Piper):
    parts = list(joe.synthesize("One. Two. Three.", "en"))
    assert len(parts) == 3
    assert all(part.rate_hz == 22_050 and 0.2 < part.seconds < 2 for part in parts)
