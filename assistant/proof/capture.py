"""Sees every packet in the room: on its only exit and on its loopback."""

import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_ETH_P_ALL = 0x0003
_QUIET_SECONDS = 1.5
_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP, _DNS_PORT = 6, 17, 53
_PROTOCOLS = {1: "ICMP", 2: "IGMP", _TCP: "TCP", _UDP: "UDP", 58: "ICMPv6"}


@dataclass(frozen=True, slots=True)
class Packet:
    """One frame as it was seen."""

    interface: str
    frame: bytes

    def __str__(self) -> str:
        return f"{self.interface}: {_describe(self.frame)}, {len(self.frame)} bytes"


class Capture:
    """Collects packets from entering to leaving; the kernel keeps them until they are taken."""

    def __enter__(self) -> Self:
        """Begin; raises PermissionError outside of a room."""
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def packets(self) -> list[Packet]:
        """What came since the last call; of a flood, what the kernel could keep."""
        found = []
        while True:
            try:
                frame, (interface, *_) = self._socket.recvfrom(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            found.append(Packet(interface, frame))
        return found

    def wait_until_quiet(self) -> None:
        """Return once no packet has come for a while: those of the set-up are through."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < _QUIET_SECONDS:
            if self.packets():
                quiet_since = time.monotonic()
            time.sleep(0.05)


def _describe(frame: bytes) -> str:
    kind = int.from_bytes(frame[12:14], "big")
    if kind == _IPV4:
        start, protocol = 14 + (frame[14] & 15) * 4, frame[23]
        ends = [socket.inet_ntop(socket.AF_INET, frame[at : at + 4]) for at in (26, 30)]
    elif kind == _IPV6:
        start, protocol = 54, frame[20]
        ends = [socket.inet_ntop(socket.AF_INET6, frame[at : at + 16]) for at in (22, 38)]
    else:
        return f"ethertype {kind:#06x}"
    return f"{_PROTOCOLS.get(protocol, f'protocol {protocol}')} {_flow(protocol, ends, frame[start:])}"


def _flow(protocol: int, ends: Sequence[str], data: bytes) -> str:
    if protocol not in {_TCP, _UDP}:
        return " to ".join(ends)
    ports = struct.unpack_from("!HH", data)
    flow = " to ".join(f"{end} port {port}" for end, port in zip(ends, ports, strict=True))
    return f"{flow} asking for {_name(data[20:])}" if protocol == _UDP and ports[1] == _DNS_PORT else flow


def _name(question: bytes) -> str:
    labels = []
    while question and question[0]:
        labels.append(question[1 : 1 + question[0]].decode("ascii", "replace"))
        question = question[1 + question[0] :]
    return ".".join(labels)
