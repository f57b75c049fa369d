import pytest

from assistant.grammar.text import plain, plain_template


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("What time is it?", "What time is it"),
        ("  Set a timer,  please! ", "Set a timer please"),
        ("What's the time", "What is the time"),
        ("whats the time", "what is the time"),
        ("its late", "its late"),
        ("It’s late", "It is late"),
        ("I'd like tea", "I would like tea"),
        ("today's date", "today's date"),
        ("don't 'quote' me", "don't quote me"),
        ("a five-minute timer", "a five minute timer"),
        ("at 1:30, or 1.5 hours.", "at 1:30 or 1.5 hours"),
        ("1,000 seconds", "1000 seconds"),
        ("现在几点了？", "现在几点了"),
        ("定 一个 5 分钟 的 计时器。", "定一个5分钟的计时器"),
        ("把 bedroom light 关了", "把bedroom light关了"),
        ("１５分钟，谢谢", "15分钟谢谢"),
        ("", ""),
        ("？！…", ""),
    ],
)
def test_what_was_heard_is_brought_into_one_spelling(heard, expected):
    assert plain(heard) == expected


def test_a_template_keeps_its_brackets():
    assert plain_template("What's {day}'s [exact] (date|day)?") == "What is {day}'s [exact] (date|day)"
    assert plain_template("（打开|关闭）{device} 的 灯。") == "(打开|关闭){device}的灯"
