"""Starts the broker beside a foreground run. Its process is outside the fence that goes up afterwards."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from assistant import paths
from assistant.config import Config
from assistant.errors import PrivacyError
from assistant.lan.client import NOWHERE, Lan


@contextmanager
def started(config: Config) -> Iterator[Lan]:
    """The way into the LAN, as long as the block lasts; no process where nothing is to be reached.

    The service has a broker in a unit of its own. Raises PrivacyError when none can be had.
    """
    protocols = {name: destination.protocol for name, destination in config.lan.items()}
    if not config.lan:
        yield NOWHERE
    elif folder := paths.lan_folder():
        yield Lan(folder, protocols)
    else:
        with _process(config) as own:
            yield Lan(own, protocols)


@contextmanager
def _process(config: Config) -> Iterator[Path]:
    """Run a broker until the block ends; the folder of its sockets.

    Its standard input tells it what to serve, and by ending that we are gone, however that came about.
    """
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "assistant.lan", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        yield _folder(process, config)


def _folder(process: subprocess.Popen[bytes], config: Config) -> Path:
    to_it, from_it = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
    with suppress(BrokenPipeError):  # it has ended, and said why
        to_it.write(config.model_dump_json(include={"lan"}).encode() + b"\n")
    folder = from_it.readline().decode().strip()
    if not folder:
        raise PrivacyError(
            en="The broker for the LAN did not start; see its message above, or empty `lan` in the settings.",
            zh="局域网代理未能启动；请看上面的信息，或清空配置中的 `lan`。",
        )
    return Path(folder)
