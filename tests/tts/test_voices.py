from collections.abc import Iterator

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.events import Language, Reply, Speech
from assistant.tts.levels import to_bytes
from assistant.tts.loading import load_voice, load_voices
from assistant.tts.voices import Voices


class ToneVoice:
    """Hums a second for every text with words."""

    def __init__(self, *languages: Language, amplitude: float = 0.5) -> None:
        self.languages = frozenset(languages)
        self.said: list[tuple[str, Language]] = []
        self._amplitude = amplitude

    def synthesize(self, text: str, lang: Language) -> Iterator[Speech]:
        self.said.append((text, lang))
        if any(map(str.isalnum, text)):
            samples = (self._amplitude * np.sin(np.arange(16_000) * 0.1)).astype(np.float32)
            yield Speech(to_bytes(samples), 16_000, text)


def rms(speech: Speech) -> float:
    samples = np.frombuffer(speech.samples, np.int16) / 32768
    return float(np.sqrt(np.mean(samples[:12_000] ** 2)))


@pytest.fixture
def zh() -> ToneVoice:
    return ToneVoice("zh", "en", amplitude=0.9)


@pytest.fixture
def en() -> ToneVoice:
    return ToneVoice("en", amplitude=0.02)


@pytest.fixture
def voices(zh: ToneVoice, en: ToneVoice) -> Voices:
    return Voices({"zh": zh, "en": en})


def test_a_reply_is_spoken_sentence_by_sentence(voices: Voices, zh: ToneVoice):
    speeches = list(voices.synthesize(Reply("好的。灯开了。", "zh")))
    assert [speech.text for speech in speeches] == ["好的。", "灯开了。"]
    assert zh.said == [("好的。", "zh"), ("灯开了。", "zh")]


def test_a_name_in_the_other_script_goes_to_the_voice_that_speaks_it(
    voices: Voices, zh: ToneVoice, en: ToneVoice
):
    list(voices.synthesize(Reply("The 客厅灯 is on.", "en")))
    assert en.said == [("The ", "en"), (" is on.", "en")]
    assert zh.said == [("客厅灯", "zh")]


def test_a_voice_of_both_languages_keeps_the_sentence_whole(voices: Voices, zh: ToneVoice, en: ToneVoice):
    list(voices.synthesize(Reply("把 bedroom 的灯关了。", "zh")))
    assert zh.said == [("把 bedroom 的灯关了。", "zh")]
    assert en.said == []


def test_both_voices_sound_equally_loud(voices: Voices):
    chinese, english = (next(voices.synthesize(Reply(*reply))) for reply in (("好。", "zh"), ("Yes.", "en")))
    assert rms(chinese) == pytest.approx(rms(english), rel=0.02)


def test_a_voice_takes_over_sooner_than_a_sentence_begins(voices: Voices):
    seam, _, sentence = (speech.seconds for speech in voices.synthesize(Reply("The 客厅灯 is on.", "en")))
    assert sentence - seam > 0.2


def test_nothing_more_is_rendered_when_nobody_listens(voices: Voices, zh: ToneVoice):
    sound = voices.synthesize(Reply("一。二。三。", "zh"))
    next(sound)
    sound.close()
    assert zh.said == [("一。", "zh")]


@pytest.mark.parametrize("text", ["", "  ", "。。。", "😀", "**"])
def test_a_text_without_words_is_silence(voices: Voices, text: str):
    assert list(voices.synthesize(Reply(text, "zh"))) == []


def test_warming_up_uses_every_voice(voices: Voices, zh: ToneVoice, en: ToneVoice):
    voices.warm()
    assert zh.said
    assert en.said


@pytest.mark.parametrize("name", ["", "espeak", "zf_xiaoxiao", "/etc/passwd"])
def test_an_unknown_voice_is_an_error_that_shows_the_form(name: str, tmp_path):
    with pytest.raises(ModelError, match="called like"):
        load_voice(name, tmp_path.joinpath, 1)


@pytest.mark.parametrize("name", ["kokoro/zf_xiaoxiao", "piper-en-joe"])
def test_a_voice_that_is_not_installed_is_an_error(name: str, tmp_path):
    with pytest.raises(ModelError, match="xiaoben models pull"):
        load_voices({"zh": name, "en": name}, tmp_path.joinpath, 1)
