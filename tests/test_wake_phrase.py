"""The wake word comes off the request, however it was written down."""

import pytest

from assistant.wake_phrase import strip_wake_phrase

PHRASES = ["hey computer", "小本同学"]


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("Hey computer, what time is it?", "what time is it?"),
        ("Hey, Computer! What time is it?", "What time is it?"),
        ("hey commuter what time is it", "what time is it"),
        ("computer, what time is it?", "what time is it?"),
        ("A computer, what time is it?", "what time is it?"),
        ("小本同学，现在几点？", "现在几点？"),
        ("小本同学现在几点", "现在几点"),
        ("小笨同学,现在几点", "现在几点"),
        ("小奔同學 现在几点了", "现在几点了"),
        ("小本同学，设一个三分钟的计时器", "设一个三分钟的计时器"),
        ("同学，现在几点", "现在几点"),
        ("Xiaoben tongxue what time is it", "what time is it"),
        ("小本同学 what time is it", "what time is it"),
        ("Hey computer 现在几点", "现在几点"),
        ("小本同学。", ""),
        ("Hey computer.", ""),
    ],
)
def test_takes_off_the_wake_word(heard: str, wanted: str):
    assert strip_wake_phrase(heard, PHRASES) == wanted


@pytest.mark.parametrize(
    "heard",
    [
        "what time is it",
        "现在几点",
        "set a timer for five minutes",
        "小明在哪里",
        "how does a computer work",
        "",
    ],
)
def test_leaves_a_request_alone(heard: str):
    assert strip_wake_phrase(heard, PHRASES) == heard
