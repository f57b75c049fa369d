"""Calls to the kernel for which Python 3.11 has no function."""

import ctypes
import os
from pathlib import Path

AT_FDCWD = -100

_libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: object) -> int:
    """Call a function of the C library, integers as wide as a register; raises OSError."""
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result: int = _libc[function](*wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
    return result


def system_call(number: int, *arguments: object) -> int:
    """Make a system call by its number; raises OSError."""
    return call("syscall", number, *arguments)


def status() -> dict[str, str]:
    """What the kernel says of this process: /proc/self/status by field, see proc_pid_status(5)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
