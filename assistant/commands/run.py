"""`xiaoben run`: the daemon; with files in place of devices it ends when the file and the reply end."""

import argparse
import asyncio
from contextlib import suppress
from pathlib import Path

from assistant.commands.fenced import fenced
from assistant.config import Config
from assistant.errors import InputError, UsageError, localized
from assistant.lan.client import Lan

SUMMARY = ("listen and answer", "监听并回答")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--mic",
        type=Path,
        metavar="FILE",
        help=localized(en="a sound file in place of the microphone", zh="用声音文件代替麦克风"),
    )
    parser.add_argument(
        "--speaker",
        type=Path,
        metavar="OUT.wav",
        help=localized(
            en="a WAV file in place of the speaker (with --mic)", zh="用 WAV 文件代替扬声器（需 --mic）"
        ),
    )
    parser.add_argument(
        "--events",
        type=Path,
        metavar="FILE.jsonl",
        help=localized(
            en="write what happens, with the words, one JSON object a line",
            zh="把过程（含说的话）逐行写成 JSON",
        ),
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help=localized(en="read --mic as fast as possible", zh="以最快速度读取 --mic"),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Run until told to stop, or until the file has been answered."""
    if (args.speaker or args.fast) and not args.mic:
        raise UsageError(
            en="--speaker and --fast go with --mic FILE; without it the real devices are used.",
            zh="--speaker 和 --fast 需要与 --mic FILE 一起使用；否则使用真实设备。",
        )
    if args.mic:
        _check_recording(args.mic)  # before the outputs are made
    with fenced(config, args.mic, [path for path in (args.speaker, args.events) if path]) as lan:
        return _listen(args, config, lan)


def _check_recording(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            en=f"The sound file {path} cannot be read: {error.strerror}.",
            zh=f"无法读取声音文件 {path}：{error.strerror}。",
        ) from error


def _listen(args: argparse.Namespace, config: Config, lan: Lan) -> int:
    from assistant import app  # noqa: PLC0415 - not before the fence

    files = app.Files(args.mic, args.speaker, args.fast) if args.mic else None
    with suppress(asyncio.CancelledError):  # we were told to stop, and did
        asyncio.run(app.run(config, lan, files=files, events=args.events))
    return 0
