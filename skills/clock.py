"""Tells the time and the date."""

from datetime import timedelta
from typing import Annotated, Literal

from assistant.skill import Context, Reply, Skill, Words, en, zh

skill = Skill("clock", en="tell the time and the date", zh="报时间和日期")

Day = Annotated[
    Literal["two_days_ago", "yesterday", "today", "tomorrow", "in_two_days"],
    Words(
        two_days_ago="the day before yesterday|前天",
        yesterday="yesterday|昨天|昨日",
        today="today|今天|今日|今儿",
        tomorrow="tomorrow|明天|明日|明儿",
        in_two_days="the day after tomorrow|后天",
    ),
]

DAYS = {
    "two_days_ago": (-2, "The day before yesterday was", "前天是"),
    "yesterday": (-1, "Yesterday was", "昨天是"),
    "today": (0, "Today is", "今天是"),
    "tomorrow": (1, "Tomorrow is", "明天是"),
    "in_two_days": (2, "The day after tomorrow is", "后天是"),
}


@skill.intent(
    en=[
        "what (time|hour) (is it|it is) [right now|at the moment|exactly]",
        "what is the [current|exact] time [right now|at the moment]",
        "what time do you have",
        "[give me|show me|say|check] [the] [current] time",
        "(do you have|have you got) the time",
        "how late is it",
    ],
    zh=[
        "[现在|这会儿|此刻|目前|当前|北京时间][都|已经][是|到]几点[钟|几分]了[没有]",
        "[现在|这会儿|此刻|目前|当前|北京时间][是](几点[钟|几分]|什么时间|什么时候|多少点|几时)",
        "[现在|此刻|目前|当前|北京][的]时间[是](多少|几点[钟]|什么)",
        "[现在|此刻|目前|当前|北京][的]时间",
        "报[个|一个|一下]时[间]",
    ],
    examples={"what time is it": {}, "现在几点了": {}},
)
async def time(context: Context) -> Reply:
    """Tell the time of day."""
    now = context.now()
    return Reply(en=f"It's {en.time(now)}.", zh=f"现在是{zh.time(now)}。")


@skill.intent(
    en=[
        "what (date|day of the month) (is it|it is) [{day}]",
        "what (is|was|will be) the [current] date [{day}]",
        "what [date] (is|was) {day}'s date",
        "what date (is|was|will be) {day}",
        "[give me|show me|say|check] [the] [current] date [{day}]",
        "[can i (have|get)] {day}'s date",
        "what is {day}",
    ],
    zh=[
        "[{day}][是](几号|几日|多少号|几月几号|几月几日|哪[一]天|什么日子)[了]",
        "[{day}][是]几月几[号|日](星期几|周几|礼拜几)",
        "[{day}|现在|当前][的]日期[是](多少|几号|什么|几月几号)",
        "[{day}|现在|当前][的]日期",
    ],
    examples={
        "what's the date": {},
        "what's today's date": {"day": "today"},
        "今天几号": {"day": "today"},
        "明天是几月几号": {"day": "tomorrow"},
    },
)
async def date(context: Context, day: Day = "today") -> Reply:
    """Tell the date of a day near today."""
    offset, in_english, in_chinese = DAYS[day]
    when = context.now() + timedelta(days=offset)
    return Reply(
        en=f"{in_english} {en.weekday(when)}, {en.date(when)}.",
        zh=f"{in_chinese}{zh.date(when)}，{zh.weekday(when)}。",
    )


@skill.intent(
    en=[
        "(what|which) (day|weekday|day of the week) (is it|it is) [{day}]",
        "what is the (day|weekday|day of the week) [{day}]",
        "(what|which) (day|weekday|day of the week) (is|was|will be) {day}",
        "(what|which) (day|weekday|day of the week) (will {day} be|{day} is)",
    ],
    zh=["[{day}][是](星期几|周几|礼拜几|星期几几号)[了]"],
    examples={
        "what day is it today": {"day": "today"},
        "what day of the week is tomorrow": {"day": "tomorrow"},
        "今天星期几": {"day": "today"},
        "后天是周几": {"day": "in_two_days"},
    },
)
async def weekday(context: Context, day: Day = "today") -> Reply:
    """Tell the weekday of a day near today."""
    offset, in_english, in_chinese = DAYS[day]
    when = context.now() + timedelta(days=offset)
    return Reply(
        en=f"{in_english} {en.weekday(when)}, {en.date(when)}.",
        zh=f"{in_chinese}{zh.weekday(when)}，{zh.date(when)}。",
    )


@skill.intent(
    en=["what (month|year) (is it|it is)", "what (is the|is this) [current] (month|year)"],
    zh=[
        "(现在|这个月|本月|今天)[是]几月[份][了]",
        "(今年|现在|今天)[是](哪[一]年|几几年|多少年|什么年份)[了]",
    ],
    examples={"what year is it": {}, "今年是哪一年": {}, "现在是几月": {}},
)
async def month(context: Context) -> Reply:
    """Tell the month and the year."""
    now = context.now()
    return Reply(en=f"It's {en.month(now)}.", zh=f"现在是{zh.month(now)}。")
