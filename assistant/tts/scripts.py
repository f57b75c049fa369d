"""Which stretches of a text are written in which language's script."""

import re

from assistant.events import Language

_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff"
_LATIN = r"A-Za-z\u00c0-\u024f"

_FOREIGN: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(rf"([{_LATIN}]+(?:[ '’.&-]+[{_LATIN}]+)*)"),
    "en": re.compile(rf"([{_HAN}]+)"),
}
_OTHER: dict[Language, Language] = {"zh": "en", "en": "zh"}


def language(text: str) -> Language:
    """Chinese if there is any Han character, else English."""
    return "zh" if _FOREIGN["en"].search(text) else "en"


def stretches(text: str, lang: Language) -> list[tuple[Language, str]]:
    """`text`, which is in `lang`, cut where its script changes; digits and punctuation count as `lang`."""
    parts = _FOREIGN[lang].split(text)
    return [(_OTHER[lang] if index % 2 else lang, part) for index, part in enumerate(parts) if part]
