"""What must not wake it: everyday speech, word salad, and what sounds almost like the wake word."""

import re
from collections.abc import Sequence
from importlib.resources import files

from assistant.events import Language
from assistant.wake.training.sound import Random

# One vowel (with Kokoro's tone arrows and length) ends a syllable; a last consonant stays with its vowel.
_VOWELS = "aAeiIoOuWYæɑɒɔəɐɚɛɜɪʊʌɤyɨᵊᵻ"
_SYLLABLE = re.compile(rf"[^{_VOWELS}]*[{_VOWELS}\u0303\u032f↓↑→↗↘ː]+(?:[^{_VOWELS}]+$)?")


def sentences(lang: Language) -> list[str]:
    """Everyday sentences that hold no wake word."""
    return files(__package__).joinpath(f"speech.{lang}.txt").read_text("utf-8").splitlines()


def salad(lang: Language, rng: Random) -> str:
    """A sentence of words (characters, in Chinese) drawn at random: every sound after every other."""
    if lang == "zh":
        characters = re.findall(r"[\u4e00-\u9fff]", "".join(sentences("zh")))
        return "".join(rng.choice(characters, size=int(rng.integers(4, 16))))
    words = re.findall(r"[a-z']+", " ".join(sentences("en")).lower())
    return " ".join(rng.choice(words, size=int(rng.integers(3, 11))))


def confusable(phonemes: str, filler: Sequence[str], rng: Random) -> str:
    """The wake word with some of its syllables missing or replaced by syllables of `filler`."""
    syllables = _SYLLABLE.findall(phonemes)
    others = [syllable for text in filler for syllable in _SYLLABLE.findall(text)]
    kept = rng.random(len(syllables)) < rng.uniform(0.3, 0.8)
    kept[rng.integers(len(syllables))] = False
    if kept.sum() <= len(syllables) / 2 and rng.random() < 0.3:
        return "".join(s for s, keep in zip(syllables, kept, strict=True) if keep) or syllables[0]
    return "".join(
        syllable if keep else _other(syllable, others, rng)
        for syllable, keep in zip(syllables, kept, strict=True)
    )


def _other(syllable: str, others: Sequence[str], rng: Random) -> str:
    vowels = set(syllable) & set(_VOWELS)
    while vowels & set(choice := str(rng.choice(others))):
        pass
    return choice
