"""The real voices, heard by the real recogniser."""

import numpy as np
import pytest

from assistant import parts
from assistant.audio.resample import resample
from assistant.config import Config
from assistant.events import RATE_HZ, Language, Reply, Speech
from assistant.tts.loading import load_voices
from assistant.tts.voices import Voices
from tests.listening import alike, heard

pytestmark = pytest.mark.models

REPLIES: list[tuple[str, Language]] = [
    ("好的，客厅的灯已经打开了。", "zh"),
    ("重庆银行的行长喜欢音乐。", "zh"),
    ("我可以告诉您时间，设定计时器，还可以回答问题。", "zh"),
    ("Okay, the kitchen light is on.", "en"),
    ("I can tell you the time and set a timer.", "en"),
    ("Nothing you say ever leaves this device.", "en"),
]


@pytest.fixture(scope="module", params=["piper-en-joe", "kokoro/af_heart"])
def voices(request: pytest.FixtureRequest) -> Voices:
    names: dict[Language, str] = {"zh": Config().tts.zh, "en": request.param}
    return load_voices(names, parts.store(Config()).path, 2)


def joined(speeches: list[Speech]) -> bytes:
    return b"".join(resample(speech.samples, speech.rate_hz, RATE_HZ) for speech in speeches)


@pytest.mark.parametrize(("text", "lang"), REPLIES)
def test_a_reply_is_understood(voices: Voices, text: str, lang: Language):
    assert alike(heard(joined(list(voices.synthesize(Reply(text, lang))))), text) > 0.8


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("计时器设为25分钟，气温-3℃。", "zh", "计时器设为二十五分钟，气温零下三摄氏度。"),
        ("It is 7:30 PM and 21°C.", "en", "It is seven thirty PM and twenty one degrees Celsius."),
    ],
)
def test_numbers_sound_like_their_words(voices: Voices, text: str, lang: Language, words: str):
    read, spelled = (heard(joined(list(voices.synthesize(Reply(form, lang))))) for form in (text, words))
    assert alike(read, spelled) > 0.9


@pytest.mark.parametrize(("text", "lang"), REPLIES)
def test_a_reply_is_clean(voices: Voices, text: str, lang: Language):
    for speech in voices.synthesize(Reply(text, lang)):
        samples = np.frombuffer(speech.samples, np.int16) / 32768
        assert 0.1 < np.abs(samples).max() < 0.9
        assert abs(samples[0]) < 0.001
        assert samples[-1] == 0
        assert abs(samples.mean()) < 0.005
        assert np.argmax(np.abs(samples) > 0.01) / speech.rate_hz < 0.1


def test_a_chinese_name_in_an_english_reply_is_heard(voices: Voices):
    with_name, without = (
        sum(speech.seconds for speech in voices.synthesize(Reply(text, "en")))
        for text in ("The 客厅灯 is on.", "The is on.")
    )
    assert with_name - without > 0.4


def test_a_very_long_text_comes_piece_by_piece(voices: Voices):
    sound = voices.synthesize(Reply("这个句子没有任何标点" * 500, "zh"))
    first, second = next(sound), next(sound)
    sound.close()
    assert max(first.seconds, second.seconds) < 30
