"""All that a skill imports of ours.

    skill = Skill("eggs", en="boil eggs", zh="煮鸡蛋")

    @skill.intent(
        en=["boil [me] (an egg|{count} eggs)"],
        zh=["煮{count}个鸡蛋"],
        examples={"boil me an egg": {}, "煮两个鸡蛋": {"count": 2}},
    )
    async def boil(count: int = 1) -> Reply:
        '''Boil eggs.'''
        return Reply(en=f"Boiling {en.count(count, 'egg')}.", zh=f"正在煮{zh.count(count, '个')}鸡蛋。")

A template is a sentence with `(one|other)`, `[optional]` and `{slot}` in it; a slot is a parameter. Polite
words around it ("could you please", 麻烦帮我…一下), case and punctuation need not be written.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from assistant import declaration
from assistant.declaration import Action, Examples
from assistant.errors import SkillError
from assistant.events import Language
from assistant.events import Reply as Spoken
from assistant.grammar.slots import OneOf, Words
from assistant.lan.client import Lan
from assistant.schedule import Due, Schedule
from assistant.spoken import en, zh

__all__ = [
    "Context", "Due", "Help", "Lan", "OneOf", "Reply", "Schedule", "Skill", "Spoken", "Words", "en", "zh",
]  # fmt: skip

PERMISSIONS = ("lan",)
"""What a skill can ask to be permitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to say, in both languages; the one that was asked in is spoken."""

    zh: str
    en: str
    ring: bool = False
    """Ring before it is said."""
    end: bool = False
    """The talk is over: whatever still sounds or waits for an answer stops."""

    def spoken(self, lang: Language) -> Spoken:
        """The one for a language."""
        return Spoken(self.zh if lang == "zh" else self.en, lang)


@dataclass(frozen=True, slots=True)
class Help:
    """What an installed skill can do."""

    zh: str
    """Completes 我会…."""
    en: str
    """Completes "I can …"."""
    examples: Mapping[Language, str]
    """Something to say to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a skill knows of the world, for one turn."""

    lang: Language
    """The language that was spoken."""
    now: Callable[[], datetime]
    """The local time."""
    storage: dict[str, Any]
    """The skill's own values by name, anything that JSON can hold; kept when the function returns."""
    schedule: Schedule
    """What the skill wants to be woken for later; kept when the function returns."""
    catalogue: Sequence[Help]
    """The installed skills."""
    last_reply: Spoken | None
    """What was said last."""
    lan: Lan
    """The destinations in the configuration, for a skill with the permission `lan`."""


IntentFunction = TypeVar("IntentFunction", bound=Callable[..., Awaitable[Reply | Spoken]])
DueFunction = TypeVar("DueFunction", bound=Callable[..., Awaitable[Reply]])
CheckFunction = Callable[[], Reply | None]


class Skill:
    """Something the assistant can do; a file of yours has one, named `skill`."""

    def __init__(self, name: str, *, en: str, zh: str, permissions: Sequence[str] = ()) -> None:
        """`en` and `zh` say what it can do: they complete "I can …" and 我会….

        `permissions` are those of PERMISSIONS that it needs. Raises SkillError for others.
        """
        if not name.isidentifier() or not en or not zh:
            raise SkillError(
                en=f"Skill({name!r}): the name must be one word, and en= and zh= say what it can do.",
                zh=f"Skill({name!r})：名称必须是一个单词，并用 en= 和 zh= 说明它会做什么。",
            )
        if unknown := set(permissions) - set(PERMISSIONS):
            raise SkillError(
                en=f"Skill({name!r}): there is no permission '{min(unknown)}'; use {', '.join(PERMISSIONS)}.",
                zh=f"Skill({name!r})：没有名为“{min(unknown)}”的权限；可用的有 {'、'.join(PERMISSIONS)}。",
            )
        self.name = name
        self.en = en
        self.zh = zh
        self.permissions = tuple(permissions)
        self.actions: list[Action] = []
        self.on_due: Callable[..., Awaitable[Reply]] | None = None
        self.self_check: CheckFunction | None = None

    def intent(
        self, *, en: Sequence[str], zh: Sequence[str], examples: Examples, confirm: Reply | None = None
    ) -> Callable[[IntentFunction], IntentFunction]:
        """The function answers sentences that fit one of the templates `en` or `zh`.

        Its parameters are the slots, besides `context` if it wants that; its docstring says what it
        does. `examples` are sentences with the slots they must give. What is dangerous has a `confirm`,
        such as `Reply(en="Really open the {door}?", zh="真的要打开{door}吗？")`: it is asked first, and the
        function is called only if the answer is yes. Raises SkillError when anything of this does not fit.
        """
        question: dict[Language, str] = {"en": confirm.en, "zh": confirm.zh} if confirm else {}

        def declare(function: IntentFunction) -> IntentFunction:
            action = declaration.action(self.name, function, {"en": en, "zh": zh}, examples, question)
            if action.name in {other.name for other in self.actions}:
                again = SkillError(en="there is another function of this name", zh="已有同名函数")
                raise declaration.located(function, again)
            self.actions.append(action)
            return function

        return declare

    def due(self, function: DueFunction) -> DueFunction:
        """The function is awaited when something falls due that the skill has scheduled.

        It may have the parameters `context` and `due`.
        """
        try:
            declaration.check_function(function)
        except SkillError as error:
            raise declaration.located(function, error) from error
        self.on_due = function
        return function

    def check(self, function: CheckFunction) -> CheckFunction:
        """The function is called once at the start; a Reply from it says why the skill cannot work here."""
        self.self_check = function
        return function

    @property
    def help(self) -> Help:
        """What it can do."""
        first = self.actions[0]
        return Help(self.zh, self.en, {"zh": first.example("zh"), "en": first.example("en")})
