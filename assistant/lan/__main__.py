"""The broker's process.

`python -m assistant.lan [--config FILE]` is the service: it serves what the configuration names, in the
folder that the service manager made.

`python -m assistant.lan -` belongs to a foreground run: its settings are a line of JSON on standard input, a
folder of its own is named on standard output, and when the input ends so does it.
"""

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assistant import paths
from assistant.config import Config, load
from assistant.errors import AssistantError, ConfigError, StorageError, UsageError
from assistant.fence import Reach, enclose_broker
from assistant.lan.server import serve
from assistant.service import Service

_RESOLVERS = (
    "/run/systemd/resolve",
    "/run/avahi-daemon",
    "/run/nscd",
)  # by which the C library looks up names
_DOMAIN_PORT = 53


def main() -> int:
    """Serve until told to end; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m assistant.lan", allow_abbrev=False)
    parser.add_argument("--config", type=Path, metavar="FILE")
    parser.add_argument("child", nargs="?", choices=["-"])
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_leave_after(_child() if arguments.child else _service(load(arguments.config))))
    except AssistantError as error:
        print(f"xiaoben: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_status
    return 0


async def _leave_after(serving: Coroutine[Any, Any, None]) -> None:
    with suppress(asyncio.CancelledError):  # we were told to end, and did
        await serving
    os._exit(0)  # asyncio would wait for a name that is being looked up


async def _service(config: Config) -> None:
    folder = os.environ.get("RUNTIME_DIRECTORY")
    if not folder:
        raise UsageError(
            en="The broker for the LAN is started by `xiaoben run` or by its service, xiaoben-lan.service.",
            zh="局域网代理由 `xiaoben run` 或其服务 xiaoben-lan.service 启动。",
        )
    if not config.lan:
        raise ConfigError(
            en="The configuration names nothing to reach; write [lan.NAME], or install the service again, "
            "which then leaves the broker out.",
            zh="配置中没有要访问的地址；请写 [lan.名称]，或重新安装服务，届时将不再包含代理。",
        )
    await _endable(serve(Path(folder), config.lan, Service().ready))


async def _child() -> None:
    # Ctrl-C goes to every process of a terminal: the run that started us decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = Config.model_validate_json(sys.stdin.readline())
    with _own_folder() as folder:
        _fence(config)
        serving = _endable(serve(Path(folder), config.lan, lambda: print(folder, flush=True)))  # noqa: T201
        _end_with_input(serving)
        await serving


def _endable(serving: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task that SIGTERM ends."""
    task = asyncio.create_task(serving)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return task


def _end_with_input(serving: asyncio.Task[None]) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(sys.stdin)
        serving.cancel()

    loop.add_reader(sys.stdin, end)


def _own_folder() -> TemporaryDirectory[str]:
    parent = paths.runtime_folder()
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if parent.stat().st_uid != os.getuid():  # below /tmp anybody may have made it
            raise PermissionError(errno.EPERM, "it belongs to somebody else")
        return TemporaryDirectory(prefix="lan-", dir=parent)
    except OSError as error:
        raise StorageError(
            en=f"The broker for the LAN can make no folder in {parent}: {error.strerror}; "
            "set XDG_RUNTIME_DIR to a folder of yours.",
            zh=f"局域网代理无法在 {parent} 中创建文件夹：{error.strerror}；"
            "请把 XDG_RUNTIME_DIR 设为你自己的文件夹。",
        ) from error


def _fence(config: Config) -> None:
    """What the unit does for the service: no files, TCP only to the ports, no program that could be asked."""
    resolvers = [*map(Path, _RESOLVERS), Path("/etc/resolv.conf").resolve().parent]
    ports = [one.port for one in config.lan.values() if one.protocol == "tcp"]
    # The folder above too, or ours could not be removed.
    enclose_broker(Reach(writable=[paths.runtime_folder()], sockets=resolvers), [*ports, _DOMAIN_PORT])


if __name__ == "__main__":
    sys.exit(main())
