import re

import numpy as np
import pytest

from assistant.events import LANGUAGES
from assistant.wake.training.negatives import confusable, salad, sentences
from assistant.wake.training.script import script_for, shipped

WORD = "hˈA kəmpjˈuTəɹ"
FILLER = ["ðə kwˈɪk bɹˈWn fˈɑks", "sˈɪks blˈu bˈOts", "dˈɔɡz ænd kˈæts"]


@pytest.fixture
def rng():
    return np.random.default_rng(2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_everyday_sentence_holds_a_wake_word_that_ships(lang):
    texts = " ".join(sentences(lang)).lower()
    assert len(sentences(lang)) >= 150
    for script in shipped().values():
        assert all(phrase not in texts for phrase in script.phrases)


def test_salad_is_made_of_the_sentences_words(rng):
    known = set(re.findall(r"[a-z']+", " ".join(sentences("en")).lower()))
    for _ in range(20):
        words = salad("en", rng).split()
        assert 3 <= len(words) <= 10
        assert set(words) <= known


def test_chinese_salad_is_characters(rng):
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{4,15}", salad("zh", rng)) for _ in range(20))


def test_a_confusable_is_never_the_word_itself(rng):
    made = [confusable(WORD, FILLER, rng) for _ in range(200)]
    assert WORD not in made
    assert any(text.startswith("hˈA") for text in made)
    assert any(text.endswith("Təɹ") for text in made)
    assert len(set(made)) > 100


def test_the_shipped_words_have_ways_to_say_them_and_confusables():
    assert set(shipped()) == {"xiaoben_tongxue", "hey_computer", "computer"}
    for script in shipped().values():
        assert len(script.says) >= 5
        assert len(script.confusables) >= 20


@pytest.mark.parametrize(("phrases", "lang"), [(["小明同学"], "zh"), (["hey marvin"], "en"), ([], "en")])
def test_a_new_word_is_of_the_language_it_is_written_in(phrases, lang):
    script = script_for("hey_marvin", phrases, ["hey martin"])
    assert script.lang == lang
    assert script.says == (tuple(phrases) or ("hey marvin",))
    assert script.confusables == ("hey martin",)


def test_phrases_of_ones_own_replace_the_shipped_script():
    assert script_for("computer", [], []) == shipped()["computer"]
    assert script_for("computer", ["电脑"], []).lang == "zh"
