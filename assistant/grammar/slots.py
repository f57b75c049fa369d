"""Slots: the gaps in a template, and how the words in a gap become a value.

A new type of slot is a class with `pattern` and `parse`, entered in `_BY_TYPE`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from assistant.errors import SkillError
from assistant.grammar import durations, numbers
from assistant.grammar.text import is_chinese, plain


class SlotType(Protocol):
    """What may stand in a gap."""

    @property
    def pattern(self) -> str:
        """Regular expression, without groups, of at least everything that `parse` understands."""

    def parse(self, text: str) -> Any | None:
        """The value of the words; None when they have none, and then the sentence does not fit."""


class _Text:
    pattern = ".+?"

    def parse(self, text: str) -> str | None:
        return text.strip() or None


class _Integer:
    pattern = f"(?:{numbers.CHINESE}|{numbers.ENGLISH})"

    def parse(self, text: str) -> int | None:
        value = numbers.chinese(text) if is_chinese(text) else numbers.english(text)
        return int(value) if value is not None and value.is_integer() else None


class _Duration:
    pattern = durations.PATTERN

    def parse(self, text: str) -> timedelta | None:
        return durations.parse(text)


class Words:
    """How the values of a `Literal` slot are spoken: `Words(on="on|打开|开", off="off|关闭|关")`."""

    def __init__(self, **words: str) -> None:
        self.words: Mapping[str, tuple[str, ...]] = {
            value: tuple(plain(word) for word in alternatives.split("|"))
            for value, alternatives in words.items()
        }
        self._values = {word.lower(): value for value, words in self.words.items() for word in words}
        self.pattern = _alternation(tuple(self._values))

    def parse(self, text: str) -> str | None:
        """The value that is spoken so."""
        return self._values.get(text.lower())


class OneOf:
    """A slot for names that come and go while the assistant runs: `Annotated[str, OneOf(names)]`."""

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self._names = names

    @property
    def pattern(self) -> str:
        """The names there are now."""
        return _alternation(tuple(self._names()))

    def parse(self, text: str) -> str | None:
        """The name as it is written in the list."""
        return next((name for name in self._names() if plain(name).lower() == text.lower()), None)


_BY_TYPE: dict[Any, SlotType] = {str: _Text(), int: _Integer(), timedelta: _Duration()}


def slot_type(annotation: Any) -> SlotType:
    """How a parameter annotated so is filled; raises SkillError when there is no way."""
    hints: tuple[Any, ...] = ()
    annotation = _without_none(annotation)
    if get_origin(annotation) is Annotated:
        annotation, hints = get_args(annotation)[0], get_args(annotation)[1:]
    if get_origin(annotation) is Literal:
        return _closed(get_args(annotation), hints)
    for hint in hints:
        if isinstance(hint, OneOf):
            return hint
    if annotation in _BY_TYPE:
        return _BY_TYPE[annotation]
    known = ", ".join(known.__name__ for known in _BY_TYPE)
    raise SkillError(
        en=f"no slot can be of type {annotation!r}; use {known} or an Annotated Literal",
        zh=f"槽位不能是 {annotation!r} 类型；请用 {known} 或带 Words 的 Literal",
    )


def as_json(value: Any) -> Any:
    """A slot's value as a program reads it: lengths of time are seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, UnionType}:
        choices = [choice for choice in get_args(annotation) if choice is not NoneType]
        return choices[0] if len(choices) == 1 else annotation
    return annotation


def _closed(values: tuple[Any, ...], hints: Iterable[Any]) -> Words:
    words = next((hint for hint in hints if isinstance(hint, Words)), None)
    if words is None:
        raise SkillError(
            en=f"the values {values} lack words; annotate them: Annotated[Literal[...], Words(...)]",
            zh=f"取值 {values} 没有说法；请写 Annotated[Literal[...], Words(...)]",
        )
    if set(words.words) != set(values):
        odd = ", ".join(sorted(set(words.words) ^ set(map(str, values))))
        raise SkillError(
            en=f"Words and Literal differ in {odd}; give each value its words",
            zh=f"Words 与 Literal 不一致：{odd}；请为每个取值写出说法",
        )
    for value, spoken in words.words.items():
        if len(set(map(is_chinese, spoken))) < 2:
            raise SkillError(
                en=f"the value {value} has words in one language only: {'|'.join(spoken)}",
                zh=f"取值 {value} 只有一种语言的说法：{'|'.join(spoken)}",
            )
    return words


@lru_cache(maxsize=64)
def _alternation(words: tuple[str, ...]) -> str:
    # Longest first, so that "living room lamp" is not cut short by "living room".
    ordered = sorted(map(plain, words), key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, ordered))})" if ordered else "(?!)"
