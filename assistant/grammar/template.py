"""One way to say something. The only module that knows hassil.

hassil defines the language of the templates: `(a|b)`, `[optional]`, `{slot}`. A template becomes one
regular expression: thousands of them are tried in milliseconds, and slots side by side come out right.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from hassil import Alternative, Expression, Group, ListReference, Permutation, TextChunk, parse_sentence
from hassil.parser import ParseError

from assistant.errors import SkillError
from assistant.events import Language
from assistant.grammar.slots import SlotType
from assistant.grammar.text import plain_template

# Optional words leave their spaces behind ("turn on [the] light"), so a space may be one that was
# matched already; and beside Chinese, as at either end, there is none.
_SPACE = r"(?: |(?<![!-~])|(?![!-~]))"


class Template:
    """One way to say something."""

    def __init__(self, source: str, lang: Language, intent: str, slots: Mapping[str, SlotType]) -> None:
        """`slots` are those it may use; raises SkillError when `source` cannot serve as a template."""
        self.source = source
        self.lang = lang
        self.intent = intent
        self._expression = _parsed(source)
        self.names = [reference.slot_name for reference in self._expression.list_references()]
        for name in self.names:
            if name not in slots:
                raise SkillError(
                    en=f"the template '{source}' has a slot {{{name}}} but the function no such parameter",
                    zh=f"模板“{source}”有槽位 {{{name}}}，而函数没有这个参数",
                )
        self.always = _unavoidable(self._expression)
        """Names of the slots that every sentence fills."""
        self._slots = [slots[name] for name in self.names]
        self._patterns: list[str] = []
        self._regex = re.compile(_regex(self._expression, self._groups()), re.IGNORECASE)

    def match(self, text: str) -> "Match | None":
        """How the whole of the plain `text` fits, if it does."""
        fit = self._compiled().fullmatch(text)
        if not fit:
            return None
        words = {index: said for index in range(len(self.names)) if (said := fit[f"slot{index}"])}
        values = {self.names[index]: self._slots[index].parse(said) for index, said in words.items()}
        if any(value is None for value in values.values()):
            return None
        return Match(self, values, sum(map(len, words.values())))

    def _compiled(self) -> re.Pattern[str]:
        if any(slot.pattern != pattern for slot, pattern in zip(self._slots, self._patterns, strict=True)):
            self._regex = re.compile(_regex(self._expression, self._groups()), re.IGNORECASE)
        return self._regex

    def _groups(self) -> Iterator[str]:
        self._patterns = [slot.pattern for slot in self._slots]
        return (f"(?P<slot{index}>{pattern})" for index, pattern in enumerate(self._patterns))


@dataclass(frozen=True, slots=True)
class Match:
    """How a sentence fits a template."""

    template: Template
    slots: Mapping[str, Any]
    open_text: int
    """Characters that are in slots; the fewer, the more of the sentence the template itself says."""


def _parsed(source: str) -> Group:
    try:
        expression = cast(Group, parse_sentence(plain_template(source)).expression)
    except (ParseError, AssertionError) as error:
        raise SkillError(
            en=f"the template '{source}' is malformed ({error}); check its brackets",
            zh=f"模板“{source}”的写法有误（{error}）；请检查括号",
        ) from error
    if _shortest(expression) == 0:
        raise SkillError(
            en=f"the template '{source}' can fit without a word of its own; give it a fixed word",
            zh=f"模板“{source}”没有必需的固定词语；请加上",
        )
    return expression


def _shortest(expression: Expression) -> int:
    """The least number of fixed characters; raises SkillError for what we do not use of hassil."""
    match expression:
        case TextChunk(text=text):
            return len(text.strip())
        case Alternative(items=items):
            return min(map(_shortest, items))
        case Group(items=items) if not isinstance(expression, Permutation):
            return sum(map(_shortest, items))
        case ListReference():
            return 0
    raise SkillError(
        en="templates know (a|b), [optional] and {slot}; write <rules> and (a;b) out",
        zh="模板只支持 (甲|乙)、[可省] 和 {槽位}；请把 <规则> 和 (甲;乙) 展开写",
    )


def _unavoidable(expression: Expression) -> frozenset[str]:
    match expression:
        case ListReference():
            return frozenset({expression.slot_name})
        case Alternative(items=items):
            return frozenset.intersection(*map(_unavoidable, items))
        case Group(items=items):
            return frozenset[str]().union(*map(_unavoidable, items))
    return frozenset()


def _regex(expression: Expression, slots: Iterator[str]) -> str:
    match expression:
        case TextChunk(text=text):
            return _literal(text)
        case Alternative(items=items):
            return f"(?:{'|'.join(_regex(item, slots) for item in items)})"
        case Group(items=items):
            return "".join(_regex(item, slots) for item in items)
    return next(slots)


def _literal(text: str) -> str:
    words = _SPACE.join(map(re.escape, text.split()))
    before = _SPACE if text[:1].isspace() else ""
    after = _SPACE if words and text[-1:].isspace() else ""
    return before + words + after
