"""A machine under QEMU: Debian's own kernel and a sound card made of software; slow without a real KVM."""

import base64
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from tests.boot.image import Image
from tests.boot.machine import Machine

PROGRAMS = ("qemu-system-x86_64",)
_KERNEL_LINE = "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet"
_START_SECONDS, _BOOT_SECONDS = 10, 600
_SLOWNESS = 20  # of an emulated processor's clock
_POLL_SECONDS = 0.05
_PCAP_HEADER_BYTES, _PCAP_RECORD_BYTES = 24, 16


class Emulated(Machine):
    """Spoken to through QEMU's guest agent."""

    cable = "eth0"

    def __init__(self, folder: Path, agent: socket.socket) -> None:
        self._folder = folder
        self._agent = agent
        self._answers = agent.makefile("rb")
        self._read = _PCAP_HEADER_BYTES

    @classmethod
    @contextmanager
    def booted(cls, image: Image) -> Iterator[Self]:
        """Start a machine on a throw-away copy of the disk, and end it."""
        with tempfile.TemporaryDirectory(prefix="xiaoben-boot-") as name:
            folder = Path(name)
            process = subprocess.Popen(_qemu(image, folder), stdin=subprocess.DEVNULL)
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
                    _connect(agent, folder / "agent")
                    machine = cls(folder, agent)
                    machine.greet()
                    machine.update()
                    yield machine
            finally:
                process.terminate()
                process.wait(30)

    def greet(self) -> None:
        """Wait until the agent answers, and to this question: it gets what was asked before it was there."""
        self._agent.settimeout(1)
        for attempt in range(_BOOT_SECONDS):
            with suppress(TimeoutError):
                answer = self._ask("guest-sync", id=attempt)
                while answer != attempt:
                    answer = self._answer()
                self._agent.settimeout(None)
                return
            self._answers = self._agent.makefile("rb")  # one that has timed out reads no more
        console = (self._folder / "console").read_text(errors="replace")
        raise AssertionError(f"the machine does not boot:\n{console}")

    def execute(self, command: list[str], given: bytes, seconds: float) -> tuple[int, bytes]:
        options = {"capture-output": True, "input-data": base64.b64encode(given).decode()}
        pid = self._ask("guest-exec", path=command[0], arg=command[1:], **options)["pid"]
        deadline = time.monotonic() + (seconds if _has_kvm() else seconds * _SLOWNESS)
        while not (status := self._ask("guest-exec-status", pid=pid))["exited"]:
            assert time.monotonic() < deadline, f"{command}: still running after {seconds} s"
            time.sleep(_POLL_SECONDS)
        return status.get("exitcode", -1), base64.b64decode(status.get("out-data", ""))

    def packets(self) -> list[bytes]:
        recorded = (self._folder / "cable.pcap").read_bytes()
        found = []
        while self._read < len(recorded):
            begin = self._read + _PCAP_RECORD_BYTES
            self._read = begin + int.from_bytes(recorded[begin - 8 : begin - 4], "little")
            found.append(recorded[begin : self._read])
        return found

    def _ask(self, command: str, **arguments: Any) -> Any:
        self._agent.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        return self._answer()

    def _answer(self) -> Any:
        answer = json.loads(self._answers.readline())
        assert "return" in answer, answer
        return answer["return"]


def _qemu(image: Image, folder: Path) -> list[str]:
    return [
        *("qemu-system-x86_64", *_processor(), "-m", "3000"),
        *("-display", "none", "-no-reboot", "-serial", f"file:{folder / 'console'}"),
        *("-kernel", str(image.file("vmlinuz*")), "-initrd", str(image.file("initrd*"))),
        *("-append", _KERNEL_LINE, "-snapshot"),
        *("-drive", f"file={image.file('disk')},format=raw,if=virtio"),
        *("-chardev", f"socket,path={folder / 'agent'},server=on,wait=off,id=agent"),
        *("-device", "virtio-serial"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
        *("-netdev", "hubport,hubid=0,id=cable", "-device", "virtio-net,netdev=cable"),
        *("-object", f"filter-dump,id=witness,netdev=cable,file={folder / 'cable.pcap'}"),
    ]


def _has_kvm() -> bool:
    """Where /dev/kvm is imitated, the processor lacks the flag."""
    flags = Path("/proc/cpuinfo").read_text().split()
    return Path("/dev/kvm").exists() and bool({"vmx", "svm"} & set(flags))


def _processor() -> list[str]:
    if _has_kvm():
        return ["-accel", "kvm", "-cpu", "host", "-smp", "2"]
    # Its clock counts its instructions, so that in its own time it is fast enough for its sound card.
    return ["-accel", "tcg", "-cpu", "max", "-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]


def _connect(agent: socket.socket, path: Path) -> None:
    """QEMU makes the socket soon after its start."""
    deadline = time.monotonic() + _START_SECONDS
    while agent.connect_ex(str(path)):
        assert time.monotonic() < deadline, "QEMU does not start"
        time.sleep(_POLL_SECONDS)
