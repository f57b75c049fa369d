import struct

import pytest

from assistant.proof import secret


def test_neighbouring_words_are_needles_in_every_encoding():
    needles = secret.words("request", "Seven quiet lighthouses?").needles
    assert set(needles.values()) == {
        "Seven quiet lighthouses".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-32-le")
    }


def test_chinese_needles_are_five_characters_side_by_side():
    assert list(secret.stretches("灯塔昨夜唱歌了")) == ["灯塔昨夜唱", "塔昨夜唱歌", "昨夜唱歌了"]


@pytest.mark.parametrize("text", ["it is so", "几点了", "", "灯塔，唱歌"])
def test_what_may_stand_anywhere_by_chance_is_no_needle(text: str):
    assert list(secret.stretches(text)) == []


def test_a_sound_is_known_by_its_loudest_places_as_integers_and_as_floats():
    quiet, loud = [1] * 320, list(range(1000, 1320))
    needles = secret.sound("sound", struct.pack("640h", *quiet, *loud)).needles
    assert needles["s16 at sample 320"] == struct.pack("32h", *range(1000, 1032))
    assert needles["float32 at sample 320"] == struct.pack("32f", *(n / 32768 for n in range(1000, 1032)))
