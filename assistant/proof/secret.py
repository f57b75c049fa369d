"""A secret as the bytes in which it could lie somewhere: words in several encodings, samples of a sound."""

import re
import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.events import FRAME_SAMPLES

_ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")
_WORDS = re.compile(r"[A-Za-z']+|[\u4e00-\u9fff]")
_RUN_WORDS, _RUN_LETTERS = 3, 12  # less may stand together by chance
_RUN_HANZI = 5
_SNIPPETS = 8
_SNIPPET_SAMPLES = 32  # 2 ms of a voice: 64 bytes that nothing else has


@dataclass(frozen=True, slots=True)
class Secret:
    """Something private and the needles by which it is found."""

    name: str
    """What it is: `request`, `reply`, `sound`."""
    needles: Mapping[str, bytes]
    """By what each shows, e.g. `utf-8 “why purple elephants”`."""


def words(name: str, text: str) -> Secret:
    """A text, by its stretches that are long enough not to stand anywhere by chance."""
    return Secret(
        name,
        {
            f"{encoding} “{stretch}”": stretch.encode(encoding)
            for stretch in stretches(text)
            for encoding in _ENCODINGS
        },
    )


def stretches(text: str) -> Iterator[str]:
    """Neighbouring words of the text, as they stand there."""
    tokens = list(_WORDS.finditer(text))
    for length in (_RUN_WORDS, _RUN_HANZI):
        for first, last in zip(tokens, tokens[length - 1 :], strict=False):
            stretch = text[first.start() : last.end()]
            if _is_telling(stretch, length):
                yield stretch


def _is_telling(stretch: str, length: int) -> bool:
    if stretch.isascii():
        return length == _RUN_WORDS and len(stretch) >= _RUN_LETTERS
    return len(stretch) == length == _RUN_HANZI


def sound(name: str, samples: bytes) -> Secret:
    """Signed 16-bit samples, by the loudest places, each inside one frame; also as floats in -1 to 1."""
    frames = array("h", samples)
    starts = range(0, len(frames) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    loudest = sorted(starts, key=lambda start: -sum(map(abs, frames[start : start + _SNIPPET_SAMPLES])))
    needles = {}
    for start in loudest[:_SNIPPETS]:
        snippet = frames[start : start + _SNIPPET_SAMPLES]
        needles[f"s16 at sample {start}"] = snippet.tobytes()
        needles[f"float32 at sample {start}"] = _floats(snippet)
    return Secret(name, needles)


def _floats(samples: "array[int]") -> bytes:
    return struct.pack(f"{len(samples)}f", *(sample / 32768 for sample in samples))
