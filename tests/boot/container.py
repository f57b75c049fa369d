"""A machine as a container: its own systemd on this machine's kernel, at full speed, without a sound card."""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.boot.image import Image
from tests.boot.machine import Machine

PROGRAMS = ("systemd-nspawn", "nsenter", "ip")
_NAME = f"xb-{os.getpid()}"  # a part of a network interface's name, which may have 15 letters
_CABLE_HERE = f"ve-{_NAME}"
_BOOT_SECONDS = 60
_ETH_P_ALL = 0x0003
# What a service manager needs and nspawn would keep from it: filters on groups of processes, and Landlock.
_ALLOWED = ("bpf", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")


class Container(Machine):
    """Entered with nsenter(1)."""

    cable = "host0"

    def __init__(self, leader: int) -> None:
        self._leader = leader
        subprocess.run(["ip", "link", "set", _CABLE_HERE, "up"], check=True)
        self._witness = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._witness.bind((_CABLE_HERE, 0))
        self._witness.setblocking(False)

    @classmethod
    @contextmanager
    def booted(cls, image: Image) -> Iterator[Self]:
        """Start a container on a throw-away copy of the disk, and end it."""
        with (
            tempfile.TemporaryDirectory(prefix="xiaoben-boot-") as name,
            _mounted(image, Path(name)) as root,
            _own_group() as group,
        ):
            process, leader = _start([*group, *_nspawn(root)], Path(name))
            machine = cls(leader)
            try:
                machine.update()
                yield machine
            finally:
                machine.unplug()
                process.wait(60)

    def unplug(self) -> None:
        """End it at once."""
        os.kill(self._leader, signal.SIGKILL)
        self._witness.close()

    def execute(self, command: list[str], given: bytes, seconds: float) -> tuple[int, bytes]:
        enter = ["nsenter", "--target", str(self._leader), "--all", *command]
        done = subprocess.run(enter, input=given, stdout=subprocess.PIPE, timeout=seconds, check=False)
        return done.returncode, done.stdout

    def packets(self) -> list[bytes]:
        found = []
        while True:
            try:
                frame, (_, _, kind, *_) = self._witness.recvfrom(1 << 16)
            except BlockingIOError:
                return found
            if kind != socket.PACKET_OUTGOING:  # that would be from us
                found.append(frame)


@contextmanager
def _mounted(image: Image, folder: Path) -> Iterator[Path]:
    root = folder / "root"
    root.mkdir()
    subprocess.run(["mount", "-o", "loop,ro", image.file("disk"), root], check=True)
    try:
        yield root
    finally:
        subprocess.run(["umount", root], check=True)


def _nspawn(root: Path) -> list[str]:
    return [
        *("systemd-nspawn", "--quiet", "--boot", "--console=pipe", f"--machine={_NAME}"),
        *(f"--directory={root}", "--volatile=overlay", "--network-veth"),
        *("--capability=CAP_BPF", f"--system-call-filter={' '.join(_ALLOWED)}"),
        *("--register=no", "--keep-unit", "--notify-ready=yes"),
    ]


@contextmanager
def _own_group() -> Iterator[list[str]]:
    """The beginning of a command that runs in control groups of its own, gone afterwards."""
    groups = [Path(root, _NAME) for root in _hierarchies()]
    for group in groups:
        group.mkdir(exist_ok=True)
    join = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    try:
        yield ["sh", "-c", f'{join}exec "$@"', "sh"]
    finally:
        for group in groups:
            for folder, _, _ in os.walk(group, topdown=False):
                Path(folder).rmdir()


def _hierarchies() -> Iterator[str]:
    """Where groups of processes are made: the new kind, and beside old ones systemd's own."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            yield place


def _start(command: list[str], folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Returns once the container says that it is ready; with the number of its first process."""
    # Closed afterwards: nspawn, and so the container, would wait for us to read what else it has to say.
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices,
        (folder / "console").open("wb") as console,
    ):
        notices.bind(f"{folder}/notify")
        notices.settimeout(_BOOT_SECONDS)
        environment = {"NOTIFY_SOCKET": f"{folder}/notify", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        process = subprocess.Popen(
            command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
        try:
            return process, _told(notices)
        except TimeoutError:
            process.kill()
            raise AssertionError((folder / "console").read_text(errors="replace")) from None


def _told(notices: socket.socket) -> int:
    leader = ""
    while True:
        for line in notices.recv(4096).decode().splitlines():
            leader = line.partition("X_NSPAWN_LEADER_PID=")[2] or leader
            if line == "READY=1" and leader:
                return int(leader)
