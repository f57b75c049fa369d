"""What the tests on real models share: voices to speak with, a recogniser to listen with."""

import difflib
import re
from functools import cache

from assistant.asr.whisper import Whisper
from assistant.audio.resample import resample
from assistant.config import Config
from assistant.events import RATE_HZ, SAMPLE_BYTES, Language, Utterance
from assistant.parts import recognizer, store
from assistant.pinyin import toneless
from assistant.tts.loading import load_voice


def rendered(text: str, lang: Language, speaker: str) -> bytes:
    """Somebody says a text in a quiet room: half a second, the text, half a second; 16 kHz."""
    voice = load_voice(f"kokoro/{speaker}", store(Config()).path, 2)
    speech = b"".join(resample(part.samples, part.rate_hz, RATE_HZ) for part in voice.synthesize(text, lang))
    silence = bytes(RATE_HZ * SAMPLE_BYTES // 2)
    return silence + speech + silence


@cache
def _whisper() -> Whisper:
    config = Config()
    return recognizer(config, store(config))


def heard(samples: bytes) -> str:
    """What is said in a 16 kHz sound."""
    transcript = _whisper().transcribe(Utterance(samples, 0, 0, "end"))
    return transcript.text if transcript else ""


def alike(one: str, other: str) -> float:
    """How much two texts sound alike, 0 to 1."""
    letters = ["".join(toneless(re.sub(r"\W", "", text.lower()))) for text in (one, other)]
    return difflib.SequenceMatcher(None, *letters).ratio()
