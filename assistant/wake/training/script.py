"""What is said to teach a wake word."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from assistant.events import Language

_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Script:
    """A wake word and its sounds. A text between slashes is in Kokoro's phonemes."""

    id: str
    lang: Language
    display: str
    """As a person says it."""
    phrases: tuple[str, ...]
    """How a transcript may spell it."""
    says: tuple[str, ...]
    """Ways to say it."""
    confusables: tuple[str, ...] = ()
    """What sounds like it, or like a part of it, and must not wake."""
    threshold: float = 0.5


def shipped() -> dict[str, Script]:
    """The scripts of the words that come with Xiaoben, by id."""
    table = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    return {word: _script(word, entry) for word, entry in table.items()}


def script_for(word: str, phrases: Sequence[str], confusables: Sequence[str]) -> Script:
    """The shipped script of `word`, or a new one for its `phrases` (the id itself when there are none)."""
    if not phrases and word in (known := shipped()):
        return known[word]
    spoken = tuple(phrases) or (word.replace("_", " "),)
    lang: Language = "zh" if _HAN.search(spoken[0]) else "en"
    return Script(word, lang, spoken[0], spoken, spoken, tuple(confusables))


def _script(word: str, entry: dict[str, Any]) -> Script:
    texts = {key: tuple(entry[key]) for key in ("phrases", "says", "confusables")}
    return Script(word, entry["lang"], entry["display"], threshold=entry["threshold"], **texts)
