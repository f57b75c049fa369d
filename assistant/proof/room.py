"""Starts a program in a room of its own: nothing in it reaches a network but what the proof builds there.

`python -m assistant.proof.room COMMAND…` is like unshare(1): needs no root where the kernel lets users make
namespaces. Inside, the user is root over the room, and over nothing else.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from assistant.fence.kernel import call

_NEWNS, _NEWIPC, _NEWUSER, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2

# Programs that look names up for others, over a socket that leads out of the room.
_RESOLVERS = ("/run/systemd/resolve", "/run/nscd")


def enter() -> None:
    """Leave the machine's network, mounts and shared memory behind; raises OSError, also with threads."""
    spaces = _NEWNS | _NEWIPC | _NEWNET
    uid, gid = os.getuid(), os.getgid()
    if uid:
        call("unshare", spaces | _NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    else:  # root can do without, and is the harder case to close in
        call("unshare", spaces)
    call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)


@contextmanager
def resolvers_hidden() -> Iterator[None]:
    """Within the room: who looks up a name must ask by DNS, which a capture sees."""
    # Socket by socket: the folder may also hold what /etc/resolv.conf leads to.
    entries = {entry.resolve() for folder in _RESOLVERS for entry in Path(folder).glob("*")}
    sockets = [entry for entry in entries if entry.is_socket()]
    for each in sockets:
        bind(Path("/dev/null"), each)
    yield
    for each in sockets:
        call("umount2", bytes(each), _MNT_DETACH)


def bind(source: Path, target: Path) -> None:
    """Let `target` show `source` in the room; raises OSError."""
    call("mount", bytes(source), bytes(target.resolve()), None, _MS_BIND, None)


def main(command: list[str]) -> NoReturn:
    """Enter and become `command`; status EX_OSERR when the kernel lets nobody in."""
    try:
        enter()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(os.EX_OSERR)
    os.execvp(command[0], command)  # noqa: S606 - what our own caller wants to run


if __name__ == "__main__":
    main(sys.argv[1:])
