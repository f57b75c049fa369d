"""Speech to text with Whisper. The only module that knows faster_whisper.

The library's own `transcribe` encodes 30 s for every request and encodes again to detect the language; here
one encoding serves both, and only as long as the request needs.
"""

import logging
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from assistant.asr.chinese import simplified
from assistant.asr.guards import is_credible, once
from assistant.errors import ModelError
from assistant.events import RATE_HZ, SAMPLE_BYTES, Language, Transcript, Utterance
from assistant.samples import floats

_LOGGER = logging.getLogger(__name__)

_FULL_SECONDS = 30.0  # the window Whisper was trained with
FLOOR_SECONDS = 10.0  # shorter windows made base loop and misspell; see bench/asr.py
_MARGIN_SECONDS = 2.0
_SHORTEST_PIECE_SECONDS = 20.0  # of what is longer than the window
_FRAMES_PER_SECOND = 100  # of the mel spectrogram
_TOKENS_PER_SECOND = 12  # faster than anyone talks: what is longer is a loop
_SPARE_TOKENS = 16

# A text "before" the request, like the requests to come: Whisper then writes Simplified characters,
# punctuation, and 计时器 instead of 计时期. Of 74 recordings 21.2 % of the characters were wrong with it,
# 22.4 % with a general sentence; in English every text made it worse (bench/asr.py).
_PROMPTS: dict[Language, str] = {"zh": "小本同学，定一个十分钟的计时器。现在几点了？", "en": ""}
_CJK_SPACE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


class _Hypothesis(NamedTuple):
    text: str
    log_probability: float
    no_speech: float


def pieces(sound: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Cut 16 kHz sound, shape (n,), into pieces of 20 to 30 s where it is quietest; or leave it whole."""
    while len(sound) > _FULL_SECONDS * RATE_HZ:
        first = round(_SHORTEST_PIECE_SECONDS * RATE_HZ)
        candidates = sound[first : round(_FULL_SECONDS * RATE_HZ)]
        blocks = candidates[: len(candidates) // RATE_HZ * RATE_HZ].reshape(-1, RATE_HZ // 5)
        quietest = int((blocks**2).mean(axis=1).argmin())
        cut = first + quietest * (RATE_HZ // 5) + RATE_HZ // 10
        yield sound[:cut]
        sound = sound[cut:]
    yield sound


def _load(folder: Path, threads: int) -> WhisperModel:
    # Without its tokenizer, or its folder, the library would ask the network.
    whole = (folder / "tokenizer.json").is_file()
    try:
        if whole:
            return WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
    except Exception as error:  # tokenizers raises no narrower one
        raise _unloadable(folder) from error
    raise _unloadable(folder)


def _unloadable(folder: Path) -> ModelError:
    return ModelError(
        en=f"The speech recognition model in {folder} cannot be loaded; "
        "run `xiaoben models verify` and pull it again.",
        zh=f"无法加载 {folder} 中的语音识别模型；请运行 `xiaoben models verify` 检查并重新下载。",
    )


class Whisper:
    """Recognises one utterance at a time."""

    def __init__(
        self,
        folder: Path,
        languages: Sequence[Language],
        *,
        threads: int,
        beam: int,
        floor_seconds: float = FLOOR_SECONDS,
    ) -> None:
        """`folder` holds a CTranslate2 model; raises ModelError when it cannot be loaded."""
        self._languages = languages
        self._beam = beam
        self._floor_seconds = floor_seconds
        self._model = _load(folder, threads)

    def warm(self) -> None:
        """Make the first request as fast as the others."""
        silence = Utterance(bytes(RATE_HZ * SAMPLE_BYTES), 0, 0, "end")
        self.transcribe(silence)

    def transcribe(self, utterance: Utterance) -> Transcript | None:
        """What was said; None when it was no speech, or nothing that can be made out."""
        heard = [self._recognize(piece) for piece in pieces(floats(utterance.samples))]
        found = [transcript for transcript in heard if transcript]
        if not found:
            return None
        lang = found[0].lang
        text = ("" if lang == "zh" else " ").join(transcript.text for transcript in found)
        return Transcript(text, lang, min(transcript.confidence for transcript in found))

    def _recognize(self, sound: NDArray[np.float32]) -> Transcript | None:
        """What was said in at most 30 s."""
        features = self._model.feature_extractor(sound)
        seconds = len(sound) / RATE_HZ
        window = min(_FULL_SECONDS, max(self._floor_seconds, seconds + _MARGIN_SECONDS))
        for attempt in dict.fromkeys((window, _FULL_SECONDS)):
            lang, hypothesis = self._decode(features, attempt, seconds)
            if is_credible(*hypothesis):
                return Transcript(hypothesis.text, lang, math.exp(hypothesis.log_probability))
            _LOGGER.debug("Not credible with a window of %.0f s", attempt)
        return None

    def _decode(self, features: Any, window: float, seconds: float) -> tuple[Language, _Hypothesis]:
        encoded = self._model.encode(self._fit(features, round(window * _FRAMES_PER_SECOND)))
        lang = self._detect_language(encoded)
        tokenizer = Tokenizer(
            self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=lang
        )
        prompt = self._model.get_prompt(
            tokenizer, tokenizer.encode(_PROMPTS[lang]) if _PROMPTS[lang] else [], without_timestamps=True
        )
        (result,) = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=self._beam,
            max_length=len(prompt) + _SPARE_TOKENS + round(seconds * _TOKENS_PER_SECOND),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = result.sequences_ids[0]
        text = once(tokenizer.decode(tokens).strip())
        if lang == "zh":
            text = _CJK_SPACE.sub("", simplified(text))
        # CTranslate2 divides the score by the length without the end token, Whisper's limits count it.
        log_probability = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return lang, _Hypothesis(text, log_probability, result.no_speech_prob)

    def _detect_language(self, encoded: Any) -> Language:
        if len(self._languages) == 1 or not self._model.model.is_multilingual:
            return self._languages[0]
        (ranking,) = self._model.model.detect_language(encoded)
        probabilities = {token.strip("<|>"): probability for token, probability in ranking}
        return max(self._languages, key=lambda lang: probabilities.get(lang, 0.0))

    @staticmethod
    def _fit(features: Any, frames: int) -> Any:
        """Cut or pad the spectrogram to `frames` columns, with the value Whisper gives to silence."""
        missing = frames - features.shape[-1]
        return features[:, :frames] if missing <= 0 else np.pad(features, ((0, 0), (0, missing)))
