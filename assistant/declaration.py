"""Checks what a skill declares, while it is imported: whoever writes one learns of a slip at once."""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, get_type_hints

from assistant.errors import SkillError
from assistant.events import Language
from assistant.grammar.matcher import Matcher
from assistant.grammar.slots import SlotType, slot_type
from assistant.grammar.template import Template
from assistant.grammar.text import is_chinese

Examples = Mapping[str, Mapping[str, Any]]
"""Sentences that must be understood, each with the slots it must give."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a skill can do."""

    name: str
    """`skill.function`, what an `Intent` is called."""
    function: Callable[..., Awaitable[Any]]
    """Takes the slots by name, and the context if it has such a parameter."""
    description: str
    slots: Mapping[str, SlotType]
    templates: Sequence[Template]
    examples: Examples
    question: Mapping[Language, str]
    """Asked before it is carried out, with `{slot}` in it; empty: it needs no leave."""

    def example(self, lang: Language) -> str:
        """The first example in a language."""
        return next(sentence for sentence in self.examples if language(sentence) == lang)


def action(
    skill: str,
    function: Callable[..., Awaitable[Any]],
    sources: Mapping[Language, Sequence[str]],
    examples: Examples,
    question: Mapping[Language, str],
) -> Action:
    """The action that a function and its templates declare; raises SkillError naming file and line."""
    try:
        check_function(function)
        name = f"{skill}.{function.__name__}"
        slots = _slots(function)
        templates = list(_templates(name, sources, slots))
        _check_parameters(function, templates)
        _check_examples(templates, examples)
        _check_question(templates, question)
    except SkillError as error:
        raise located(function, error) from error
    return Action(name, function, inspect.getdoc(function) or "", slots, templates, dict(examples), question)


def check_function(function: Callable[..., Any]) -> None:
    """Raise SkillError unless it is a documented coroutine function."""
    if not inspect.iscoroutinefunction(function):
        raise SkillError(en="write 'async def' instead of 'def'", zh="请把 def 写成 async def")
    if not inspect.getdoc(function):
        raise SkillError(
            en="a docstring is missing; say in one sentence what it does",
            zh="缺少文档字符串；请用一句话说明作用",
        )


def wanted(function: Callable[..., Any], **offered: Any) -> dict[str, Any]:
    """Of the arguments offered those that the function has parameters for."""
    return {name: offered[name] for name in inspect.signature(function).parameters if name in offered}


def located(function: Callable[..., Any], error: SkillError) -> SkillError:
    """The error with the place of the function before it."""
    code = inspect.unwrap(function).__code__
    place = f"{code.co_filename}:{code.co_firstlineno}, {function.__name__}"
    return SkillError(en=f"{place}: {error.en}.", zh=f"{place}：{error.zh}。")


def _slots(function: Callable[..., Any]) -> dict[str, SlotType]:
    hints = get_type_hints(function, include_extras=True)
    for name in _slot_parameters(function):
        if name not in hints:
            raise SkillError(
                en=f"the parameter '{name}' lacks a type, such as str or int",
                zh=f"参数 {name} 没有类型，例如 str 或 int",
            )
    return {name: slot_type(hints[name]) for name in _slot_parameters(function)}


def _slot_parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {name: parameter for name, parameter in parameters.items() if name != "context"}


def _templates(
    name: str, sources: Mapping[Language, Sequence[str]], slots: Mapping[str, SlotType]
) -> Iterator[Template]:
    for lang, templates in sources.items():
        if isinstance(templates, str) or not templates:
            raise SkillError(
                en=f"{lang}= must be a list of at least one template",
                zh=f"{lang}= 必须是至少有一个模板的列表",
            )
        for source in templates:
            yield Template(source, lang, name, slots)


def _check_parameters(function: Callable[..., Any], templates: Sequence[Template]) -> None:
    for name, parameter in _slot_parameters(function).items():
        if not any(name in template.names for template in templates):
            raise SkillError(
                en=f"no template has the slot {{{name}}}; use the parameter or remove it",
                zh=f"没有模板用到槽位 {{{name}}}；请使用或删除这个参数",
            )
        for template in templates:
            if parameter.default is inspect.Parameter.empty and name not in template.always:
                raise SkillError(
                    en=f"the template '{template.source}' can leave {{{name}}} out; give it a default",
                    zh=f"模板“{template.source}”可以不含 {{{name}}}；请给参数一个默认值",
                )


def _check_examples(templates: Sequence[Template], examples: Examples) -> None:
    matcher = Matcher(templates)
    for sentence, slots in examples.items():
        match = matcher.match(sentence, language(sentence))
        if match is None:
            raise SkillError(
                en=f"no template fits the example '{sentence}'", zh=f"没有模板符合例句“{sentence}”"
            )
        if match.slots != slots:
            raise SkillError(
                en=f"the example '{sentence}' gives {match.slots}, not {slots}",
                zh=f"例句“{sentence}”得到的是 {match.slots}，而不是 {slots}",
            )
    if missing := {"en", "zh"} - set(map(language, examples)):
        raise SkillError(
            en=f"there is no example in {min(missing)}; add one", zh=f"没有 {min(missing)} 的例句；请补上"
        )


def _check_question(templates: Sequence[Template], question: Mapping[Language, str]) -> None:
    filled = frozenset.intersection(*(template.always for template in templates))
    for text in question.values():
        if strange := {name for _, name, _, _ in Formatter().parse(text) if name is not None} - filled:
            raise SkillError(
                en=f"the question '{text}' has {{{min(strange)}}} in it, which not every template fills",
                zh=f"问句“{text}”中的 {{{min(strange)}}} 并非每个模板都有",
            )


def language(sentence: str) -> Language:
    """What an example is written in."""
    return "zh" if is_chinese(sentence) else "en"
