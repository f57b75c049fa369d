"""Answers what a skill understands. Knows neither sound nor language models."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.declaration import Action, wanted
from assistant.errors import SkillError
from assistant.events import Intent, Language, Transcript
from assistant.grammar.consent import consent
from assistant.grammar.matcher import Matcher
from assistant.grammar.slots import as_json
from assistant.lan.client import FORBIDDEN, NOWHERE, Lan
from assistant.schedule import Clock, Due, Schedule
from assistant.skill import Context, Reply, Skill, Spoken
from assistant.storage import Storage

_Function = Callable[..., Awaitable[Reply | Spoken]]

_LOGGER = logging.getLogger(__name__)

TIME_LIMIT_SECONDS = 10.0  # nobody waits longer for an answer
FORGET_SECONDS = 120.0
"""How long after a reply it can be repeated."""
LEAVE_SECONDS = 20.0
"""How long after a question its yes counts."""
# In front: a late echo of the question's end, heard as its answer, must not be a yes.
_YES_OR_NO: Mapping[Language, str] = {"zh": "请回答是或不是：", "en": "Say yes or no. "}
_DECLINED = Reply(zh="好的，不做。", en="Okay, I won't.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a skill has to say to a request, or when something falls due."""

    intent: Intent
    reply: Spoken
    ring: bool = False
    """Ring before it is said."""
    end: bool = False
    """The talk is over: whatever still sounds or waits for an answer stops."""
    asks: bool = False
    """A question: what is said next may answer it."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What a skill was asked to do."""

    skill: Skill
    action: Action
    lang: Language
    slots: Mapping[str, Any]

    @property
    def intent(self) -> Intent:
        return Intent(self.action.name, {name: as_json(value) for name, value in self.slots.items()})

    @property
    def question(self) -> Spoken | None:
        """What must be answered with yes before it is done."""
        if not self.action.question:
            return None
        asked = self.action.question[self.lang].format(**self.slots)
        return Spoken(_YES_OR_NO[self.lang] + asked, self.lang)


class Understanding:
    """The skills at work."""

    def __init__(
        self,
        skills: Sequence[Skill],
        storage: Storage,
        clock: Clock,
        *,
        lan: Lan = NOWHERE,
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
        self._lan = lan
        self._time_limit = time_limit_seconds
        # One function of a skill at a time: two would overwrite what the other keeps.
        self._locks = {skill.name: asyncio.Lock() for skill in skills}
        self._last_reply: Spoken | None = None
        self._replied = 0.0
        self._asked: tuple[_Request, float] | None = None
        """What waits for a yes, and until when."""

    @property
    def last_reply(self) -> Spoken | None:
        """What was said last, unless it is forgotten."""
        self.forget_old()
        return self._last_reply

    @last_reply.setter
    def last_reply(self, reply: Spoken) -> None:
        """To be set by whoever lets others than the skills speak."""
        self._last_reply = reply
        self._replied = self._clock.elapsed()

    def forget_old(self) -> None:
        """Forget what was said so long ago that nobody will ask to have it repeated, or may answer it."""
        now = self._clock.elapsed()
        if now - self._replied > FORGET_SECONDS:
            self._last_reply = None
        if self._asked and now > self._asked[1]:
            self._asked = None

    async def answer(self, transcript: Transcript) -> Answer | None:
        """What a skill answers, or None when no skill understands. Never raises for a skill's mistake."""
        if waiting := self._take_waiting():
            match consent(transcript.text):
                case True:
                    return await self._carry_out(waiting)
                case False:
                    return self._answer(Intent("declined"), _DECLINED, waiting.lang)
        fit = self._matcher.match(transcript.text, transcript.lang)
        if fit is None:
            return None
        request = _Request(*self._actions[fit.template.intent], fit.template.lang, fit.slots)
        return self._ask_leave(request) or await self._carry_out(request)

    async def due(self, due: Due) -> Answer:
        """What to say when something falls due; what its skill cannot say is announced all the same."""
        skill = self._skills.get(due.skill)
        reply: Reply | Spoken | None = None
        if skill and skill.on_due:
            reply = await self._turn(skill, due.lang, skill.on_due, {"due": due})
        return self._answer(Intent(f"{due.skill}.due"), reply or _unexplained(due), due.lang)

    def _take_waiting(self) -> _Request | None:
        """What waits for a yes, once: whatever else is said drops it."""
        self.forget_old()
        asked, self._asked = self._asked, None
        return asked and asked[0]

    def _ask_leave(self, request: _Request) -> Answer | None:
        """The question to ask first, for what is dangerous; it then waits for the answer."""
        if not request.question:
            return None
        self._asked = request, self._clock.elapsed() + LEAVE_SECONDS
        return replace(self._answer(request.intent, request.question, request.lang), asks=True)

    async def _carry_out(self, request: _Request) -> Answer:
        reply = await self._turn(request.skill, request.lang, request.action.function, request.slots)
        return self._answer(request.intent, reply or _apology(request.skill), request.lang)

    async def _turn(
        self, skill: Skill, lang: Language, function: _Function, arguments: Mapping[str, Any]
    ) -> Reply | Spoken | None:
        try:
            async with self._locks[skill.name], asyncio.timeout(self._time_limit):
                return await self._run(skill, lang, function, arguments)
        except SkillError as error:  # says to the person what is missing
            _log_failure(skill, error)
            return Reply(en=error.en, zh=error.zh)
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
            lan=self._lan if "lan" in skill.permissions else FORBIDDEN,
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
