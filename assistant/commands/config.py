"""`xiaoben config show|check`: the settings that are in force, or what is wrong with the file."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.config import Config
from assistant.errors import localized

SUMMARY = ("show or check the settings", "显示或检查配置")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "action",
        choices=["show", "check"],
        help=localized(en="show all settings, or only check the file", zh="显示全部配置，或只检查文件"),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Print; a broken file has ended the program before, with its mistake named."""
    settings = config.model_dump(mode="json")
    path = args.config or paths.config_file()
    if args.action == "check":
        print(json.dumps({"file": str(path), "ok": True}) if args.json else _in_order(str(path)))
    elif args.json:
        print(json.dumps(settings, ensure_ascii=False, indent=2))
    else:
        print("\n".join(toml(settings)))
    return 0


def toml(settings: dict[str, Any]) -> Iterator[str]:
    """The settings as the lines of a file that could be read again; what is not set is left out."""
    sections = {key: value for key, value in settings.items() if isinstance(value, dict)}
    for key, value in settings.items():
        if key not in sections and value is not None:
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for name, section in sections.items():
        yield ""
        yield f"[{name}]"
        for key, value in section.items():
            if isinstance(value, dict):
                pairs = ", ".join(f"{inner} = {json.dumps(item)}" for inner, item in value.items())
                yield f"{key} = {{ {pairs} }}"
            elif value is not None:
                yield f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _in_order(path: str) -> str:
    if not Path(path).is_file():
        return localized(
            en=f"There is no {path}: the defaults are in force.", zh=f"没有 {path}：使用默认配置。"
        )
    return localized(en=f"{path} is in order.", zh=f"{path} 没有问题。")
