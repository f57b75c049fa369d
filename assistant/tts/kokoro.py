"""Speaks Chinese and English with Kokoro-82M."""

import difflib
import functools
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError
from assistant.events import LANGUAGES, Language, Speech
from assistant.onnx import Network
from assistant.tts import english, mandarin
from assistant.tts.levels import to_bytes
from assistant.tts.normalize import normalize
from assistant.tts.scripts import stretches

RATE_HZ = 24_000
MAX_PHONEMES = 510  # in one run: the network has 512 positions, two of them for the ends
_STYLE_WIDTH = 256

Style = NDArray[np.float32]
"""How a speaker sounds: shape (510, 256), a row for each number of phonemes."""


class Kokoro:
    """One speaker of a Kokoro network."""

    languages: frozenset[Language] = frozenset(LANGUAGES)

    def __init__(self, folder: Path, speaker: str, *, threads: int) -> None:
        """Load `model.onnx`, `vocab.json` and `voices/<speaker>.bin`; raises ModelError."""
        self._style = load_style(folder, speaker)
        self._vocabulary = _load_vocabulary(folder / "vocab.json")
        self._network = _load_network(folder / "model.onnx", threads)

    def synthesize(self, text: str, lang: Language, *, speed: float = 1.0) -> Iterator[Speech]:
        """Speak `text`, which is in `lang` but may hold stretches of the other language."""
        for part in textwrap.wrap(phonemes(text, lang), MAX_PHONEMES, break_on_hyphens=False):
            if any(map(str.isalpha, part)):
                yield Speech(to_bytes(self.speak(part, self._style, speed)), RATE_HZ, text)

    def speak(self, phonemes: str, style: Style, speed: float = 1.0) -> NDArray[np.float32]:
        """The sound of at most 510 phonemes, shape (samples,), 24 kHz, about -1 to 1.

        Phonemes that are not in the vocabulary are left out; if none are left there are no samples.
        """
        tokens = [self._vocabulary[phoneme] for phoneme in phonemes if phoneme in self._vocabulary]
        if not tokens:
            return np.zeros(0, np.float32)
        ids = np.array([[0, *tokens, 0]], np.int64)
        feeds = {
            "tokens": ids,
            "style": style[len(tokens) - 1][np.newaxis],
            "speed": np.array([speed], np.float32),
        }
        (sound,) = self._network.run(feeds)
        ids.fill(0)  # numpy keeps freed arrays of this size in a cache
        return cast(NDArray[np.float32], sound)


def phonemes(text: str, lang: Language) -> str:
    """How `text` sounds in Kokoro's alphabet, each stretch by the rules of its own language."""
    g2p = {"zh": mandarin.phonemes, "en": english.phonemes}
    parts = [g2p[script](part) for script, part in stretches(normalize(text, lang), lang)]
    return re.sub(r" (?=[,.:;!?])", "", " ".join(filter(None, parts)))


def load_style(folder: Path, speaker: str) -> Style:
    """The style of a speaker of the model in `folder`; raises ModelError."""
    path = folder / "voices" / f"{speaker}.bin"
    if not path.is_file():
        raise _unknown_speaker(folder, speaker)
    numbers = np.fromfile(path, "<f4")
    if numbers.size != MAX_PHONEMES * _STYLE_WIDTH:
        raise ModelError(
            en=f"The voice file {path} is damaged; run `xiaoben models pull` to fetch it again.",
            zh=f"语音文件 {path} 已损坏；请运行 `xiaoben models pull` 重新下载。",
        )
    return numbers.reshape(MAX_PHONEMES, _STYLE_WIDTH)


def _unknown_speaker(folder: Path, speaker: str) -> ModelError:
    known = sorted(path.stem for path in (folder / "voices").glob("*.bin"))
    if not known:
        return ModelError(
            en=f"There are no voices in {folder / 'voices'}; run `xiaoben models pull` to fetch them.",
            zh=f"{folder / 'voices'} 中没有语音；请运行 `xiaoben models pull` 下载。",
        )
    if close := difflib.get_close_matches(speaker, known, n=3):
        en, zh = f"did you mean {' or '.join(close)}?", f"你是指 {' 或 '.join(close)} 吗？"
    else:
        en, zh = f"choose one of {', '.join(known)}.", f"请选择其中之一：{'、'.join(known)}。"
    return ModelError(
        en=f"Kokoro has no speaker '{speaker}' in {folder}; {en}",
        zh=f"{folder} 中的 Kokoro 没有“{speaker}”这个声音；{zh}",
    )


@functools.lru_cache(maxsize=1)  # two speakers, one network
def _load_network(path: Path, threads: int) -> Network:
    return Network(path, threads=threads)


def _load_vocabulary(path: Path) -> dict[str, int]:
    try:
        return cast(dict[str, int], json.loads(path.read_text("utf-8"))["vocab"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(
            en=f"The vocabulary {path} is missing or damaged; run `xiaoben models pull` to fetch it.",
            zh=f"词表 {path} 缺失或损坏；请运行 `xiaoben models pull` 下载。",
        ) from error
