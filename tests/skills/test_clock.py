from datetime import datetime

import pytest


@pytest.mark.parametrize(
    "sentence",
    [
        "what time is it", "What time is it?", "What's the time?", "whats the time", "What’s the time now?",
        "What time is it right now?", "Tell me the time.", "Can you tell me what time it is?",
        "Do you know what time it is?", "Could you please tell me the current time", "Do you have the time?",
        "Hey computer, what time is it?", "Please show me the time", "how late is it", "let me know the time",
        "So, what time is it now please?", "what is the exact time", "Check the time, please.",
    ],
)  # fmt: skip
async def test_tells_the_time_in_english(say, sentence):
    assert await say(sentence) == "It's 3:05 PM."


@pytest.mark.parametrize(
    "sentence",
    [
        "现在几点", "现在几点了", "几点了", "几点", "几点钟了", "现在几点钟", "现在是几点？",
        "现在 几点 了。",
        "请问现在几点了", "你知道现在几点了吗", "请告诉我现在的时间", "现在是什么时间", "现在什么时候了",
        "现在时间",
        "当前时间是多少", "报时", "报一下时间", "帮我看看现在几点", "麻烦问一下现在几点了呀",
        "现在北京时间几点",
        "能告诉我现在几点吗", "小本同学，现在几点了？", "都几点了", "几点几分了", "你好，请问几点啦",
    ],
)  # fmt: skip
async def test_tells_the_time_in_chinese(say, sentence):
    assert await say(sentence) == "现在是下午三点零五分。"


@pytest.mark.parametrize(
    ("sentence", "reply"),
    [
        ("What's the date?", "Today is Monday, August 3rd."),
        ("what's today's date", "Today is Monday, August 3rd."),
        ("what is the date today", "Today is Monday, August 3rd."),
        ("Can you tell me the date, please?", "Today is Monday, August 3rd."),
        ("What date is it today?", "Today is Monday, August 3rd."),
        ("what's the date tomorrow", "Tomorrow is Tuesday, August 4th."),
        ("what was yesterday's date", "Yesterday was Sunday, August 2nd."),
        ("What day is it today?", "Today is Monday, August 3rd."),
        ("which day of the week is it", "Today is Monday, August 3rd."),
        ("what day is tomorrow", "Tomorrow is Tuesday, August 4th."),
        ("what day is the day after tomorrow", "The day after tomorrow is Wednesday, August 5th."),
        ("What year is it?", "It's August 2026."),
        ("what month is it", "It's August 2026."),
        ("今天几号", "今天是八月三号，星期一。"),
        ("今天是几月几号？", "今天是八月三号，星期一。"),
        ("今天是几号了", "今天是八月三号，星期一。"),
        ("今天的日期是多少", "今天是八月三号，星期一。"),
        ("请问今天几月几号星期几", "今天是八月三号，星期一。"),
        ("明天几号", "明天是八月四号，星期二。"),
        ("前天是几号", "前天是八月一号，星期六。"),
        ("今天星期几", "今天是星期一，八月三号。"),
        ("今天是周几呀", "今天是星期一，八月三号。"),
        ("今天礼拜几", "今天是星期一，八月三号。"),
        ("星期几了", "今天是星期一，八月三号。"),
        ("后天是星期几", "后天是星期三，八月五号。"),
        ("今年是哪一年", "现在是二零二六年八月。"),
        ("现在是几月份", "现在是二零二六年八月。"),
    ],
)
async def test_tells_the_day(say, sentence, reply):
    assert await say(sentence) == reply


@pytest.mark.parametrize(
    ("hour", "minute", "en", "zh"),
    [
        (0, 0, "It's midnight.", "现在是凌晨零点整。"),
        (2, 30, "It's 2:30 AM.", "现在是凌晨两点半。"),
        (8, 0, "It's 8 AM.", "现在是早上八点整。"),
        (11, 15, "It's 11:15 AM.", "现在是上午十一点十五分。"),
        (12, 0, "It's noon.", "现在是中午十二点整。"),
        (12, 2, "It's 12:02 PM.", "现在是中午十二点零二分。"),
        (22, 20, "It's 10:20 PM.", "现在是晚上十点二十分。"),
    ],
)
async def test_says_the_time_as_people_do(say, clock, hour, minute, en, zh):
    clock.set(datetime(2026, 8, 3, hour, minute))  # noqa: DTZ001 - local

    assert await say("what time is it") == en
    assert await say("几点了") == zh


async def test_answers_in_the_language_of_the_sentence_whatever_the_recogniser_thought(understanding):
    from assistant.events import Transcript

    answer = await understanding.answer(Transcript("现在几点了", "en", 0.9))

    assert answer.reply.lang == "zh"
