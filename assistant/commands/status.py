"""`xiaoben status`: how the running daemon is."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from assistant.config import Config
from assistant.control import answering, request
from assistant.errors import localized

SUMMARY = ("how the running Xiaoben is", "查看正在运行的小本的状态")


def configure(parser: argparse.ArgumentParser) -> None:
    """Nothing to add."""


def run(args: argparse.Namespace, config: Config) -> int:
    """Ask over the control socket and print the answer."""
    status = request(answering(config.socket), "status")
    if args.json:
        print(json.dumps(status, ensure_ascii=False))
        return 0
    for label, value in labelled(status):
        print(f"{label}: {value}")
    return 0


def labelled(status: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What a person wants to know, with its name."""
    names = {
        "state": localized(en="state", zh="状态"),
        "pid": localized(en="process", zh="进程"),
        "uptime_seconds": localized(en="running for (s)", zh="已运行（秒）"),
        "turns": localized(en="turns", zh="对话次数"),
        "memory_mb": localized(en="memory (MB)", zh="内存（MB）"),
        "alive": localized(en="microphone delivers sound", zh="麦克风有声音送来"),
        "zero_seconds": localized(en="nothing but zeros for (s)", zh="持续静音（秒）"),
        "lost": localized(en="lost frames", zh="丢失的帧"),
        "xruns": localized(en="overruns and underruns", zh="缓冲区溢出或不足"),
        "restarts": localized(en="restarts of the sound processes", zh="声音进程重启次数"),
    }
    values = {**status, **status["audio"]}
    for key, name in names.items():
        yield name, values[key]
