from datetime import datetime, timedelta
from typing import Annotated, Literal

import pytest

from assistant.errors import SkillError
from assistant.grammar.slots import Words, as_json, slot_type


@pytest.mark.parametrize("annotation", [float, dict, datetime, int | str, list[str], "int"])
def test_a_type_that_no_slot_can_have_is_refused(annotation):
    with pytest.raises(SkillError, match="no slot can be of type"):
        slot_type(annotation)


def test_a_closed_slot_needs_words():
    with pytest.raises(SkillError, match="lack words"):
        slot_type(Literal["on", "off"])


def test_words_must_be_those_of_the_values():
    with pytest.raises(SkillError, match="differ in off, out"):
        slot_type(Annotated[Literal["on", "off"], Words(on="on|开", out="off|关")])


@pytest.mark.parametrize("words", ["on", "开|打开"])
def test_words_must_be_in_both_languages(words):
    with pytest.raises(SkillError, match="one language only"):
        slot_type(Annotated[Literal["on"], Words(on=words)])


def test_a_slot_may_be_left_out_by_default():
    assert slot_type(int | None).parse("five") == 5


def test_lengths_of_time_are_seconds_to_a_program():
    assert as_json(timedelta(minutes=2)) == 120
    assert as_json("on") == "on"
