"""Cuts text into sentences while it is still being written, and leaves out what is only there for the eye."""

import itertools
import re

# Lengths in thirds of a syllable: a Han character or a digit is about one, a Latin letter a third of one.
_EARLIEST = 3 * 8  # from here a clause may be the first piece, so that sound begins early
_LONG = 3 * 30  # from here a clause may be any piece
_LONGEST = 3 * 60  # about 12 s of speech

_WIDE = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff0-9]")
_MARK = re.compile(r"[。！？；…，、：.!?;,:\n]+[\"'”’」』】》）)\]]*")
# A full stop that ends nothing: after an abbreviation, an initial, an item's number; before a small letter.
_CONTINUES = re.compile(
    r"(?:(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Mt|Jr|Sr|vs|Fig)|\.[A-Za-z]|^\d+)\.\s*\S|\bNo\.\s+\d|\s[a-z])$"
)
_VISIBLE = re.compile(r"\S")
_MARKUP = (
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"^(?:#{1,6}\s|[-+*•]\s|>)\s*"), ""),
    (re.compile(r"\*{2,}|(?<![\d\s])\*|\*(?![\d\s])|`+|~~|(?<!\w)_+|_+(?!\w)"), ""),
)


class SentenceSplitter:
    """Text in, in chunks cut anywhere; sentences out, the same for every way of cutting."""

    def __init__(self) -> None:
        self._text = ""
        self._clause_from = _EARLIEST

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completes; one is complete when the next has begun."""
        self._text = (self._text + text).lstrip()
        sentences = []
        while end := _end(self._text, self._clause_from):
            piece, self._text = without_markup(self._text[:end]), self._text[end:].lstrip()
            if any(map(str.isalnum, piece)):
                sentences.append(piece)
                self._clause_from = _LONG
        return sentences

    def flush(self) -> list[str]:
        """The text is over: what is left of it. Another one may begin."""
        sentences = self.feed("\n\0")
        self._text, self._clause_from = "", _EARLIEST
        return sentences


def split(text: str) -> list[str]:
    """The sentences of a whole text."""
    splitter = SentenceSplitter()
    return splitter.feed(text) + splitter.flush()


def without_markup(text: str) -> str:
    """A piece of Markdown as it is read aloud."""
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text.strip())
    return text


def _end(text: str, clause_from: int) -> int | None:
    """Where the first piece of `text` ends; None while that depends on what follows."""
    for mark in _MARK.finditer(text):
        following = _VISIBLE.search(text, mark.end())
        if not following:
            return None
        length = _length(text[: mark.end()])
        if length > _LONGEST:
            break
        if _ends_sentence(mark, following.end()) or (length >= clause_from and _ends_clause(mark)):
            return mark.end()
    return _last_gap(text) if _length(text) > _LONGEST else None


def _ends_sentence(mark: re.Match[str], context_end: int) -> bool:
    if re.search(r"[。！？；…\n]", mark.group()):
        return True
    if not _stands_apart(mark):
        return False
    if re.search(r"[!?;]", mark.group()):
        return True
    return "." in mark.group() and not _CONTINUES.search(mark.string, 0, context_end)


def _ends_clause(mark: re.Match[str]) -> bool:
    if "." in mark.group():
        return False
    return _stands_apart(mark) or (mark.group()[0] in "，、：" and not mark.string[mark.end()].isdigit())


def _stands_apart(mark: re.Match[str]) -> bool:
    """Whether the mark is no part of a number, a time or an address."""
    following = mark.string[mark.end()]
    return following.isspace() or following > "\u2e80"


def _last_gap(text: str) -> int:
    """Where to cut a piece that has no mark: the last space before it gets too long, else right there."""
    lengths = itertools.accumulate(map(_length, text))
    limit = next(index for index, length in enumerate(lengths) if length > _LONGEST)
    return text.rfind(" ", 1, limit) + 1 or limit


def _length(text: str) -> int:
    return len(text) + 2 * len(_WIDE.findall(text))
