from datetime import timedelta

import pytest

from assistant.grammar.durations import parse
from assistant.grammar.text import plain

S, M, H, D = 1, 60, 3600, 86_400

SPOKEN = {
    # Chinese
    "三分钟": 3 * M, "5分钟": 5 * M, "５分钟": 5 * M, "十分钟": 10 * M, "十五分钟": 15 * M,
    "二十五分钟": 25 * M,
    "一百二十分钟": 120 * M, "两分钟": 2 * M, "二分钟": 2 * M, "半分钟": 30, "三十秒": 30, "90秒": 90,
    "九十秒钟": 90,
    "一百二十秒": 120, "两分半": 150, "两分半钟": 150, "一分钟半": 90, "1分半": 90, "五分三十秒": 5 * M + 30,
    "1分30秒": 90, "一刻钟": 15 * M, "三刻钟": 45 * M, "半小时": 30 * M, "半个小时": 30 * M,
    "半个钟头": 30 * M,
    "一小时": H, "一个小时": H, "1个小时": H, "俩小时": 2 * H, "两个小时": 2 * H, "一个半小时": 90 * M,
    "1个半小时": 90 * M, "两个半钟头": 150 * M, "1.5小时": 90 * M, "一点五小时": 90 * M, "零点五小时": 30 * M,
    "一小时二十分钟": 80 * M, "一小时零五分": 65 * M, "1小时15分30秒": H + 15 * M + 30,
    "一个小时零三十秒": H + 30,
    "一个小时又十分钟": 70 * M, "一天": D, "两天半": 60 * H, "半天": 12 * H, "一周": 7 * D, "一个星期": 7 * D,
    "两个礼拜": 14 * D, "5 分钟": 5 * M, "一 小时 二十 分钟": 80 * M,
    # English
    "five minutes": 5 * M, "5 minutes": 5 * M, "5-minute": 5 * M, "five-minute": 5 * M, "a minute": M,
    "one minute": M, "ninety seconds": 90, "forty-five minutes": 45 * M, "twenty five minute": 25 * M,
    "a hundred and twenty seconds": 120, "one hundred minutes": 100 * M, "1,000 seconds": 1000,
    "a couple of minutes": 2 * M, "a dozen minutes": 12 * M, "an hour": H, "half an hour": 30 * M,
    "a half hour": 30 * M, "half hour": 30 * M, "half a minute": 30, "an hour and a half": 90 * M,
    "one and a half hours": 90 * M, "2 and a half hours": 150 * M, "5 and a half minutes": 330,
    "ten minutes and a half": 630, "a quarter of an hour": 15 * M, "quarter hour": 15 * M,
    "three quarters of an hour": 45 * M, "two hours and a quarter": 135 * M, "1/2 an hour": 30 * M,
    "1 and a 1/2 hours": 90 * M, "1½ hours": 90 * M, "1.5 hours": 90 * M, "one point five hours": 90 * M,
    "1 hour 20 minutes": 80 * M, "1 hour and 20 minutes": 80 * M, "1 hour, 15 minutes, and 30 seconds": 4530,
    "an hour and thirty seconds": H + 30, "an hour and half a minute": H + 30, "1 min 30 sec": 90,
    "2 hrs": 2 * H,
    "two days": 2 * D, "a week": 7 * D, "zero seconds": 0, "FIVE MINUTES": 5 * M,
    # as on a kitchen timer
    "1:30": 90, "10:00": 600, "1:00:00": H,
}  # fmt: skip


@pytest.mark.parametrize(("spoken", "seconds"), SPOKEN.items())
def test_a_length_of_time_is_understood(spoken, seconds):
    assert parse(plain(spoken)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "spoken",
    [
        "", "five", "minutes", "a", "half", "and a half", "five three minutes", "five minutes ago",
        "one hundred",
        "five o'clock", "12:5", "a minute or so", "hours and hours", "a few minutes", "a while",
        "五", "分钟", "半", "三点", "三点十分", "几分钟", "一会儿", "五分钟左右", "百分钟", "十几分钟",
        "分半",
        "9" * 400 + " weeks", "九亿周" * 9,
    ],
)  # fmt: skip
def test_what_is_no_length_of_time_is_none(spoken):
    assert parse(plain(spoken)) is None
