import pytest

from assistant.grammar.consent import consent


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "Yes.", "Yes, please!", "yes yes", "Yes, do it.", "Do it.", "confirm"),
        *("是的", "是的。", "是", "对的", "确认", "是的，是的。", "确定吧"),
    ],
)
def test_yes(text: str):
    assert consent(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No, thanks.",
        "No no no",
        "don't",
        "Don't do it.",
        "不",
        "不要",
        "不用了",
        "算了",
        "别",
        "不是的。",
    ],
)
def test_no(text: str):
    assert consent(text) is False


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "yes but no", "I said yes to him", "okay", "mm-hm", "please", "open the door yes"),
        *(
            "是吗",
            "是么",
            "是不是",
            "嗯",
            "好",
            "好的",
            "你是谁",
            "是的话就好了",
            "不过是的",
            "对不起",
            "确实",
        ),
    ],
)
def test_neither(text: str):
    assert consent(text) is None
