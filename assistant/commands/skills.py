"""`xiaoben skills`: which skills there are and how they fare, and whether their examples are understood."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.claims import Conflict, conflicts
from assistant.config import Config
from assistant.errors import InputError, localized
from assistant.skills import LoadedSkill, State, enabled, folders, load

SUMMARY = ("Show the skills, try their examples", "查看技能、检验例句")

_STATES = {
    State.ENABLED: "已启用",
    State.DISABLED: "已停用",
    State.LOAD_ERROR: "加载出错",
    State.CONFIG_ERROR: "配置有误",
    State.SELF_CHECK_FAILED: "自检未通过",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("list", help=localized(en="the skills there are", zh="列出所有技能"))
    show.set_defaults(act=_list)
    trial = actions.add_parser(
        "test",
        help=localized(en="try the examples against all skills", zh="用所有技能检验例句"),
    )
    trial.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        help=localized(en="only of this file or folder", zh="只检验该文件或文件夹"),
    )
    trial.set_defaults(act=_test)


def run(args: argparse.Namespace, config: Config) -> int:
    """Do what was asked; 0 only when all is well."""
    status: int = args.act(args, config)
    return status


def _list(args: argparse.Namespace, config: Config) -> int:
    loaded = load(folders(config.skills.folder), config.skills.disabled)
    if args.json:
        print(json.dumps([_facts(entry) for entry in loaded], ensure_ascii=False))
    else:
        for entry in loaded:
            print(_line(entry))
    return 0


def _facts(entry: LoadedSkill) -> dict[str, Any]:
    return {
        "name": entry.name,
        "state": entry.state.value,
        "reason": entry.reason,
        "source": entry.source,
        "templates": _templates(entry),
        "permissions": list(entry.skill.permissions) if entry.skill else [],
    }


def _templates(entry: LoadedSkill) -> int:
    return sum(len(action.templates) for action in entry.skill.actions) if entry.skill else 0


def _line(entry: LoadedSkill) -> str:
    state = localized(en=entry.state.value, zh=_STATES[entry.state])
    if not entry.skill:
        return f"{entry.name:<12} {state}: {entry.reason}"
    permissions = ", ".join(entry.skill.permissions)
    templates = _templates(entry)
    return f"{entry.name:<12} {state}  " + localized(
        en=f"{templates} templates, {f'may use {permissions}' if permissions else 'no permissions'}",
        zh=f"{templates} 个句式，{f'权限：{permissions}' if permissions else '无权限'}",
    )


def _test(args: argparse.Namespace, config: Config) -> int:
    places = folders(config.skills.folder)
    if args.path:
        places.insert(0, _existing(args.path))
    loaded = load(places, config.skills.disabled)
    tried = [entry for entry in loaded if not args.path or Path(entry.source).is_relative_to(args.path)]
    broken = [entry for entry in tried if not entry.skill and entry.state is not State.DISABLED]
    found = list(conflicts(enabled(loaded), enabled(tried)))
    if args.json:
        _print_json(tried, found)
    else:
        _print_text(tried, found, broken)
    return 1 if found or broken else 0


def _existing(path: Path) -> Path:
    if not path.exists():
        raise InputError(
            en=f"There is no skill at {path}; give a Python file or a folder of them.",
            zh=f"{path} 处没有技能；请给出 Python 文件或其所在文件夹。",
        )
    return path


def _print_json(tried: list[LoadedSkill], found: list[Conflict]) -> None:
    skills = [_facts(entry) | {"examples": _examples([entry])} for entry in tried]
    print(
        json.dumps(
            {"skills": skills, "conflicts": [asdict(conflict) for conflict in found]}, ensure_ascii=False
        )
    )


def _print_text(tried: list[LoadedSkill], found: list[Conflict], broken: list[LoadedSkill]) -> None:
    for entry in broken:
        print(_line(entry))
    for conflict in found:
        print(_sentence(conflict))
    total = _examples(tried)
    print(
        localized(
            en=f"{total} examples, {total - len(found)} understood, {len(found)} in conflict",
            zh=f"{total} 个例句，{total - len(found)} 个理解正确，{len(found)} 个有冲突",
        )
    )


def _examples(entries: list[LoadedSkill]) -> int:
    return sum(len(action.examples) for skill in enabled(entries) for action in skill.actions)


def _sentence(conflict: Conflict) -> str:
    if conflict.lost:
        return localized(
            en=f"'{conflict.sentence}' is an example of {conflict.intent}, but {conflict.rival} gets it.",
            zh=f"“{conflict.sentence}”是 {conflict.intent} 的例句，却被 {conflict.rival} 抢走。",
        )
    return localized(
        en=f"'{conflict.sentence}' fits {conflict.intent} and {conflict.rival} equally well.",
        zh=f"“{conflict.sentence}”同样符合 {conflict.intent} 和 {conflict.rival}。",
    )
