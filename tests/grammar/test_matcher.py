from datetime import timedelta
from typing import Annotated, Literal

import pytest

from assistant.errors import SkillError
from assistant.grammar.matcher import Matcher
from assistant.grammar.slots import OneOf, Words, slot_type
from assistant.grammar.template import Template
from assistant.grammar.text import is_chinese

State = Annotated[Literal["on", "off"], Words(on="on|打开|开", off="off|关掉|关")]

names = ["kitchen light", "Bob's lamp", "kitchen", "客厅灯"]

SLOTS = {
    "state": slot_type(State),
    "count": slot_type(int),
    "length": slot_type(timedelta | None),
    "text": slot_type(str),
    "device": slot_type(Annotated[str, OneOf(lambda: names)]),
}


def match(sentence, *sources):
    templates = [
        Template(source, "zh" if is_chinese(source) else "en", f"test.{number}", SLOTS)
        for number, source in enumerate(sources)
    ]
    found = Matcher(templates).match(sentence, "en")
    return found and (found.template.source, dict(found.slots))


def slots(sentence, source):
    found = match(sentence, source)
    return found and found[1]


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Turn on the light!", "turn (on|off) [the] light"),
        ("turn off light", "turn (on|off) [the] light"),
        ("TURN ON LIGHTS", "turn on [the] light[s]"),
        ("what's up", "what is up"),
        ("what is up", "what's up"),
        ("现在 几点 了？", "[现在]几点[了]"),
        ("几点", "[现在] 几点 [了]"),
        ("good night", "[good] night"),
        ("night", "[good] night"),
        ("把light打开", "把 light 打开"),
        ("please turn on the light now", "turn on the light"),
    ],
)
def test_a_sentence_fits(sentence, source):
    assert slots(sentence, source) == {}


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("turn on the light in the hall", "turn on the light"),
        ("do not turn on the light", "turn on the light"),
        ("turn onthe light", "turn on [the] light"),
        ("goodnight", "[good] night"),
        ("", "stop"),
        ("几点开门", "几点"),
    ],
)
def test_a_sentence_must_fit_as_a_whole(sentence, source):
    assert slots(sentence, source) is None


@pytest.mark.parametrize(
    ("sentence", "source", "expected"),
    [
        ("turn on it", "turn {state} it", {"state": "on"}),
        ("把灯关掉", "把灯{state}", {"state": "off"}),
        ("turn blue it", "turn {state} it", None),
        ("roll three dice", "roll {count} dice", {"count": 3}),
        ("掷两个骰子", "掷{count}个骰子", {"count": 2}),
        ("roll 2.5 dice", "roll {count} dice", None),
        ("roll blue dice", "roll {count} dice", None),
        ("wait an hour", "wait [an] {length}", {"length": timedelta(hours=1)}),
        ("note Call Bob", "note {text}", {"text": "Call Bob"}),
        ("note please", "note {text}", {"text": "please"}),
        ("note call Bob please", "note {text}", {"text": "call Bob"}),
        ("note", "note [{text}]", {}),
        (
            "定五分钟一号菜计时器",
            "定{length}{text}计时器",
            {"length": timedelta(minutes=5), "text": "一号菜"},
        ),
        (
            "switch the kitchen light on",
            "switch [the] {device} {state}",
            {"device": "kitchen light", "state": "on"},
        ),
        ("switch bob's lamp off", "switch [the] {device} {state}", {"device": "Bob's lamp", "state": "off"}),
        ("switch the door off", "switch [the] {device} {state}", None),
        ("让客厅灯打开", "让{device}{state}", {"device": "客厅灯", "state": "on"}),
        ("in 5 minutes or in 5 minutes", "in {length} or in {length}", {"length": timedelta(minutes=5)}),
    ],
)
def test_slots_take_their_values(sentence, source, expected):
    assert slots(sentence, source) == expected


def test_a_list_of_names_may_change():
    template = Template("switch on {device}", "en", "test", SLOTS)
    assert template.match("switch on fan") is None

    names.append("fan")

    found = template.match("switch on fan")
    assert found
    assert found.slots == {"device": "fan"}


def test_a_list_without_names_fits_nothing():
    empty = {"device": slot_type(Annotated[str, OneOf(list)])}

    assert Template("switch on {device}", "en", "test", empty).match("switch on") is None


def test_the_template_that_says_most_itself_wins():
    sources = ["play {text}", "play {text} by {text}", "play some music"]

    assert match("play some music", *sources) == ("play some music", {})
    assert match("play some noise", *sources) == ("play {text}", {"text": "some noise"})


def test_of_equals_the_one_in_the_language_heard_wins_then_the_first():
    templates = [
        Template("stop", "zh", "first", {}),
        Template("stop", "en", "second", {}),
        Template("stop", "en", "third", {}),
    ]

    assert [found.template.intent for found in Matcher(templates).matches("stop", "en")] == [
        "second", "third", "first",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("turn on (the light", "malformed"),
        ("turn on [the light)", "malformed"),
        ("", "malformed"),
        ("?!", "malformed"),
        ("[please]", "word of its own"),
        ("{text}", "word of its own"),
        ("({text}|turn on)", "word of its own"),
        ("turn {wrong}", "{wrong}"),
        ("turn <rule>", "write <rules>"),
        ("(turn;on)", "write <rules>"),
    ],
)
def test_a_template_that_cannot_serve_is_refused_with_the_reason(source, said):
    with pytest.raises(SkillError, match=said):
        Template(source, "en", "test", SLOTS)


def test_it_knows_which_slots_a_sentence_cannot_leave_out():
    template = Template("(a {text}|b {text} {count}) [{state}]", "en", "test", SLOTS)

    assert template.always == {"text"}


@pytest.mark.parametrize("odd", ["(" * 50, "[{|", "\x00", "a" * 2000, "．．．", "'" * 30])
def test_no_sentence_is_too_odd(odd):
    assert match(odd, "turn on {text}", "note {count}") is None
