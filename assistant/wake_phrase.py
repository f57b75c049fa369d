"""Takes the wake word off the front of a transcript when it was spoken in one breath with the request.

Recognisers write a name they do not know in many ways (小本同学, 小笨同学, "Hey, computer", "Xiaoben tong
xue"), so it is compared by sound: as Latin letters, Chinese characters by their toneless pinyin.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.pinyin import toneless

_UNIT = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]", re.IGNORECASE)
_SEPARATORS = " \t,.!?;:，。！？；：、…-"
_TOLERANCE = 0.34  # share of letters that may differ: xiaobeng/xiaoben, tongxie/tongxue, commuter/computer


def strip_wake_phrase(text: str, phrases: Iterable[str]) -> str:
    """`text` without the wake word at its front, if one of `phrases` or the end of one stands there."""
    units = list(_UNIT.finditer(text))
    candidates = [
        (_difference(heard, said), end)
        for said in _endings(phrases)
        for heard, end in _fronts(units, len(said))
    ]
    if not candidates:
        return text
    # The better match wins; of equals the longer, so that nothing of the wake word stays behind.
    difference, end = min(candidates, key=lambda candidate: (candidate[0], -candidate[1]))
    return text[end:].lstrip(_SEPARATORS) if difference <= _TOLERANCE else text


def _letters(unit: str) -> str:
    return "".join(toneless(unit.lower()))


def _endings(phrases: Iterable[str]) -> Iterator[str]:
    """Each phrase as letters, whole and cut at the front: the microphone may have caught only its end."""
    for phrase in phrases:
        units = [_letters(unit.group()) for unit in _UNIT.finditer(phrase)]
        for start in range((len(units) + 1) // 2 + 1):
            if ending := "".join(units[start:]):
                yield ending


def _fronts(units: list[re.Match[str]], length: int) -> Iterator[tuple[str, int]]:
    """Beginnings of the transcript about `length` letters long, each with where it ends in the text."""
    letters = ""
    for unit in units:
        letters += _letters(unit.group())
        if len(letters) > length * 1.5:
            return
        yield letters, unit.end()


def _difference(one: str, other: str) -> float:
    return edit_distance(one, other) / max(len(one), len(other))


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein's: the fewest units to change, add or leave out."""
    previous = list(range(len(other) + 1))
    for row, unit in enumerate(one, 1):
        current = [row]
        for column, counterpart in enumerate(other, 1):
            substitution = previous[column - 1] + (unit != counterpart)
            current.append(min(substitution, previous[column] + 1, current[-1] + 1))
        previous = current
    return previous[-1]
