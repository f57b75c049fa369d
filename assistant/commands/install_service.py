"""`xiaoben install-service`: Xiaoben as a service that starts with the machine, closed off by systemd."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from assistant.config import Config, load
from assistant.errors import UsageError, localized
from assistant.installation.manager import Systemd
from assistant.installation.sound import Alsa, Person, Sound, choose
from assistant.installation.system import Removal, System
from assistant.installation.user import User

SUMMARY = ("run Xiaoben as a service", "把小本安装为服务")

_RUNNING_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--remove", action="store_true", help=localized(en="take the service away again", zh="卸载服务")
    )
    parser.add_argument(
        "--purge",
        action="store_true",
        help=localized(
            en="with --remove: also settings and what was kept", zh="与 --remove 同用：连同配置和数据"
        ),
    )
    parser.add_argument(
        "--sound",
        choices=["alsa", "socket"],
        help=localized(
            en="the devices, or the socket of PipeWire or PulseAudio (default: the socket if there is one)",
            zh="直接用声卡，或用 PipeWire、PulseAudio 的套接字（默认：有套接字就用套接字）",
        ),
    )
    parser.add_argument(
        "--user",
        action="store_true",
        help=localized(
            en="only for you, without root; less is enforced", zh="只为自己安装，不需 root；防护较弱"
        ),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Install or remove, and say what was done."""
    _check(args)
    told = _for_user(args, config) if args.user else _for_machine(args)
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(_sentences(told))
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.purge and not args.remove:
        raise UsageError(en="--purge goes with --remove.", zh="--purge 需要与 --remove 同用。")
    if args.user and (args.sound or args.purge):
        raise UsageError(
            en="--user goes with neither --sound nor --purge: that service has your own sound and files.",
            zh="--user 不能与 --sound 或 --purge 同用：个人服务使用你自己的声音和文件。",
        )
    if not _RUNNING_SYSTEMD.is_dir():
        raise UsageError(
            en="This machine was not started by systemd, which would run the service; use `xiaoben run`.",
            zh="这台机器不是由 systemd 启动的，无法运行服务；请使用 `xiaoben run`。",
        )
    if args.user == (os.geteuid() == 0):
        raise UsageError(
            en="The machine's service is installed by root (`sudo xiaoben install-service`), "
            "your own without (`xiaoben install-service --user`).",
            zh="本机服务由 root 安装（`sudo xiaoben install-service`），"
            "个人服务不用 root（`xiaoben install-service --user`）。",
        )


def _for_machine(args: argparse.Namespace) -> dict[str, Any]:
    system = System(Systemd())
    if args.remove:
        return _removal(system.remove(purge=args.purge))
    person = Person.of(int(os.environ.get("SUDO_UID", os.getuid())))
    os.environ["HOME"] = str(person.home)  # sudo has put root's there; `~` in the settings is the person's
    sound = choose(person, args.sound)
    source = args.config or system.settings_for(person)
    written = system.install(load(source) if source else Config(), source, person, sound)
    return {"installed": _texts(written), "sound": _name(sound), "person": person.name}


def _for_user(args: argparse.Namespace, config: Config) -> dict[str, Any]:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    user = User(Systemd(("--user",)), folder)
    return _removal(user.remove()) if args.remove else {"installed": _texts(user.install(config))}


def _removal(removal: Removal) -> dict[str, Any]:
    return {"removed": _texts(removal.removed), "kept": _texts(removal.kept)}


def _texts(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


def _name(sound: Sound) -> str:
    return "alsa" if isinstance(sound, Alsa) else "socket"


def _sentences(told: dict[str, Any]) -> str:
    if "installed" not in told:
        return _removed(told)
    files = "\n".join(f"  {path}" for path in told["installed"])
    return localized(
        en=f"Xiaoben listens, now and whenever this machine has started. Written were\n{files}\n"
        "Talk to it with `xiaoben status` and `xiaoben ask`; see what holds with `xiaoben privacy`; "
        "take it away with `--remove`.",
        zh=f"小本已开始监听，今后开机自动启动。已写入\n{files}\n"
        "用 `xiaoben status` 和 `xiaoben ask` 与它交谈；用 `xiaoben privacy` 查看防护；用 `--remove` 卸载。",
    )


def _removed(told: dict[str, Any]) -> str:
    if not told["removed"]:
        return localized(en="There is no service to remove.", zh="没有可卸载的服务。")
    removed, kept = ("\n".join(f"  {path}" for path in told[key]) for key in ("removed", "kept"))
    text = localized(en=f"The service is gone. Removed were\n{removed}", zh=f"服务已卸载。已删除\n{removed}")
    if not kept:
        return text
    return localized(
        en=f"{text}\nKept were (`--remove --purge` deletes them too)\n{kept}",
        zh=f"{text}\n已保留（用 `--remove --purge` 一并删除）\n{kept}",
    )
