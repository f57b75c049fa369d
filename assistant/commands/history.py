"""`xiaoben history`: shows, exports and forgets what was said, if a history is kept.

The running Xiaoben is asked first: the history of a service lies in a folder, and is read with a key, that
only the service may open. Without one it is read here.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from assistant import control, history
from assistant.commands.consent import says_yes
from assistant.config import Config
from assistant.errors import StorageError, localized

SUMMARY = ("show, export or forget what was said", "查看、导出或删除对话记录")

Ask = Callable[..., dict[str, Any]]
"""Has a command answered: `ask("history", count=10)`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help=localized(en="print it, the newest last", zh="显示，最新的在最后"))
    show.add_argument(
        "--last", type=_count, metavar="N", help=localized(en="only the last N", zh="只显示最后 N 条")
    )
    show.set_defaults(act=_show)
    export = actions.add_parser("export", help=localized(en="write it as JSON lines", zh="逐行导出为 JSON"))
    export.add_argument(
        "file", metavar="FILE|-", help=localized(en="- is the standard output", zh="- 表示标准输出")
    )
    export.set_defaults(act=_export)
    forget = actions.add_parser("forget", help=localized(en="delete it, or a part", zh="删除全部或一部分"))
    which = forget.add_mutually_exclusive_group()
    which.add_argument(
        "--all", action="store_true", help=localized(en="everything (the default)", zh="全部（默认）")
    )
    which.add_argument(
        "--before",
        type=_day,
        metavar="DATE",
        help=localized(en="before a day, e.g. 2026-08-31", zh="某日之前"),
    )
    which.add_argument("--last", type=_count, metavar="N", help=localized(en="the last N", zh="最后 N 条"))
    forget.set_defaults(act=_forget)


def run(args: argparse.Namespace, config: Config) -> int:
    """Do what was asked."""
    status: int = args.act(args, _asking(config))
    return status


def _asking(config: Config) -> Ask:
    daemon = control.answering(config.socket)
    if control.is_running(daemon):
        return lambda command, **fields: control.request(daemon, command, **fields)
    commands = {"history": history.show, "forget": history.forget}
    return lambda command, **fields: commands[command](config, fields)


def _show(args: argparse.Namespace, ask: Ask) -> int:
    for entry in reversed(list(islice(_newest(ask), args.last))):
        print(json.dumps(entry, ensure_ascii=False) if args.json else _line(entry))
    return 0


def _line(entry: dict[str, Any]) -> str:
    return f"{entry['time']}  {entry['text']}\n    {entry['reply']}"


def _export(args: argparse.Namespace, ask: Ask) -> int:
    lines = [f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in reversed(list(_newest(ask)))]
    if args.file == "-":
        sys.stdout.writelines(lines)
    else:
        _write(Path(args.file), lines)
    return 0


def _write(path: Path, lines: Sequence[str]) -> None:
    """Make a file that only its owner may read; raises StorageError, also for one that is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise StorageError(
            en=f"The history cannot be written to {path}: {error.strerror}; choose another place.",
            zh=f"无法把对话记录写入 {path}：{error.strerror}；请换一个位置。",
        ) from error


def _newest(ask: Ask) -> Iterator[dict[str, Any]]:
    """All entries, the newest first, fetched as they are wanted; says which could not be read."""
    before = None
    while True:
        page = ask("history", before=before)
        if page["unreadable"]:
            _warn(page["unreadable"])
        yield from page["entries"]
        before = page["before"]
        if before is None:
            return


def _warn(unreadable: int) -> None:
    print(
        localized(
            en=f"xiaoben: {unreadable} entries were damaged or altered and are left out.",
            zh=f"xiaoben：{unreadable} 条记录已损坏或被改动，未显示。",
        ),
        file=sys.stderr,
    )


def _forget(args: argparse.Namespace, ask: Ask) -> int:
    if not _confirmed():
        return 1
    count = ask("forget", **_which(args))["forgotten"]
    if args.json:
        print(json.dumps({"forgotten": count}))
    else:
        print(localized(en=f"Forgotten: {count}.", zh=f"已删除 {count} 条。"))
    return 0


def _which(args: argparse.Namespace) -> dict[str, Any]:
    if args.last:
        return {"last": args.last}
    return {"before": args.before.isoformat()} if args.before else {"all": True}


def _confirmed() -> bool:
    """Whether the person at the terminal, if there is one, means it."""
    if not sys.stdin.isatty():
        return True
    question = localized(
        en="It cannot be brought back. Forget it? [y/N] ", zh="删除后无法恢复。确定删除吗？[y/N] "
    )
    return says_yes(question)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            localized(en=f"{text} is no whole number above 0", zh=f"{text} 不是大于 0 的整数")
        )
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            localized(en=f"{text} is no date like 2026-08-31", zh=f"{text} 不是 2026-08-31 这样的日期")
        ) from error
