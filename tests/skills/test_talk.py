import pytest

from assistant.events import Reply, Transcript


@pytest.mark.parametrize(
    "sentence",
    [
        "What can you do?", "what can you do for me", "what else can you do", "help", "Help me please",
        "What can I ask you?", "what are your skills", "how can you help me", "what features do you have",
    ],
)  # fmt: skip
async def test_tells_what_it_can_do(say, sentence):
    assert await say(sentence) == (
        'I can tell the time and the date, repeat what I said and set timers. Try: "what time is it".'
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "你会做什么",
        "你能做什么？",
        "你会什么",
        "你都会些什么",
        "你能帮我做什么",
        "你有什么功能",
        "你可以干嘛",
        "帮助",
        "我能问你什么",
    ],
)
async def test_tells_what_it_can_do_in_chinese(say, sentence):
    assert await say(sentence) == "我会报时间和日期、重复说过的话和计时。您可以问：现在几点了？"


@pytest.mark.parametrize(
    "sentence",
    [
        "stop", "Stop!", "stop it", "Please stop", "be quiet", "shut up", "that's enough", "Stop talking.",
        "never mind", "Nevermind.", "forget it", "cancel", "no thanks",
        "停", "停下来", "别说了", "安静", "闭嘴", "停一下", "够了", "不要再说了", "没事了", "算了", "算了吧",
        "不用了", "没什么", "取消",
    ],
)  # fmt: skip
async def test_ends_the_talk(understanding, sentence):
    answer = await understanding.answer(Transcript(sentence, "en", 1))

    assert answer.reply.text in {"Okay.", "好的。"}
    assert answer.end


@pytest.mark.parametrize(
    "sentence",
    [
        "repeat that", "Repeat that please.", "say that again", "Can you say that again?", "what did you say",
        "what did you just say?", "pardon", "I didn't catch that", "再说一遍", "请再说一次", "重复一遍",
        "你刚才说什么",
        "你说什么", "没听清", "我没听清楚",
    ],
)  # fmt: skip
async def test_repeats_what_was_said_last_in_its_language(say, sentence):
    await say("现在几点")

    assert await say(sentence) == "现在是下午三点零五分。"


async def test_repeats_what_the_language_model_said(understanding, say):
    understanding.last_reply = Reply("Paris is lovely.", "en")

    answer = await understanding.answer(Transcript("再说一遍", "zh", 1))

    assert answer.reply == Reply("Paris is lovely.", "en")


async def test_has_nothing_to_repeat_at_first(say):
    assert await say("repeat that") == "I have not said anything yet."
