"""Speaks with a Piper voice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from assistant.errors import ModelError
from assistant.events import Language, Speech
from assistant.onnx import Network
from assistant.tts import espeak
from assistant.tts.levels import to_bytes
from assistant.tts.normalize import normalize

_BEGIN, _END, _PAD = "^", "$", "_"
_LANGUAGES: dict[str, Language] = {"cmn": "zh", "en": "en"}


class _Audio(BaseModel):
    sample_rate: int


class _Espeak(BaseModel):
    voice: str


class _Inference(BaseModel):
    noise_scale: float = 0.667
    length_scale: float = 1.0
    noise_w: float = 0.8


class _Description(BaseModel):
    """`voice.onnx.json`, as far as it is needed here."""

    audio: _Audio
    espeak: _Espeak
    inference: _Inference = _Inference()
    phoneme_type: str = "espeak"
    phoneme_id_map: dict[str, list[int]]


class Piper:
    """One loaded Piper voice; of a voice with several speakers, the first."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Load `voice.onnx` and `voice.onnx.json`; raises ModelError."""
        self._description = _load_description(folder / "voice.onnx.json")
        self._network = Network(folder / "voice.onnx", threads=threads)

    @property
    def languages(self) -> frozenset[Language]:
        """What it can speak."""
        family = self._description.espeak.voice.split("-")[0]
        return frozenset({_LANGUAGES[family]} if family in _LANGUAGES else ())

    def synthesize(self, text: str, lang: Language) -> Iterator[Speech]:
        """Speak `text`, a sentence at a time."""
        spoken = normalize(text, lang)
        if not any(map(str.isalnum, spoken)):
            return
        for phonemes in espeak.phonemize(spoken, self._description.espeak.voice):
            yield Speech(self._speak(phonemes), self._description.audio.sample_rate, text)

    def _speak(self, phonemes: str) -> bytes:
        inference = self._description.inference
        ids = np.array([self._ids(phonemes)], np.int64)
        feeds: dict[str, NDArray[Any]] = {
            "input": ids,
            "input_lengths": np.array([ids.size], np.int64),
            "scales": np.array(
                [inference.noise_scale, inference.length_scale, inference.noise_w], np.float32
            ),
            "sid": np.array([0], np.int64),
        }
        sound, *_ = self._network.run({name: feeds[name] for name in self._network.inputs})
        ids.fill(0)  # numpy keeps freed arrays of this size in a cache
        return to_bytes(sound.squeeze())

    def _ids(self, phonemes: str) -> list[int]:
        table = self._description.phoneme_id_map
        known = [table[phoneme] for phoneme in phonemes if phoneme in table]
        padded = [number for ids in known for number in (*ids, *table[_PAD])]
        return [*table[_BEGIN], *table[_PAD], *padded, *table[_END]]


def _load_description(path: Path) -> _Description:
    try:
        description = _Description.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(
            en=f"The voice description {path} is missing or damaged; run `xiaoben models pull` to fetch it.",
            zh=f"语音描述文件 {path} 缺失或损坏；请运行 `xiaoben models pull` 下载。",
        ) from error
    if description.phoneme_type != "espeak":
        raise ModelError(
            en=f"The voice {path} takes '{description.phoneme_type}' phonemes; "
            "choose a Piper voice that takes espeak's.",
            zh=f"语音 {path} 使用“{description.phoneme_type}”音素；请选择使用 espeak 音素的 Piper 语音。",
        )
    return description
