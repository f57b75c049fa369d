"""`xiaoben status`: how the running daemon is."""

import argparse
import json

from assistant.config import Config
from assistant.control import request
from assistant.errors import localized

SUMMARY = ("how the running Xiaoben is", "查看正在运行的小本的状态")


def configure(parser: argparse.ArgumentParser) -> None:
    """Nothing to add."""


def run(args: argparse.Namespace, config: Config) -> int:
    """Ask over the control socket and print the answer."""
    status = request(config.socket, "status")
    if args.json:
        print(json.dumps(status, ensure_ascii=False))
        return 0
    for label, value in labelled(status):
        print(f"{label}: {value}")
    return 0


def labelled(status: dict[str, object]) -> list[tuple[str, object]]:
    """What a person wants to know, with its name."""
    names = {
        "state": localized(en="state", zh="状态"),
        "pid": localized(en="process", zh="进程"),
        "uptime_seconds": localized(en="running for (s)", zh="已运行（秒）"),
        "turns": localized(en="turns", zh="对话次数"),
        "memory_mb": localized(en="memory (MB)", zh="内存（MB）"),
        "microphone": localized(en="microphone", zh="麦克风"),
        "models": localized(en="models", zh="模型"),
        "wake_words": localized(en="wake words", zh="唤醒词"),
    }
    return [(name, status[key]) for key, name in names.items() if key in status]
