"""A reasoning model's thoughts are not spoken."""

import pytest

from assistant.llm.thoughts import without_thoughts

ANSWER = "<think>\nThe user asks < 3 things.\n</think>\n\nParis is the capital. 3 < 4."


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_thoughts_are_left_out_wherever_the_pieces_are_cut(size: int):
    pieces = [ANSWER[start : start + size] for start in range(0, len(ANSWER), size)]
    assert "".join(without_thoughts(pieces)) == "\n\nParis is the capital. 3 < 4."


def test_text_without_thoughts_passes_at_once():
    assert list(without_thoughts(["Hello", " you <3", "!"])) == ["Hello", " you <3", "!"]


def test_thoughts_that_never_end_are_silent():
    assert list(without_thoughts(["<think>hm", " hm"])) == []


def test_an_unfinished_marker_at_the_end_is_text():
    assert "".join(without_thoughts(["a <thi"])) == "a <thi"
