"""Says replies: each stretch of text with a voice that speaks its language, all equally loud."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from assistant.events import Language, Reply, Speech
from assistant.samples import floats
from assistant.tts.levels import level, to_bytes
from assistant.tts.scripts import stretches
from assistant.tts.sentences import split

_SENTENCE_PAUSE = 0.25  # seconds
_CLAUSE_PAUSE = 0.12
_SEAM = 0.03  # where one voice takes over from the other inside a sentence
_CLOSING = "\"'”’」』】》）)] "
_SAMPLES: dict[Language, str] = {"zh": "你好。", "en": "Hello."}


class Voice(Protocol):
    """Text to sound."""

    @property
    def languages(self) -> frozenset[Language]:
        """What it can speak."""

    def synthesize(self, text: str, lang: Language) -> Iterator[Speech]:
        """Speak a sentence; nothing comes for a text without words."""


class Voices:
    """One voice for each language."""

    def __init__(self, by_language: Mapping[Language, Voice]) -> None:
        """`by_language` has a voice for every language, which may be the same one."""
        self._by_language = by_language

    def warm(self) -> None:
        """Say a word with every voice: the first one takes longer than those after it."""
        for lang, text in _SAMPLES.items():
            for _ in self.synthesize(Reply(text, lang)):
                pass

    def synthesize(self, reply: Reply) -> Iterator[Speech]:
        """`reply` as sound, a sentence or a long sentence's clause at a time."""
        for sentence in split(reply.text):
            for lang, text in self._shares(sentence, reply.lang):
                for speech in self._by_language[lang].synthesize(text, lang):
                    yield _leveled(speech)

    def _shares(self, sentence: str, lang: Language) -> list[tuple[Language, str]]:
        """Who says what: a voice keeps the other language's words if it can speak them."""
        parts = stretches(sentence, lang)
        if {script for script, _ in parts} <= self._by_language[lang].languages:
            return [(lang, sentence)]
        return parts


def _leveled(speech: Speech) -> Speech:
    samples = level(floats(speech.samples), speech.rate_hz, _pause(speech.text))
    return Speech(to_bytes(samples), speech.rate_hz, speech.text)


def _pause(text: str) -> float:
    ending = text.rstrip(_CLOSING)[-1:]
    if ending and ending in "。！？；….!?;":
        return _SENTENCE_PAUSE
    return _CLAUSE_PAUSE if ending and ending in "，、：,:" else _SEAM
