"""Digits, times, units and symbols to words. The only module that knows wetext."""

import contextlib
import re
import unicodedata

from wetext import Normalizer

from assistant.events import Language

_ENGINES: dict[Language, Normalizer] = {
    "zh": Normalizer(lang="zh", operator="tn", traditional_to_simple=True),
    "en": Normalizer(lang="en", operator="tn"),
}
# What the engines read wrong, put right before they see it.
_RULES: dict[Language, list[tuple[re.Pattern[str], str]]] = {
    "zh": [
        (re.compile(r"(?<![\d.度℃C])[-−](?=\d+(?:\.\d+)?\s*(?:℃|°C|度))"), "零下"),
        (re.compile(r"\b0[:：]00\b"), "零点"),  # else "零比零零"
        (re.compile(r"(?<=第)2(?!\d)|(?<!\d)2(?=[日号]|分(?!钟))"), "二"),  # else "第两天", "两日"
        (re.compile(r"(?<![\d.周])2(?=[点次倍])"), "两"),
    ],
    "en": [
        (re.compile(r"(?<![\d.,$€£])1,?000(?![\d.,]\d)"), "one thousand"),  # else "ten hundred"
        (re.compile(r"(?<![\d.,$€£])1,0*(\d{1,3})(?!,?\d)"), r"one thousand \1"),  # else without the "one"
        (re.compile(r"(?<=\d),(?=\d{3})"), ""),
        # a telephone number, no range
        (re.compile(r"(?<![-\d])(?<!\) )(\d)(\d)(\d)-(\d)(\d)(\d)(\d)\b"), r"\1 \2 \3, \4 \5 \6 \7"),
        (re.compile(r"\b(\d\d)(\d0)s\b"), r"\1 \2's"),  # else "1990 seconds"
        (re.compile(r"[−–](?=\d)"), "-"),
        (re.compile(r"#(?=\d)|\bno\. (?=\d)", re.IGNORECASE), "number "),
        (re.compile(r"\b(no)\.(?!\s*\d)", re.IGNORECASE), r"\1 ."),  # else "number"
    ],
}
_ANTE_MERIDIEM = re.compile(r"(?<=[a-z] )AM\b")  # espeak would say "am"
_UNSPOKEN = {"So", "Sk", "Cc", "Cf", "Cn", "Co", "Cs"}  # emoji, control and private characters
_SYMBOLS = "°℃℉"


def normalize(text: str, lang: Language) -> str:
    """`text` as it is spoken in `lang`; what cannot be spoken (emoji, quotation marks) is left out."""
    spoken = "".join(" " if _unspoken(character) else character for character in text)
    for pattern, replacement in _RULES[lang]:
        spoken = pattern.sub(replacement, spoken)
    with contextlib.suppress(AssertionError):  # its English grammar knows no "#" beside a digit, for one
        spoken = str(_ENGINES[lang].normalize(spoken))
    return _ANTE_MERIDIEM.sub("a.m.", spoken)


def _unspoken(character: str) -> bool:
    return character in '"“”\\' or (
        unicodedata.category(character) in _UNSPOKEN and character not in _SYMBOLS
    )
