"""Text to IPA."""

import pytest

from assistant.tts.espeak import phonemize


def test_each_sentence_is_phonemized():
    assert phonemize("Good morning. It's eight.", "en-us") == ["ɡˈʊd mˈɔːɹnɪŋ.", "ɪts ˈeɪt."]


@pytest.mark.parametrize("text", ["It's five a.m..", "U.S.A..", "Well ..", "Wait...", "See e.g. . ."])
def test_no_full_stop_is_left_for_the_next_text(text: str):
    phonemize(text, "en-us")
    assert phonemize("It's eight.", "en-us") == ["ɪts ˈeɪt."]


def test_a_full_stop_that_is_doubled_does_not_change_the_words():
    assert phonemize("It's five a.m..", "en-us") == phonemize("It's five a.m.", "en-us")
