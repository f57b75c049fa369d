"""Finds and imports the skills. A bad one is named and left out, and harms no other.

Looked for in folders (the user's before ours; every `*.py` whose name does not begin with `_`), then among
the entry points `xiaoben.skills` of installed packages. Of several with one name the first that works
counts, so a file of the user's takes the place of a bundled skill.
"""

import difflib
import enum
import importlib.util
import logging
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

from assistant import paths
from assistant.errors import SkillError, localized
from assistant.skill import Skill

_LOGGER = logging.getLogger(__name__)

ENTRY_POINTS = "xiaoben.skills"


class State(enum.Enum):
    """What became of a skill."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    LOAD_ERROR = "load error"
    CONFIG_ERROR = "config error"
    SELF_CHECK_FAILED = "self-check failed"


@dataclass(frozen=True, slots=True)
class LoadedSkill:
    """A skill that was found, or should have been."""

    name: str
    state: State
    source: str
    """The file or the entry point."""
    skill: Skill | None = None
    reason: str = ""
    """Why it is not enabled."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    source: str
    get: Callable[[], object]


def folders(own: Path | None) -> list[Path]:
    """Where skills lie: the user's folder (None: beside the configuration), then ours."""
    return [own or paths.config_file().parent / "skills", paths.bundled("skills")]


def load(folders: Iterable[Path], disabled: Collection[str] = ()) -> list[LoadedSkill]:
    """Every skill there is, each in its state; logs a line for each that is not as it should be."""
    loaded: list[LoadedSkill] = []
    taken: dict[str, str] = {}
    for candidate in _candidates(folders):
        if candidate.name in disabled:
            entry = _disabled(candidate, en="disabled in the configuration", zh="已在配置中停用")
        elif other := taken.get(candidate.name):
            entry = _disabled(candidate, en=f"replaced by {other}", zh=f"已被 {other} 取代")
        else:
            entry = _imported(candidate)
        if entry.state is State.ENABLED:
            taken[entry.name] = entry.source
        loaded.append(entry)
    loaded += _unknown(disabled, {entry.name for entry in loaded})
    for entry in loaded:
        if entry.state not in {State.ENABLED, State.DISABLED}:
            _LOGGER.warning("Skill %s, %s: %s", entry.name, entry.state.value, entry.reason)
    return loaded


def enabled(loaded: Iterable[LoadedSkill]) -> list[Skill]:
    """Those that can be used."""
    return [entry.skill for entry in loaded if entry.skill]


def _candidates(folders: Iterable[Path]) -> Iterator[_Candidate]:
    for folder in folders:
        for path in [folder] if folder.is_file() else sorted(folder.glob("[!_]*.py")):
            yield _Candidate(path.stem, str(path), partial(_skill_in, path))
    for point in sorted(entry_points(group=ENTRY_POINTS)):
        yield _Candidate(point.name, point.value, point.load)


def _skill_in(path: Path) -> object:
    name = f"xiaoben_skill_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and typing look names up
    spec.loader.exec_module(module)
    return getattr(module, "skill", None)


def _imported(candidate: _Candidate) -> LoadedSkill:
    try:
        skill = candidate.get()
        complaint = skill.self_check() if isinstance(skill, Skill) and skill.self_check else None
    except SkillError as error:
        return LoadedSkill(candidate.name, State.LOAD_ERROR, candidate.source, reason=str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one bad skill never takes the daemon down
        return LoadedSkill(candidate.name, State.LOAD_ERROR, candidate.source, reason=_described(error))
    if not isinstance(skill, Skill) or skill.name != candidate.name or not skill.actions:
        return LoadedSkill(
            candidate.name, State.LOAD_ERROR, candidate.source, reason=_no_skill(candidate.name)
        )
    if complaint:
        reason = localized(en=complaint.en, zh=complaint.zh)
        return LoadedSkill(candidate.name, State.SELF_CHECK_FAILED, candidate.source, reason=reason)
    return LoadedSkill(candidate.name, State.ENABLED, candidate.source, skill)


def _disabled(candidate: _Candidate, *, en: str, zh: str) -> LoadedSkill:
    return LoadedSkill(candidate.name, State.DISABLED, candidate.source, reason=localized(en=en, zh=zh))


def _unknown(disabled: Iterable[str], known: Collection[str]) -> Iterator[LoadedSkill]:
    for name in disabled:
        if name not in known:
            close = "".join(difflib.get_close_matches(name, known, n=1))
            reason = localized(
                en="'skills.disabled' names it, but there is no such skill"
                + (f"; did you mean '{close}'?" if close else ""),
                zh="“skills.disabled”中有它，但没有这个技能" + (f"；你是指“{close}”吗？" if close else ""),
            )
            yield LoadedSkill(name, State.CONFIG_ERROR, "", reason=reason)


def _described(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({frame.filename}:{frame.lineno})"


def _no_skill(name: str) -> str:
    return localized(
        en=f"there must be a variable skill = Skill('{name}', ...) with at least one @skill.intent",
        zh=f"必须有变量 skill = Skill('{name}', …)，并至少有一个 @skill.intent",
    )
