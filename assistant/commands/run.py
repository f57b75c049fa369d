"""`xiaoben run`: the daemon; with files in place of devices it ends when the file and the reply end."""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from assistant import memory, paths
from assistant.config import Config
from assistant.errors import UsageError, localized
from assistant.fence import Reach, enclose, observe
from assistant.fence.reach import of_run
from assistant.lan import broker
from assistant.lan.client import Lan

_LOGGER = logging.getLogger(__name__)

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
    os.umask(0o077)  # what we write is for the user's eyes only
    _wipe_memory()
    with broker.started(config) as lan:  # before the fence, for it has the network that we shall not have
        if config.privacy.fence:
            outputs = [path for path in (args.speaker, args.events) if path]
            _fence(of_run(config, args.mic, outputs) + Reach(sockets=[lan.folder] if config.lan else []))
        else:
            _LOGGER.warning(
                localized(en="No fence: `privacy.fence` is off.", zh="没有围栏：`privacy.fence` 已关闭。")
            )
        memory.forbid_dumps()
        return _listen(args, config, lan)


def _wipe_memory() -> None:
    """Start again, once, with an allocator that overwrites what is freed; it is told at the start only."""
    if environment := memory.wiping_environment(os.environ):
        os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606 - our own command line


def _fence(reach: Reach) -> None:
    enclose(reach)
    try:
        tempfile.gettempdir()  # a /tmp of our own, which ends with us
    except FileNotFoundError:  # where there are no namespaces it is everybody's, and out of reach
        tempfile.tempdir = str(paths.runtime_folder())
    layers = observe()
    _LOGGER.info("Fenced: %s", ", ".join(layer.name for layer in layers if layer.enforced) or "-")
    for layer in layers:
        if not layer.enforced:
            _LOGGER.warning("%s: %s", layer.name, localized(en=layer.en, zh=layer.zh))


def _listen(args: argparse.Namespace, config: Config, lan: Lan) -> int:
    # Only now, for a fence holds the thread that puts it up and those it starts: numpy and the engines start
    # some when they are imported, which would be left outside.
    from assistant import app  # noqa: PLC0415

    files = app.Files(args.mic, args.speaker, args.fast) if args.mic else None
    with suppress(asyncio.CancelledError):  # we were told to stop, and did
        asyncio.run(app.run(config, lan, files=files, events=args.events))
    return 0
