"""The command line: finds the command, reads the settings, turns errors into one sentence and a status."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from assistant import __version__, logs
from assistant.config import load
from assistant.errors import AssistantError, localized

COMMANDS = (
    "run", "ask", "say", "transcribe", "status", "devices", "models", "skills", "wake", "config", "doctor",
    "history", "install-service", "privacy",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except AssistantError as error:
        print(f"xiaoben: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(arguments: list[str]) -> int:
    # Options that every command has may stand anywhere: `models list --json` as well as `models --json list`.
    defaults = argparse.Namespace(config=None, json=False, verbose=False)
    args, rest = _common().parse_known_args(arguments, defaults)
    name = next((argument for argument in rest if not argument.startswith("-")), None)
    # Only the command that is wanted is imported: the others would load engines.
    args = _parser([name] if name in COMMANDS else COMMANDS).parse_args(rest, args)
    logs.set_up(verbose=args.verbose)
    command = _module(args.command)
    status: int = command.run(args, load(args.config))
    return status


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"assistant.commands.{command.replace('-', '_')}")


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    common.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=localized(en="another configuration file", zh="使用另一个配置文件"),
    )
    common.add_argument(
        "--json", action="store_true", help=localized(en="machine-readable output", zh="输出 JSON")
    )
    common.add_argument("--verbose", action="store_true", help=localized(en="log details", zh="输出详细日志"))
    return common


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xiaoben",
        description=localized(
            en="A voice assistant that lives wholly on your own machine.",
            zh="完全运行在自己机器上的语音助手。",
        ),
    )
    parser.add_argument("--version", action="version", version=f"xiaoben {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        module = _module(name)
        en, zh = module.SUMMARY
        summary = localized(en=en, zh=zh)
        module.configure(commands.add_parser(name, help=summary, description=summary, parents=[_common()]))
    return parser
