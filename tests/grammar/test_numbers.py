import pytest

from assistant.grammar.numbers import chinese, english, hanzi, hanzi_digits


@pytest.mark.parametrize(
    ("spoken", "value"),
    [
        ("零", 0), ("两", 2), ("俩", 2), ("仨", 3), ("十", 10), ("十五", 15), ("二十", 20), ("二十五", 25),
        ("一百零五", 105),
        ("一百五", 150), ("两百", 200), ("两千三", 2300), ("一万", 10_000), ("一点五", 1.5), ("零点五", 0.5),
        ("20", 20), ("1.5", 1.5),
        ("一二三", 123),
    ],
)  # fmt: skip
def test_a_chinese_number_is_understood(spoken, value):
    assert chinese(spoken) == value


@pytest.mark.parametrize("spoken", ["", "百", "个", "三个", "三 十", "点五", "three", "-"])
def test_what_is_no_chinese_number_is_none(spoken):
    assert chinese(spoken) is None


@pytest.mark.parametrize(
    ("spoken", "value"),
    [
        ("zero", 0), ("a", 1), ("one", 1), ("Twelve", 12), ("twenty", 20), ("twenty-one", 21),
        ("ninety nine", 99),
        ("a hundred", 100), ("one hundred and five", 105), ("two hundred thirty", 230), ("a thousand", 1000),
        ("two thousand three hundred and four", 2304), ("a couple of", 2), ("a dozen", 12),
        ("one point oh five", 1.05), ("20", 20), ("1.5", 1.5), ("1/2", 0.5), ("1 and 1/2", 1.5),
        ("1 1/2", 1.5),
    ],
)  # fmt: skip
def test_an_english_number_is_understood(spoken, value):
    assert english(spoken) == value


@pytest.mark.parametrize(
    "spoken", ["", "five three", "twenty twelve", "hundred", "point five", "五", "1/0", "and"]
)
def test_what_is_no_english_number_is_none(spoken):
    assert english(spoken) is None


def test_numbers_are_written_in_characters():
    assert [hanzi(value) for value in (0, 10, 12, 20, 105)] == ["零", "十", "十二", "二十", "一百零五"]
    assert hanzi_digits(2026) == "二零二六"
