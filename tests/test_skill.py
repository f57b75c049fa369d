from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest

from assistant.errors import SkillError
from assistant.skill import Context, Due, Reply, Skill, Spoken, Words

OKAY = Reply(en="Okay.", zh="好的。")

GOOD: dict[str, Any] = {
    "en": ["boil [me] (an egg|{count} eggs)"],
    "zh": ["煮{count}个鸡蛋"],
    "examples": {"boil me an egg": {}, "煮两个鸡蛋": {"count": 2}},
}


def skill() -> Skill:
    return Skill("eggs", en="boil eggs", zh="煮鸡蛋")


def declare(function, **changes):
    skill().intent(**{**GOOD, **changes})(function)


async def boil(count: int = 1) -> Reply:
    """Boil eggs."""
    return OKAY


def test_one_declaration_gives_everything():
    eggs = skill()
    eggs.intent(**GOOD)(boil)

    (action,) = eggs.actions
    assert action.name == "eggs.boil"
    assert action.description == "Boil eggs."
    assert set(action.slots) == {"count"}
    assert [template.lang for template in action.templates] == ["en", "zh"]
    assert eggs.help.examples == {"en": "boil me an egg", "zh": "煮两个鸡蛋"}


async def test_a_declared_function_stays_what_it_was():
    assert skill().intent(**GOOD)(boil) is boil
    assert await boil() == OKAY


def test_a_reply_is_spoken_in_the_language_asked():
    assert OKAY.spoken("zh") == Spoken("好的。", "zh")
    assert OKAY.spoken("en") == Spoken("Okay.", "en")


def test_an_error_says_where_and_what_to_do(monkeypatch):
    with pytest.raises(SkillError) as caught:
        declare(boil, en=["boil {counts} eggs"])

    line = boil.__code__.co_firstlineno
    assert caught.value.en == (
        f"{__file__}:{line}, boil: the template 'boil {{counts}} eggs' has a slot {{counts}} "
        "but the function no such parameter."
    )
    assert caught.value.zh.startswith(f"{__file__}:{line}, boil：")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"en": ["boil ({count} eggs"]}, "malformed"),
        ({"zh": []}, "zh= must be a list of at least one template"),
        ({"en": "boil {count} eggs"}, "en= must be a list"),
        ({"en": ["boil an egg"], "zh": ["煮鸡蛋"]}, r"no template has the slot \{count\}"),
        ({"examples": {"boil me an egg": {}}}, "there is no example in zh"),
        ({"examples": {"煮两个鸡蛋": {"count": 2}}}, "there is no example in en"),
        ({"examples": {"fry an egg": {}}}, "no template fits the example 'fry an egg'"),
        ({"examples": {"boil two eggs": {"count": 3}}}, "the example 'boil two eggs' gives {'count': 2}"),
        ({"examples": {"boil two eggs": {}}}, "the example 'boil two eggs' gives {'count': 2}"),
        (
            {"confirm": Reply(en="Boil {cuont}?", zh="煮吗？")},
            r"'Boil \{cuont\}\?' has \{cuont\} in it, which not",
        ),
    ],
)
def test_a_wrong_declaration_is_refused(changes, said):
    with pytest.raises(SkillError, match=said):
        declare(boil, **changes)


async def undocumented(count: int = 1) -> Reply:
    return OKAY


def not_async(count: int = 1) -> Reply:
    """Boil eggs."""
    return OKAY


async def untyped(count=1) -> Reply:
    """Boil eggs."""
    return OKAY


async def of_no_slot_type(count: float = 1) -> Reply:
    """Boil eggs."""
    return OKAY


async def without_default(count: int) -> Reply:
    """Boil eggs."""
    return OKAY


async def without_words(count: Literal["one", "two"] = "one") -> Reply:
    """Boil eggs."""
    return OKAY


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (undocumented, "a docstring is missing"),
        (not_async, "write 'async def'"),
        (untyped, "'count' lacks a type"),
        (of_no_slot_type, "no slot can be of type"),
        (without_default, r"can leave \{count\} out; give it a default"),
        (without_words, "lack words"),
    ],
)
def test_a_function_that_cannot_serve_is_refused(function, said):
    with pytest.raises(SkillError, match=said):
        declare(function)


def test_a_name_is_used_once():
    eggs = skill()
    eggs.intent(**GOOD)(boil)

    with pytest.raises(SkillError, match="another function of this name"):
        eggs.intent(**GOOD)(boil)


def test_what_falls_due_needs_a_documented_coroutine():
    with pytest.raises(SkillError, match="write 'async def'"):
        skill().due(not_async)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("name", "en", "zh"), [("boil eggs", "a", "甲"), ("", "a", "甲"), ("eggs", "", "甲"), ("eggs", "a", "")]
)
def test_a_skill_has_a_name_and_says_what_it_can_do(name, en, zh):
    with pytest.raises(SkillError, match="the name must be one word"):
        Skill(name, en=en, zh=zh)


def test_slots_of_every_kind_are_told_from_the_annotations():
    Level = Annotated[Literal["soft", "hard"], Words(soft="soft|嫩", hard="hard|老")]  # noqa: N806 - a type
    eggs = skill()

    @eggs.intent(
        en=["boil {count} {level} eggs for {length} named {name}"],
        zh=["煮{count}个{level}鸡蛋{length}叫{name}"],
        examples={
            "boil two soft eggs for five minutes named Bob": {
                "count": 2, "level": "soft", "length": timedelta(minutes=5), "name": "Bob",
            },
            "煮两个老鸡蛋五分钟叫小明": {
                "count": 2, "level": "hard", "length": timedelta(minutes=5), "name": "小明",
            },
        },
    )  # fmt: skip
    async def everything(
        context: Context, name: str, count: int, length: timedelta | None, level: Level = "soft"
    ) -> Reply:
        """Boil eggs."""
        return OKAY

    @eggs.due
    async def done(due: Due) -> Reply:
        """Say that the eggs are done."""
        return OKAY

    assert set(eggs.actions[0].slots) == {"name", "count", "length", "level"}
    assert eggs.on_due is done
