"""Loads the voices that the configuration names."""

from collections.abc import Callable, Mapping
from pathlib import Path

from assistant.errors import ModelError
from assistant.events import Language
from assistant.tts.kokoro import Kokoro
from assistant.tts.piper import Piper
from assistant.tts.voices import Voice, Voices


def load_voice(name: str, folder: Callable[[str], Path], threads: int) -> Voice:
    """The voice called `name`, as `kokoro/zf_xiaoxiao` or `piper-en-joe`; raises ModelError.

    `folder` gives that of a model by its id, if it may be loaded.
    """
    model, _, speaker = name.partition("/")
    place = folder(model)
    match model.partition("-")[0]:
        case "kokoro":
            return Kokoro(place, speaker, threads=threads)
        case "piper":
            return Piper(place, threads=threads)
    raise ModelError(
        en=f"There is no voice '{name}'; a voice is called like kokoro/zf_xiaoxiao or piper-en-joe.",
        zh=f"没有名为“{name}”的语音；语音的名称形如 kokoro/zf_xiaoxiao 或 piper-en-joe。",
    )


def load_voices(names: Mapping[Language, str], folder: Callable[[str], Path], threads: int) -> Voices:
    """A voice for each language; raises ModelError when one is missing or speaks another language."""
    voices = {lang: load_voice(name, folder, threads) for lang, name in names.items()}
    for lang, voice in voices.items():
        if lang not in voice.languages:
            raise _speaks_otherwise(names[lang], lang)
    return Voices(voices)


def _speaks_otherwise(name: str, lang: Language) -> ModelError:
    en, zh = {"zh": ("Chinese", "中文"), "en": ("English", "英文")}[lang]
    return ModelError(
        en=f"The voice '{name}' does not speak {en}; choose another, such as one of Kokoro's.",
        zh=f"语音“{name}”不会说{zh}；请另选一个，例如 Kokoro 的声音。",
    )
