"""Answers what a skill understands. Knows neither sound nor language models."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.declaration import wanted
from assistant.events import Intent, Language, Transcript
from assistant.grammar.matcher import Matcher
from assistant.grammar.slots import as_json
from assistant.schedule import Clock, Due, Schedule
from assistant.skill import Context, Reply, Skill, Spoken
from assistant.storage import Storage

_Function = Callable[..., Awaitable[Reply | Spoken]]

_LOGGER = logging.getLogger(__name__)

TIME_LIMIT_SECONDS = 10.0  # nobody waits longer for an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What a skill has to say to a request, or when something falls due."""

    intent: Intent
    reply: Spoken
    ring: bool = False
    """Ring before it is said."""
    end: bool = False
    """The talk is over: whatever still sounds or waits for an answer stops."""


class Understanding:
    """The skills at work."""

    def __init__(
        self,
        skills: Sequence[Skill],
        storage: Storage,
        clock: Clock,
        *,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
    ) -> None:
        self._skills = {skill.name: skill for skill in skills}
        self._actions = {action.name: (skill, action) for skill in skills for action in skill.actions}
        self._matcher = Matcher(
            template for _, action in self._actions.values() for template in action.templates
        )
        self._catalogue = [skill.help for skill in skills]
        self._storage = storage
        self._clock = clock
        self._time_limit = time_limit_seconds
        # One function of a skill at a time: two would overwrite what the other keeps.
        self._locks = {skill.name: asyncio.Lock() for skill in skills}
        self.last_reply: Spoken | None = None
        """What was said last. To be set by whoever lets others than the skills speak."""

    async def answer(self, transcript: Transcript) -> Answer | None:
        """What a skill answers, or None when no skill understands. Never raises for a skill's mistake."""
        match = self._matcher.match(transcript.text, transcript.lang)
        if match is None:
            return None
        skill, action = self._actions[match.template.intent]
        intent = Intent(action.name, {name: as_json(value) for name, value in match.slots.items()})
        lang = match.template.lang
        reply = await self._turn(skill, lang, action.function, match.slots)
        return self._answer(intent, reply or _apology(skill), lang)

    async def due(self, due: Due) -> Answer:
        """What to say when something falls due; what its skill cannot say is announced all the same."""
        skill = self._skills.get(due.skill)
        reply: Reply | Spoken | None = None
        if skill and skill.on_due:
            reply = await self._turn(skill, due.lang, skill.on_due, {"due": due})
        return self._answer(Intent(f"{due.skill}.due"), reply or _unexplained(due), due.lang)

    async def _turn(
        self, skill: Skill, lang: Language, function: _Function, arguments: Mapping[str, Any]
    ) -> Reply | Spoken | None:
        try:
            async with self._locks[skill.name], asyncio.timeout(self._time_limit):
                return await self._run(skill, lang, function, arguments)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one failed turn says so, the next one works
            _log_failure(skill, error)
            return None

    async def _run(
        self, skill: Skill, lang: Language, function: _Function, arguments: Mapping[str, Any]
    ) -> Reply | Spoken:
        """Run a function of a skill and keep what it changed."""
        records = self._storage.records(skill.name)
        schedule = Schedule(skill.name, lang, self._clock.now, self._storage.pending(skill.name))
        context = Context(
            lang=lang,
            now=self._clock.now,
            storage=records,
            schedule=schedule,
            catalogue=self._catalogue,
            last_reply=self.last_reply,
        )
        reply = await function(**wanted(function, context=context, **arguments))
        if not isinstance(reply, Reply | Spoken):
            raise TypeError("a skill must return a Reply")
        self._storage.save(skill.name, records, schedule)
        return reply

    def _answer(self, intent: Intent, reply: Reply | Spoken, lang: Language) -> Answer:
        if isinstance(reply, Spoken):
            answer = Answer(intent, reply)
        else:
            answer = Answer(intent, reply.spoken(lang), reply.ring, reply.end)
        self.last_reply = answer.reply
        return answer


def _apology(skill: Skill) -> Reply:
    return Reply(
        zh=f"抱歉，{skill.zh}时出错了。",
        en=f"Sorry, something went wrong when I tried to {skill.en}.",
    )


def _unexplained(due: Due) -> Reply:
    return Reply(
        zh=f"您设定的时间到了，但技能“{due.skill}”现在无法说明是什么事。",
        en=f"Something you asked for is due, but the skill '{due.skill}' cannot say what it is.",
        ring=not due.missed,
    )


def _log_failure(skill: Skill, error: BaseException) -> None:
    # Kind and place only: the message may quote what was said.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _LOGGER.error(
        "Skill %s failed: %s (%s:%s)", skill.name, type(error).__name__, frame.filename, frame.lineno
    )
    _LOGGER.debug("Skill %s", skill.name, exc_info=error)
