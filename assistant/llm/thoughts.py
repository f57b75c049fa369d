"""Leaves out what a reasoning model thinks aloud before it answers. Pure."""

from collections.abc import Iterable, Iterator

_BEGIN, _END = "<think>", "</think>"


def without_thoughts(pieces: Iterable[str]) -> Iterator[str]:
    """The streamed text without `<think>…</think>`, wherever the pieces are cut."""
    text, marker = "", _BEGIN
    for piece in pieces:
        text += piece
        while marker in text:
            before, text = text.split(marker, 1)
            if marker == _BEGIN and before:
                yield before
            marker = _END if marker == _BEGIN else _BEGIN
        kept = _possible_beginning(text, marker)
        if marker == _BEGIN and len(text) > kept:
            yield text[: len(text) - kept]
        text = text[len(text) - kept :]
    if marker == _BEGIN and text:
        yield text


def _possible_beginning(text: str, marker: str) -> int:
    """How many of the last characters may be the beginning of the marker."""
    lengths = range(min(len(text), len(marker) - 1), 0, -1)
    return next((length for length in lengths if text.endswith(marker[:length])), 0)
