"""English text to the phonemes that Kokoro was trained on."""

import re

from assistant.tts import espeak

_VOWELS = "aAeiIoOuWYæɑɒɔəɐɚɛɜɪʊʌᵊᵻ"

# espeak's American English to misaki's alphabet (misaki/espeak.py, for text without tie bars), in this order.
_ALPHABET = {
    "ʔˌn\u0329": "ʔn",
    "ʔn\u0329": "ʔn",
    "aɪ": "I",
    "aʊ": "W",
    "dʒ": "ʤ",
    "eɪ": "A",
    "tʃ": "ʧ",
    "ɔɪ": "Y",
    "oʊ": "O",
    "ʲo": "jo",
    "ʲə": "jə",
    "ʲ": "",
    "ɚ": "əɹ",
    "r": "ɹ",
    "x": "k",
    "ç": "k",
    "ɐ": "ə",
    "ɬ": "l",
    "ɜːɹ": "ɜɹ",
    "ɜː": "ɜɹ",
    "ɪə": "iə",
    "ː": "",
    "o": "ɔ",
    "e": "A",
    "ɾ": "T",
    "ʔ": "t",
    "\u0303": "",
}


def phonemes(text: str) -> str:
    """How `text` sounds, in Kokoro's alphabet; empty when nothing in it can be spoken."""
    spoken = " ".join(espeak.phonemize(text, "en-us"))
    for theirs, ours in _ALPHABET.items():
        spoken = spoken.replace(theirs, ours)
    spoken = re.sub(r"(\S)\u0329", r"ᵊ\1", spoken)
    spoken = re.sub(r"(?<!\S)I", "ˌI", spoken)  # Kokoro swallows an "I" without stress
    return re.sub(rf"əl(?![{_VOWELS}ˈˌ])", "ᵊl", spoken).strip()
