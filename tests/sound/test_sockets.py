"""What the running daemon listens on."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.footprint import family
from tests.sound.conftest import VirtualSound
from tests.sound.daemon import Daemon

pytestmark = [pytest.mark.models, pytest.mark.sound]

KINDS = ("tcp", "tcp6", "udp", "udp6", "udplite", "raw", "raw6", "icmp", "packet", "netlink", "unix")
LISTENS = 0x10000  # __SO_ACCEPTCON, the flags of /proc/net/unix


def sockets(process: Path) -> Iterator[tuple[str, list[str]]]:
    """The sockets that a process has open: the kind, and the columns of its line in /proc/PID/net."""
    open_ones = set(inodes(process))
    for kind in KINDS:
        table = process / "net" / kind
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            if open_ones & set(line.split()):
                yield kind, line.split()


def inodes(process: Path) -> Iterator[str]:
    for file in (process / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(file.readlink())):
                yield found[1]


def test_what_listens_elsewhere_is_seen():
    with socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        udp.bind(("::1", 0))
        assert {"tcp", "udp6"} <= {kind for kind, _ in sockets(Path("/proc/self"))}


def test_the_daemon_listens_on_its_control_socket_and_has_no_other_kind(sound: VirtualSound, tmp_path: Path):
    daemon = Daemon(tmp_path)
    try:
        daemon.told(b"READY=1")
        found = [each for process in family(daemon.process.pid) for each in sockets(process)]
    finally:
        daemon.stop()
    assert {kind for kind, _ in found} == {"unix"}
    listening = {columns[-1] for _, columns in found if int(columns[3], 16) & LISTENS}
    assert listening == {str(tmp_path / "run" / "socket")}
