"""Text to IPA for the languages that espeak-ng knows. The only module that knows piper's espeak binding."""

import re
import threading

from piper.phonemize_espeak import EspeakPhonemizer

# espeak-ng keeps the last clause in static buffers of 800 bytes; this one says nothing of anybody.
_LONGEST_CLAUSE = "la " * 300
_LOCK = threading.Lock()  # espeak-ng keeps its current voice in a global variable
_ESPEAK = EspeakPhonemizer()
# Of "five a.m.." espeak-ng says the last full stop, "dot", at the start of whatever it is given next.
_FULL_STOPS = re.compile(r"\.[\s.]*\.")


def phonemize(text: str, voice: str) -> list[str]:
    """The IPA of each sentence of `text` by espeak's `voice`: decomposed (NFD), with its punctuation."""
    with _LOCK:
        sentences = _ESPEAK.phonemize(voice, _FULL_STOPS.sub(".", text))
        _ESPEAK.phonemize(voice, _LONGEST_CLAUSE)
    return ["".join(sentence) for sentence in sentences]
