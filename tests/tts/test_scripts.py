import pytest

from assistant.tts.scripts import language, stretches


@pytest.mark.parametrize(
    ("text", "lang"), [("你好", "zh"), ("turn on 客厅灯", "zh"), ("hello", "en"), ("7:05", "en")]
)
def test_any_han_character_makes_a_text_chinese(text: str, lang: str):
    assert language(text) == lang


def test_english_words_are_cut_out_of_chinese():
    assert stretches("把 bedroom lamp 的灯关了，Wi-Fi 也关。", "zh") == [
        ("zh", "把 "),
        ("en", "bedroom lamp"),
        ("zh", " 的灯关了，"),
        ("en", "Wi-Fi"),
        ("zh", " 也关。"),
    ]


def test_chinese_words_are_cut_out_of_english():
    assert stretches("The 客厅灯 is at 30%.", "en") == [
        ("en", "The "),
        ("zh", "客厅灯"),
        ("en", " is at 30%."),
    ]


def test_digits_and_punctuation_are_no_stretch_of_their_own():
    assert stretches("现在7:05。", "zh") == [("zh", "现在7:05。")]
    assert stretches("", "zh") == []
