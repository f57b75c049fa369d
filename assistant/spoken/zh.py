"""说出数字、时长、时刻和日期。 In Chinese characters, so that no voice has to guess how digits are read."""

import datetime as dt
from collections.abc import Sequence

from assistant.grammar.numbers import hanzi, hanzi_digits

_WEEKDAYS = "一二三四五六日"
_PARTS_OF_DAY = [(5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上")]
_UNITS = [(86_400, "天"), (3600, "小时"), (60, "分"), (1, "秒")]


def count(value: int, measure: str) -> str:
    """So many of something: two hours are 两小时, not 二小时."""
    return ("两" if value == 2 else hanzi(value)) + measure


def duration(length: dt.timedelta) -> str:
    """三分钟, 一个半小时, 一小时零五秒; rounded to seconds."""
    seconds = round(length.total_seconds())
    if seconds % 3600 == 1800 and seconds < 86_400:
        return f"{count(seconds // 3600, '个')}半小时" if seconds > 1800 else "半小时"
    text, gap = "", False
    for size, unit in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            text += ("零" if text and (gap or amount < 10) else "") + count(amount, unit)
        gap = not amount
    return f"{text or '零秒'}{'钟' if text.endswith('分') else ''}"


def enumeration(parts: Sequence[str]) -> str:
    """Several things: 甲、乙和丙."""
    return "和".join(["、".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def time(moment: dt.datetime) -> str:
    """下午三点零五分, 晚上八点半, 中午十二点整."""
    part = next(name for end, name in _PARTS_OF_DAY if moment.hour < end)
    hour = moment.hour - 12 if moment.hour > 12 else moment.hour
    return f"{part}{count(hour, '点')}{_minutes(moment.minute)}"


def _minutes(minute: int) -> str:
    if minute == 0:
        return "整"
    if minute == 30:
        return "半"
    return f"{'零' if minute < 10 else ''}{hanzi(minute)}分"


def date(day: dt.date) -> str:
    """八月三号."""
    return f"{hanzi(day.month)}月{hanzi(day.day)}号"


def month(day: dt.date) -> str:
    """二零二六年八月."""
    return f"{hanzi_digits(day.year)}年{hanzi(day.month)}月"


def weekday(day: dt.date) -> str:
    """星期一."""
    return f"星期{_WEEKDAYS[day.weekday()]}"
