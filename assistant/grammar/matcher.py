"""Finds the template that a sentence fits."""

from collections.abc import Iterable, Iterator

from assistant.events import Language
from assistant.grammar.courtesy import cores
from assistant.grammar.template import Match, Template
from assistant.grammar.text import plain


class Matcher:
    """Knows all templates."""

    def __init__(self, templates: Iterable[Template]) -> None:
        """Of templates that fit equally well the earlier one wins."""
        self._templates = list(templates)

    def match(self, text: str, lang: Language) -> Match | None:
        """The best way to understand a sentence as heard, or None."""
        return next(iter(self.matches(text, lang)), None)

    def matches(self, text: str, lang: Language) -> list[Match]:
        """All ways to understand it: the one with the most literal text first, of equals one in `lang`."""
        return sorted(
            self._all(plain(text)), key=lambda match: (match.open_text, match.template.lang != lang)
        )

    def _all(self, sentence: str) -> Iterator[Match]:
        for core in cores(sentence):
            for template in self._templates:
                if match := template.match(core):
                    yield match
