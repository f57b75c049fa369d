"""Numbers as they are said in Chinese and English. The only module that knows cn2an."""

import re

import cn2an

_DIGITS = r"\d+(?:\.\d+)?"
_FRACTION = r"[1-9]/[2-9]"

_HANZI = "零〇一二两俩三仨四五六七八九"
CHINESE = rf"(?:{_DIGITS}|[{_HANZI}十百千万]+(?:点[{_HANZI}]+)?)"
"""Regular expression of a Chinese number, in characters or digits."""

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = (
    {"zero": 0, "oh": 0, "a": 1, "an": 1, "couple": 2, "dozen": 12}
    | {word: value for value, word in enumerate(_ONES + _TEENS, start=1)}
    | {word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)}
)
_MULTIPLES = frozenset({"couple", "dozen"})

_one = f"(?:{'|'.join(_ONES)})"
_below_100 = f"(?:(?:{'|'.join(_TENS)})(?:[ -]{_one})?|{'|'.join(_TEENS)}|{_one})"
_below_1000 = f"(?:(?:(?:an?|{_one}) hundred(?: and)? )?{_below_100}|(?:an?|{_one}) hundred)"
_cardinal = (
    f"(?:(?:{_below_1000}|an?)(?: thousand(?:(?: and)? {_below_1000})?)?|zero|a couple(?: of)?|a dozen)"
)
_words = f"{_cardinal}(?: point(?: (?:oh|zero|{_one}))+)?"
ENGLISH = rf"(?:{_DIGITS}(?: (?:and (?:an? )?)?{_FRACTION})?|{_FRACTION}|{_words})"
"""Regular expression of an English number, in words or digits."""

_ENGLISH = re.compile(ENGLISH, re.IGNORECASE)
_CHINESE = re.compile(CHINESE)


def chinese(text: str) -> float | None:
    """The value of a Chinese number such as 两百零五, 一点五 or 20; None when it is none."""
    if not _CHINESE.fullmatch(text):
        return None
    text = re.sub("^零(?=[^点])", "", text.replace("俩", "两").replace("仨", "三"))  # 一小时零三十秒
    try:
        return float(cn2an.cn2an(text, "smart"))
    except (ValueError, KeyError, OverflowError):
        return None


def english(text: str) -> float | None:
    """The value of an English number such as "ninety five" or "1.5"; None when it is none."""
    if not _ENGLISH.fullmatch(text):
        return None
    if text[0].isdigit():
        return _digits(text)
    whole, _, decimals = text.lower().replace("-", " ").partition(" point ")
    value = _whole(whole.split())
    return float(f"{value}.{''.join(str(_VALUES[word]) for word in decimals.split())}")


def _digits(text: str) -> float:
    value = 0.0
    for part in re.findall(rf"{_FRACTION}|{_DIGITS}", text):
        upper, _, lower = part.partition("/")
        value += float(upper) / float(lower or 1)
    return value


def _whole(words: list[str]) -> int:
    total, below_1000 = 0, 0
    for word in words:
        if word == "hundred":
            below_1000 *= 100
        elif word == "thousand":
            total, below_1000 = below_1000 * 1000, 0
        elif word not in {"and", "of"}:
            below_1000 = _VALUES[word] * below_1000 if word in _MULTIPLES else below_1000 + _VALUES[word]
    return total + below_1000


def hanzi(value: int) -> str:
    """A whole number in Chinese characters: 105 is 一百零五."""
    return str(cn2an.an2cn(value))


def hanzi_digits(value: int) -> str:
    """A number read digit by digit: the year 2026 is 二零二六."""
    return str(cn2an.an2cn(value, "direct"))
