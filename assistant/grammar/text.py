"""Brings what was heard, and what templates say, into one spelling."""

import re
import unicodedata

CJK = r"\u3400-\u9fff\uf900-\ufaff"

_VULGAR_FRACTION = re.compile("([¼-¾])")  # "1½" would become "11/2"
_CONTRACTION = re.compile(r"\b(what|that|how|where|who|when|it|there|here)'?s\b", re.IGNORECASE)
_WOULD = re.compile(r"\b(i|you|we)'d\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_OUTSIDE_NUMBERS = r"[.:/](?!\d)|(?<!\d)[.:/]"
_PUNCTUATION = re.compile(rf"{_OUTSIDE_NUMBERS}|(?<!\w)'|'(?!\w)|[^\w\s.:/'%]")
# In a template brackets and bars stay, and what follows a bracket may end a word.
_TEMPLATE_PUNCTUATION = re.compile(rf"{_OUTSIDE_NUMBERS}|(?<![\w)}}\]])'|'(?!\w)|[^\w\s.:/'%()\[\]{{}}|<>;]")
_SPACES = re.compile(r"\s+")
_SPACE_BESIDE_CJK = re.compile(rf"(?<=[{CJK}]) | (?=[{CJK}])")


def plain(text: str) -> str:
    """The text without punctuation, contractions and the spaces a recogniser puts around Chinese."""
    return _respelled(text, _PUNCTUATION)


def plain_template(source: str) -> str:
    """A template in the spelling of the texts that it shall fit."""
    return _respelled(source, _TEMPLATE_PUNCTUATION)


def _respelled(text: str, punctuation: re.Pattern[str]) -> str:
    text = unicodedata.normalize("NFKC", _VULGAR_FRACTION.sub(r" \1", text))
    text = text.replace("’", "'").replace("⁄", "/")
    text = _WOULD.sub(r"\1 would", _CONTRACTION.sub(_written_out, text))
    text = punctuation.sub(" ", _THOUSANDS.sub("", text))
    return _SPACE_BESIDE_CJK.sub("", _SPACES.sub(" ", text).strip())


def _written_out(contraction: re.Match[str]) -> str:
    word: str = contraction[1]
    return contraction[0] if contraction[0].lower() == "its" else f"{word} is"


def is_chinese(text: str) -> bool:
    """Whether any Chinese character is in the text."""
    return re.search(f"[{CJK}]", text) is not None
