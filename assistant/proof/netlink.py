"""The kernel's interface to network settings, as far as an escape needs it."""

import os
import select
import socket
import struct

from assistant.proof import libc

_NEWLINK, _GETLINK = 16, 18
_DUMP, _CREATE = 0x301, 0x605  # NLM_F_REQUEST with DUMP; with ACK, CREATE and EXCL
_LINK = struct.pack("=BxHiII", 0, 0, 0, 0, 0)  # struct ifinfomsg: any
_HEADER = struct.Struct("=IHHII")
_LINK_INFO, _INFO_KIND = 18, 1


def links() -> str:
    """The answer to "which interfaces are there", their names in it; raises OSError."""
    return _ask(_GETLINK, _DUMP, _LINK).decode("latin-1")


def make_pair() -> None:
    """Make two interfaces joined by a cable; raises OSError."""
    answer = _ask(_NEWLINK, _CREATE, _LINK + _attribute(_LINK_INFO, _attribute(_INFO_KIND, b"veth")))
    error: int = struct.unpack_from("=i", answer, _HEADER.size)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def _ask(kind: int, flags: int, payload: bytes) -> bytes:
    kernel = libc.call("socket", int(socket.AF_NETLINK), int(socket.SOCK_RAW), 0)
    os.write(kernel, _HEADER.pack(_HEADER.size + len(payload), kind, flags, 1, 0) + payload)
    answer = b""
    while not answer or select.select([kernel], [], [], 0)[0]:
        answer += os.read(kernel, 1 << 16)
    return answer


def _attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload.ljust((len(payload) + 3) & ~3, b"\0")
