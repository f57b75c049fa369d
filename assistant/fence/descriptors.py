"""Lets go of what was open before the fence and would lead out of it: folders, and sockets of a network."""

import os
import socket
import stat
from pathlib import Path


def close_ways_out() -> None:
    """Replace each such descriptor, which the program that started us left open, by the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if _leads_out(descriptor):
            os.dup2(null, descriptor)
    os.close(null)


def _leads_out(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # the listing's own, closed by now
        return False
    return stat.S_ISDIR(mode) or (stat.S_ISSOCK(mode) and _family(descriptor) != socket.AF_UNIX)


def _family(descriptor: int) -> int:
    wrapped = socket.socket(fileno=descriptor)
    wrapped.detach()
    return wrapped.family
