"""Namespaces of our own: a network with nothing in it, and mounts and shared memory that nobody else sees.

Without root this takes a user namespace, in which we stay who we are.
"""

import os
from pathlib import Path

from assistant.fence.kernel import call

_NEWNS, _NEWIPC, _NEWUSER, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x40000000

FILES = _NEWUSER | _NEWNS | _NEWIPC
ALL = FILES | _NEWNET


def enter(kinds: int = ALL) -> None:
    """Leave the machine's namespaces of these kinds; raises OSError, and then nothing has changed.

    The new network is empty, and its loopback interface down: nothing here talks to itself by TCP.
    """
    _rehearse(kinds)
    _enter(kinds)


def _enter(kinds: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", kinds)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _rehearse(kinds: int) -> None:
    """Try it in a child: AppArmor lets one in and then denies the rest, which would leave us as nobody."""
    child = os.fork()
    if child == 0:
        try:
            _enter(kinds)
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if number := os.waitstatus_to_exitcode(status):
        raise OSError(number, f"user namespace: {os.strerror(number)}")
