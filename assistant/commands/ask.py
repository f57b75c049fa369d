"""`xiaoben ask TEXT|-`: one turn from text, by the running daemon or, without one, in this process."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from assistant import control, memory
from assistant.commands.fenced import fenced
from assistant.config import Config
from assistant.errors import UsageError, localized
from assistant.events import LANGUAGES
from assistant.lan.client import Lan

SUMMARY = ("ask in writing", "用文字提问")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "text",
        metavar="TEXT|-",
        help=localized(en="the request; - reads one a line", zh="要说的话；- 表示从标准输入逐行读取"),
    )
    parser.add_argument(
        "--lang", choices=LANGUAGES, help=localized(en="its language, if not plain", zh="语言，默认自动判断")
    )
    parser.add_argument("--speak", action="store_true", help=localized(en="say the reply", zh="把回答说出来"))


def run(args: argparse.Namespace, config: Config) -> int:
    """Print each reply as it comes."""
    texts = _lines(sys.stdin) if args.text == "-" else iter([args.text])
    daemon = control.answering(config.socket)
    if control.is_running(daemon):
        for text in texts:
            _print(control.request(daemon, "ask", text=text, lang=args.lang, speak=args.speak), args)
        return 0
    if args.speak:
        raise UsageError(
            en="--speak needs the running Xiaoben; start it with `xiaoben run`.",
            zh="--speak 需要小本正在运行；请先用 `xiaoben run` 启动。",
        )
    with fenced(config) as lan:
        asyncio.run(_answer_here(texts, args, config, lan))
    return 0


async def _answer_here(texts: Iterable[str], args: argparse.Namespace, config: Config, lan: Lan) -> None:
    from assistant import app  # noqa: PLC0415 - not before the fence

    async with app.answering(config, lan) as ask:
        memory.settle()
        for text in texts:
            _print(await ask(text, args.lang), args)


def _lines(file: Iterable[str]) -> Iterator[str]:
    return (line.strip() for line in file if line.strip())


def _print(answer: dict[str, Any], args: argparse.Namespace) -> None:
    print(json.dumps(answer, ensure_ascii=False) if args.json else answer["reply"], flush=True)
