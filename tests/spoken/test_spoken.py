from datetime import date, datetime, timedelta

import pytest

from assistant.grammar.durations import parse
from assistant.grammar.text import plain
from assistant.spoken import en, zh


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 seconds", "零秒"),
        (1, "1 second", "一秒"),
        (2, "2 seconds", "两秒"),
        (60, "1 minute", "一分钟"),
        (90, "1 minute and 30 seconds", "一分三十秒"),
        (120, "2 minutes", "两分钟"),
        (303, "5 minutes and 3 seconds", "五分零三秒"),
        (720, "12 minutes", "十二分钟"),
        (1800, "30 minutes", "半小时"),
        (3600, "1 hour", "一小时"),
        (3605, "1 hour and 5 seconds", "一小时零五秒"),
        (3670, "1 hour, 1 minute and 10 seconds", "一小时零一分十秒"),
        (4800, "1 hour and 20 minutes", "一小时二十分钟"),
        (5400, "1 hour and 30 minutes", "一个半小时"),
        (9000, "2 hours and 30 minutes", "两个半小时"),
        (172_801, "2 days and 1 second", "两天零一秒"),
    ],
)
def test_a_length_of_time_is_said_as_people_do(seconds, english, chinese):
    length = timedelta(seconds=seconds)

    assert (en.duration(length), zh.duration(length)) == (english, chinese)


def test_what_is_said_is_what_would_be_understood():
    for seconds in [*range(0, 7400, 7), 86_400, 90_061, 129_600]:
        length = timedelta(seconds=seconds)
        assert parse(zh.duration(length)) == length
        assert parse(plain(en.duration(length))) == length


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
        (21, "21st"),
        (22, "22nd"), (31, "31st"),
    ],
)  # fmt: skip
def test_days_are_ordinals_in_english(day, said):
    assert en.date(date(2026, 8, day)) == f"August {said}"


def test_days_in_chinese():
    assert zh.date(date(2026, 12, 31)) == "十二月三十一号"
    assert [zh.weekday(date(2026, 8, day)) for day in (2, 3)] == ["星期日", "星期一"]


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (3, 7, "凌晨三点零七分"),
        (5, 0, "早上五点整"),
        (13, 0, "下午一点整"),
        (18, 30, "晚上六点半"),
        (23, 59, "晚上十一点五十九分"),
    ],
)
def test_every_part_of_the_day_has_its_name(hour, minute, said):
    assert zh.time(datetime(2026, 8, 3, hour, minute)) == said  # noqa: DTZ001 - the zone does not matter


def test_several_things_are_joined():
    assert [en.enumeration(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert [zh.enumeration(parts) for parts in ([], ["甲"], ["甲", "乙"], ["甲", "乙", "丙"])] == [
        "", "甲", "甲和乙", "甲、乙和丙",
    ]  # fmt: skip
