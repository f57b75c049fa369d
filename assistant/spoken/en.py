"""Says numbers, lengths of time, times of day and dates. In digits: every English voice reads them right."""

import datetime as dt
from collections.abc import Sequence

_UNITS = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")]


def count(value: int, noun: str) -> str:
    """So many of something: 1 timer, 2 timers."""
    return f"{value} {noun}" if value == 1 else f"{value} {noun}s"


def duration(length: dt.timedelta) -> str:
    """3 minutes; 1 hour and 30 minutes; 1 hour, 5 minutes and 10 seconds; rounded to seconds."""
    seconds = round(length.total_seconds())
    parts: list[str] = []
    for size, unit in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(count(amount, unit))
    return enumeration(parts or ["0 seconds"])


def enumeration(parts: Sequence[str]) -> str:
    """Several things: a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def time(moment: dt.datetime) -> str:
    """3:05 PM; 3 PM; noon; midnight."""
    if moment.minute == 0 and moment.hour % 12 == 0:
        return "noon" if moment.hour else "midnight"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes} {'PM' if moment.hour >= 12 else 'AM'}"


def date(day: dt.date) -> str:
    """August 3rd."""
    teen = 10 < day.day < 14
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day:%B} {day.day}{ending}"


def month(day: dt.date) -> str:
    """August 2026."""
    return f"{day:%B %Y}"


def weekday(day: dt.date) -> str:
    """Monday."""
    return f"{day:%A}"
