"""Tries every skill's examples against all skills together: do they take each other's sentences?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.declaration import Action, language
from assistant.grammar.matcher import Matcher
from assistant.grammar.template import Match
from assistant.skill import Skill


@dataclass(frozen=True, slots=True)
class Conflict:
    """An example that another action claims too."""

    sentence: str
    intent: str
    """Whose example it is."""
    rival: str
    """Who claims it."""
    lost: bool
    """The rival gets it; else both fit equally well, and the order of the skills decides."""


def conflicts(skills: Sequence[Skill], tried: Iterable[Skill]) -> Iterator[Conflict]:
    """The examples of the skills `tried` that are not clearly theirs among `skills`."""
    matcher = Matcher(
        template for skill in skills for action in skill.actions for template in action.templates
    )
    for skill in tried:
        for action in skill.actions:
            for sentence in action.examples:
                yield from _claimed(sentence, action, matcher.matches(sentence, language(sentence)))


def _claimed(sentence: str, action: Action, matches: Sequence[Match]) -> Iterator[Conflict]:
    best = matches[0]
    for match in matches:
        if match.template.intent != action.name and match.open_text == best.open_text:
            lost = best.template.intent != action.name
            yield Conflict(sentence, action.name, match.template.intent, lost)
            return
