"""Text to IPA for the languages that espeak-ng knows. The only module that knows piper's espeak binding."""

import re
import threading

from piper.phonemize_espeak import EspeakPhonemizer

_LOCK = threading.Lock()  # espeak-ng keeps its current voice in a global variable
_ESPEAK = EspeakPhonemizer()
# Of "five a.m.." espeak-ng says the last full stop, "dot", at the start of whatever it is given next.
_FULL_STOPS = re.compile(r"\.[\s.]*\.")


def phonemize(text: str, voice: str) -> list[str]:
    """The IPA of each sentence of `text` by espeak's `voice`: decomposed (NFD), with its punctuation."""
    with _LOCK:
        return ["".join(sentence) for sentence in _ESPEAK.phonemize(voice, _FULL_STOPS.sub(".", text))]
