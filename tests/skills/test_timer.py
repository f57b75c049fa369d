from datetime import timedelta

import pytest

from assistant.events import Transcript

FIVE_MINUTES = timedelta(minutes=5)


@pytest.mark.parametrize(
    "sentence",
    [
        "Set a timer for five minutes.", "set timer for 5 minutes", "Set a 5-minute timer, please.",
        "Could you please set a timer for 5 minutes?", "Start a five minute timer", "timer for five minutes",
        "five minute timer", "5 minutes timer", "Can you start a timer of 5 minutes",
        "set the timer to 5 minutes",
        "Count down from five minutes", "start counting down 5 minutes", "remind me in five minutes",
        "wake me up in 5 minutes", "give me a five minute timer",
        "I want you to set a timer for five minutes",
        "set up a kitchen timer for five minutes", "let me know in five minutes", "in 5 minutes wake me up",
        "Let me know when five minutes are up.", "Hey computer, set a timer for five minutes for me",
        "set a timer for 300 seconds", "set a timer for five min", "set an alarm for 5 minutes from now",
    ],
)  # fmt: skip
async def test_starts_in_english(say, sentence):
    assert await say(sentence) == "Okay, 5 minutes, starting now."


@pytest.mark.parametrize(
    "sentence",
    [
        "定一个五分钟的计时器", "帮我定个5分钟的闹钟", "设置一个五分钟的倒计时", "设一个 5 分钟 的计时",
        "五分钟倒计时",
        "倒计时五分钟", "计时五分钟", "开始计时5分钟", "请帮我计时五分钟", "五分钟后叫我",
        "5分钟后提醒我一下",
        "过五分钟叫我", "五分钟之后提醒我", "再过五分钟喊我一声", "请设定五分钟计时器", "定时五分钟",
        "设置计时器五分钟",
        "把计时器设为五分钟", "能不能帮我定一个五分钟的计时器", "可以帮我倒计时五分钟吗", "开始五分钟倒计时",
        "麻烦你给我设个五分钟的定时器吧", "开一个五分钟的倒计时器", "来一个五分钟的计时器",
        "五分钟以后叫醒我",
        "帮我定五分钟", "记时五分钟", "启动五分钟计时", "我想要一个五分钟的计时器",
    ],
)  # fmt: skip
async def test_starts_in_chinese(say, sentence):
    assert await say(sentence) == "好的，五分钟计时开始。"


@pytest.mark.parametrize(
    ("sentence", "reply"),
    [
        ("set a timer for an hour and a half", "Okay, 1 hour and 30 minutes, starting now."),
        ("set a 1 hour and 15 minute timer", "Okay, 1 hour and 15 minutes, starting now."),
        ("set a timer for 90 seconds", "Okay, 1 minute and 30 seconds, starting now."),
        ("set a timer for half an hour", "Okay, 30 minutes, starting now."),
        ("计时一个半小时", "好的，一个半小时计时开始。"),
        ("两分半后叫我", "好的，两分三十秒计时开始。"),
        ("一刻钟后提醒我", "好的，十五分钟计时开始。"),
        ("倒计时90秒", "好的，一分三十秒计时开始。"),
        ("半小时后叫我", "好的，半小时计时开始。"),
    ],
)
async def test_confirms_what_was_understood(say, sentence, reply):
    assert await say(sentence) == reply


@pytest.mark.parametrize("sentence", ["set a timer for 0 seconds", "set a timer for 8 days"])
async def test_a_length_out_of_bounds_is_refused(say, wait, sentence):
    assert await say(sentence) == "A timer can run from one second to 7 days."
    assert await say("how much time is left") == "There is no timer running."


async def test_a_length_out_of_bounds_is_refused_in_chinese(say):
    assert await say("计时零分钟") == "计时可以从一秒到七天。"


async def test_asks_how_long(say):
    assert (await say("set a timer") or "").startswith("For how long?")
    assert (await say("帮我设一个计时器") or "").startswith("多长时间？")


async def test_rings_when_it_ends_and_only_once(say, wait):
    await say("五分钟后叫我")

    assert await wait(FIVE_MINUTES - timedelta(seconds=5)) == []
    (answer,) = await wait(timedelta(seconds=6))
    assert (answer.reply.text, answer.ring) == ("五分钟到了。", True)
    assert await wait(FIVE_MINUTES) == []


async def test_announces_in_the_language_it_was_set_in(say, wait):
    await say("set a timer for two seconds")
    await say("两秒后叫我")

    answers = await wait(timedelta(seconds=5))

    assert sorted(answer.reply.lang for answer in answers) == ["en", "zh"]


async def test_several_run_at_a_time(say, wait):
    await say("set a timer for ten seconds")
    await say("set a timer for four seconds")

    answers = await wait(timedelta(seconds=20))

    assert [answer.reply.text for answer in answers] == [
        "Your timer for 4 seconds is done.",
        "Your timer for 10 seconds is done.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "how much time is left", "How long is left on the timer?", "how much time do I have left",
        "how much longer on my timer", "time left on the timer", "timer status", "when does the timer end",
        "Check my timers", "what timers do I have", "are there any timers running",
        "is there a timer running",
    ],
)  # fmt: skip
async def test_tells_how_long_is_left(say, clock, sentence):
    await say("set a timer for five minutes")
    clock.advance(timedelta(seconds=110))

    assert await say(sentence) == "3 minutes and 10 seconds left."


@pytest.mark.parametrize(
    "sentence",
    [
        "还剩多久", "还有多长时间", "计时器还剩多少时间", "倒计时还有多久结束", "五分钟的计时器还剩多久",
        "还有几分钟",
        "计时器什么时候响", "看看计时器还剩多长时间", "我有哪些计时器", "计时器状态", "查看计时器",
    ],
)  # fmt: skip
async def test_tells_how_long_is_left_in_chinese(say, clock, sentence):
    await say("计时五分钟")
    clock.advance(timedelta(seconds=110))

    assert await say(sentence) == "还剩三分十秒。"


async def test_lists_several(say):
    await say("set a timer for ten minutes")
    await say("set a timer for five minutes")

    assert await say("how long is left") == (
        "You have 2 timers: 5 minutes left of 5 minutes and 10 minutes left of 10 minutes."
    )
    assert await say("还剩多久") == "有两个计时：五分钟的还剩五分钟，十分钟的还剩十分钟。"
    assert await say("how long is left on my ten minute timer") == "10 minutes left."
    assert await say("三分钟的计时器还剩多久") == "没有这个时长的计时。"


@pytest.mark.parametrize(
    ("sentence", "reply"),
    [
        ("cancel the timer", "I have cancelled the timer for 5 minutes."),
        ("Please stop my timer.", "I have cancelled the timer for 5 minutes."),
        ("cancel the five minute timer", "I have cancelled the timer for 5 minutes."),
        ("cancel all timers", "I have cancelled the timer for 5 minutes."),
        ("取消计时器", "已取消五分钟的计时。"),
        ("把计时器关掉", "已取消五分钟的计时。"),
        ("停止计时", "已取消五分钟的计时。"),
        ("取消五分钟的计时器", "已取消五分钟的计时。"),
        ("取消所有计时器", "已取消五分钟的计时。"),
        ("不用计时了", "已取消五分钟的计时。"),
        ("能帮我取消计时器吗", "已取消五分钟的计时。"),
    ],
)
async def test_cancels(say, wait, sentence, reply):
    await say("set a timer for five minutes")

    assert await say(sentence) == reply
    assert await wait(FIVE_MINUTES * 2) == []


async def test_cancels_one_of_several(say):
    await say("set a timer for ten minutes")
    await say("set a timer for five minutes")

    assert (await say("cancel the timer") or "").startswith("There are 2 timers.")
    assert await say("取消计时器") == "有两个计时。请说取消几分钟的计时，或者取消所有计时。"
    assert await say("cancel the ten minute timer") == "I have cancelled the timer for 10 minutes."
    assert await say("取消三分钟的计时器") == "没有这个时长的计时。"


async def test_cancels_all(say, wait):
    for minutes in ("five", "ten", "twenty"):
        await say(f"set a timer for {minutes} minutes")

    assert await say("把所有计时器都取消掉") == "已取消三个计时。"
    assert await say("cancel all timers") == "There is no timer running."
    assert await say("取消计时器") == "现在没有计时。"


async def test_one_that_ended_while_off_is_told_once_and_does_not_ring(say, wait, clock):
    await say("set a timer for five minutes")
    clock.advance(timedelta(hours=2))

    (answer,) = await wait(timedelta(seconds=3))

    assert answer.reply.text == "While I was off, your timer for 5 minutes ended, at 3:10 PM."
    assert not answer.ring
    assert await wait(timedelta(seconds=3)) == []


async def test_one_that_ended_on_another_day_is_told_with_the_date(say, wait, clock):
    await say("计时五分钟")
    clock.advance(timedelta(days=1))

    (answer,) = await wait(timedelta(seconds=3))

    assert answer.reply.text == "我没在运行的时候，您的五分钟计时在八月三号下午三点十分结束了。"


async def test_the_intent_tells_the_length_in_seconds(understanding):
    answer = await understanding.answer(Transcript("set a timer for 90 seconds", "en", 1))

    assert (answer.intent.name, dict(answer.intent.slots)) == ("timer.start", {"length": 90.0})
