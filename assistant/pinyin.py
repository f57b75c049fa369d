"""How Chinese characters sound. The only module that knows pypinyin."""

from pypinyin import Style, lazy_pinyin


def toneless(text: str) -> list[str]:
    """Pinyin without tones, a syllable a character; stretches of other scripts stay whole."""
    return [str(syllable) for syllable in lazy_pinyin(text, style=Style.NORMAL)]
