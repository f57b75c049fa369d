"""`xiaoben privacy`: what keeps everything on this machine, and the proof that it does."""

import argparse
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from assistant import control
from assistant.config import Config
from assistant.errors import ControlError, StorageError, UsageError, localized
from assistant.fence import Layer
from assistant.fence.reach import of_run
from assistant.proof import standing
from assistant.proof.about import about
from assistant.proof.laboratory import rows
from assistant.proof.report import Report, Row, describe
from assistant.proof.standing import Standing

SUMMARY = ("show, and prove, that nothing leaves", "查看并证明没有任何数据外传")

_UNIT_PROPERTIES = (
    "PrivateNetwork", "IPAddressDeny", "RestrictAddressFamilies", "RestrictNamespaces", "ProtectSystem",
    "ProtectHome", "PrivateTmp", "PrivateUsers", "DynamicUser", "NoNewPrivileges", "CapabilityBoundingSet",
    "DevicePolicy", "LimitCORE", "MemorySwapMax", "SystemCallArchitectures",
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--prove",
        action="store_true",
        help=localized(
            en="try to get out, and look for what was said; takes about a minute",
            zh="尝试各种出路并查找说过的话；约需一分钟",
        ),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=localized(en="with --prove: write the report there", zh="与 --prove 同用：把报告写入文件"),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """0: all that should be closed is, and with --prove that was shown; 1: not so."""
    if args.out and not args.prove:
        raise UsageError(en="--out goes with --prove.", zh="--out 需要与 --prove 一起使用。")
    return _prove(args, config) if args.prove else _show(args, config)


def _show(args: argparse.Namespace, config: Config) -> int:
    path = control.answering(config.socket)
    running = control.is_running(path)
    seen, settings = _asked(path, config) if running else (_would_stand(config), config)
    if args.json:
        opened = [_name(each) for each in seen.open]
        shown = {"running": running, **asdict(seen), **standing.allowed(settings)}
        print(json.dumps({**shown, "unit": _unit(path), "open": opened}, ensure_ascii=False))
    else:
        for line in _text(seen, settings, path, running=running):
            print(line)
    return int(bool(seen.open))


def _asked(path: Path, config: Config) -> tuple[Standing, Config]:
    """How the daemon stands, and `config` with what its own allows: it need not be the caller's."""
    answer = control.request(path, "privacy")
    try:
        return Standing.from_json(answer), _with(config, answer)
    except (KeyError, TypeError, ValueError) as error:
        raise ControlError(
            en=f"What answers at {path} is another version of Xiaoben and does not say how it stands; "
            "start it again.",
            zh=f"在 {path} 应答的是另一版本的小本，无法说明自身的情况；请重新启动它。",
        ) from error


def _with(config: Config, answer: dict[str, Any]) -> Config:
    allowed = {name: answer[name] for name in standing.allowed(config)}
    return Config.model_validate(config.model_dump() | allowed)


def _would_stand(config: Config) -> Standing:
    """How a run that started now would stand."""
    reach = standing.to_json(of_run(config)) if config.privacy.fence else None
    command = [sys.executable, "-m", standing.__name__]
    done = subprocess.run(command, input=json.dumps(reach), capture_output=True, text=True, check=True)
    return Standing.from_json(json.loads(done.stdout))


def _unit(path: Path) -> dict[str, str]:
    """What systemd enforces on the system's service; nothing when that is not who answers."""
    if path != control.SYSTEM_SOCKET:
        return {}
    command = ["systemctl", "show", "xiaoben.service", f"--property={','.join(_UNIT_PROPERTIES)}"]
    with suppress(FileNotFoundError):
        shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return {}


def _heading(path: Path, *, running: bool) -> str:
    if running:
        return localized(
            en=f"Xiaoben runs (it answers at {path}) and finds about itself:",
            zh=f"小本正在运行（在 {path} 应答），它对自身的检查：",
        )
    return localized(
        en="Xiaoben does not run. A run that started now would have:", zh="小本没有运行。现在启动会有："
    )


def _text(seen: Standing, config: Config, path: Path, *, running: bool) -> Iterator[str]:
    yield _heading(path, running=running)
    yield from _lines(seen, config, path, running=running)
    yield from (f"  systemd: {name}={value}" for name, value in _unit(path).items())
    yield _conclusion(seen)


def _lines(seen: Standing, config: Config, path: Path, *, running: bool) -> Iterator[str]:
    for layer in [*seen.layers, *seen.missing]:
        text = localized(en=layer.en, zh=layer.zh)
        yield f"{'✓' if layer.enforced else '✗'} {layer.name}: {text}"
    networked = [each for each in seen.sockets if each.family != "unix"]
    listening = [each.address for each in seen.sockets if each.listening]
    yield _fact(not networked, "sockets", "套接字", *_of_sockets(networked, listening))
    if running and path.exists():
        yield _fact(True, "control", "控制", *_controllers(path))
    yield from _allowed(config)
    yield _history(config)
    if seen.written:
        files = ", ".join(seen.written)
        yield _fact(True, "files it writes", "正在写入的文件", files, files)


def _fact(good: bool, en_name: str, zh_name: str, en: str, zh: str) -> str:
    return f"{'✓' if good else '✗'} {localized(en=f'{en_name}: {en}', zh=f'{zh_name}：{zh}')}"


def _of_sockets(networked: list[standing.Socket], listening: list[str]) -> tuple[str, str]:
    if networked:
        names = ", ".join(f"{each.family} {each.address}" for each in networked)
        return f"open to a network: {names}", f"对网络开放：{names}"
    places = ", ".join(listening)
    return f"none of a network; listens at: {places or 'nothing'}", f"没有网络套接字；监听：{places or '无'}"


def _controllers(path: Path) -> tuple[str, str]:
    status = path.stat()
    who = f"{path}, {stat.filemode(status.st_mode)} {_named(path.owner, status.st_uid)}"
    return f"{who}; root too", f"{who}；以及 root"


def _named(name: Callable[[], str], number: int) -> str:
    try:
        return name()
    except KeyError:  # as for the dynamic user of a service
        return str(number)


def _allowed(config: Config) -> Iterator[str]:
    if not config.lan:
        yield _fact(True, "allowed destinations", "允许的目的地", "none", "无")
    for name, place in config.lan.items():
        where = f"{place.host}:{place.port}/{place.protocol}"
        beyond = localized(en=", also beyond the LAN", zh="，可在局域网之外") if place.beyond_lan else ""
        yield _fact(True, "allowed destination", "允许的目的地",
                    f"{where}{beyond}, through the broker, because of [lan.{name}] in the settings",
                    f"{where}{beyond}，经由代理，因为配置中有 [lan.{name}]")  # fmt: skip
    for path in filter(Path.exists, of_run(config).sockets):
        yield _fact(True, "allowed socket", "允许的套接字",
                    f"{path}: the way to the speaker; that server is not Xiaoben and may have a network",
                    f"{path}：通往扬声器；该声音服务不属于小本，可能有网络")  # fmt: skip


def _history(config: Config) -> str:
    days = config.history.days
    if config.history.enabled:
        en, zh = f"kept for {days} days, encrypted, as you set it", f"按您的设置加密保存 {days} 天"
        return _fact(True, "history", "历史记录", en, zh)
    return _fact(True, "history", "历史记录", "off: nothing that is said is written", "关闭：不写入说过的话")


def _name(each: Layer | standing.Socket) -> str:
    return each.name if isinstance(each, Layer) else f"{each.family} {each.address}"


def _conclusion(seen: Standing) -> str:
    if seen.open:
        names = ", ".join(map(_name, seen.open))
        return localized(en=f"Open that should be closed: {names}.", zh=f"本应关闭却敞开：{names}。")
    return localized(
        en="Nothing is open that should be closed. `xiaoben privacy --prove` tries it.",
        zh="没有本应关闭却敞开的。`xiaoben privacy --prove` 会实际尝试。",
    )


def _prove(args: argparse.Namespace, config: Config) -> int:
    with _opened(args.out) as out:
        found: list[Row] = []
        for row in rows(config):
            found.append(row)
            if not args.json:
                print(describe(row), flush=True)
        report = Report(about(config), found)
        text = json.dumps(report.as_json(), ensure_ascii=False) if args.json else "\n".join(report.as_text())
        print(text if args.json else "\n".join(["", *report.conclusion]))
        if out:
            _replace(out, f"{text}\n")
    return int(not report.proven)


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str] | None]:
    """A file for its owner only, opened before the work begins and as it was; none for no path."""
    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        if _is_regular(descriptor):
            os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise StorageError(
            en=f"The report {path} cannot be written: {error.strerror}; choose another place.",
            zh=f"无法写入报告 {path}：{error.strerror}；请换一个位置。",
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yield file


def _replace(out: IO[str], text: str) -> None:
    """Let the file hold `text` alone."""
    if _is_regular(out.fileno()):
        out.truncate(0)
    out.write(text)


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)
