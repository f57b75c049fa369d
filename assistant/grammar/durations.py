"""Lengths of time as they are said in Chinese and English."""

import re
from collections.abc import Iterator
from datetime import timedelta

from assistant.grammar import numbers

_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600,
            "day": 86_400, "week": 604_800,
            "秒": 1, "分钟": 60, "分": 60, "刻": 900, "小时": 3600, "钟头": 3600, "天": 86_400,
            "周": 604_800, "星期": 604_800, "礼拜": 604_800}  # fmt: skip
_PORTIONS = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75, "1/2": 0.5, "1/4": 0.25, "3/4": 0.75}

_portion = "half|quarter|three quarters|1/2|1/4|3/4"
_english_unit = "(?:second|sec|minute|min|hour|hr|day|week)"
_ENGLISH_PART = (
    rf"(?:(?:an? |one )?(?P<portion>{_portion})(?: of)?(?: an?)?"
    rf"|(?P<count>{numbers.ENGLISH})(?: and (?:an? |one )?(?P<more>{_portion}))?)"
    rf"[ -]?(?P<unit>{_english_unit})s?\b"
    rf"(?: and (?:an? )?(?P<rest>{_portion})\b(?! (?:of )?(?:an? )?{_english_unit}))?"
)
_CHINESE_PART = (
    rf"(?:半|(?P<count>{numbers.CHINESE}))个?(?P<half>半)?"
    r"(?P<unit>小时|钟头|分钟|分|秒|刻|天|周|星期|礼拜)(?P<rest>半)?钟?"
)
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?"


def _repeated(part: str, joint: str) -> str:
    return f"(?:(?:{joint})?{re.sub(r'[?]P<[a-z]+>', '?:', part)})+"


_ENGLISH = _repeated(_ENGLISH_PART, " (?:and )?")
_CHINESE = _repeated(_CHINESE_PART, "[零又加和]")

PATTERN = rf"(?:{_CLOCK}|{_ENGLISH}|{_CHINESE})"
"""Regular expression, without groups, of everything that `parse` understands."""

_WHOLE = re.compile(PATTERN, re.IGNORECASE)
_EACH_ENGLISH = re.compile(_ENGLISH_PART)
_EACH_CHINESE = re.compile(_CHINESE_PART)


def parse(text: str) -> timedelta | None:
    """The length of "an hour and a half", 两分半, "1:30" (as on a kitchen timer); None when it is none."""
    text = text.strip().lower()
    if not _WHOLE.fullmatch(text):
        return None
    parts = [_clock(text)] if ":" in text else list(_parts(text))
    seconds = [part for part in parts if part is not None]
    if len(seconds) < len(parts):
        return None
    try:
        return timedelta(seconds=round(sum(seconds)))
    except OverflowError:
        return None


def _clock(text: str) -> float:
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def _parts(text: str) -> Iterator[float | None]:
    yield from map(_english, _EACH_ENGLISH.finditer(text))
    yield from map(_chinese, _EACH_CHINESE.finditer(text))


def _english(part: re.Match[str]) -> float | None:
    count = _PORTIONS[part["portion"]] if part["portion"] else numbers.english(part["count"])
    more = _PORTIONS.get(part["more"], 0) + _PORTIONS.get(part["rest"], 0)
    return None if count is None else (count + more) * _SECONDS[part["unit"]]


def _chinese(part: re.Match[str]) -> float | None:
    count = numbers.chinese(part["count"]) if part["count"] else 0.5
    more = 0.5 if part["half"] or part["rest"] else 0
    return None if count is None else (count + more) * _SECONDS[part["unit"]]
