"""Keeps what was said from lying about in memory: freed memory is overwritten, and never written to a disk.

Python cannot wipe a `str` or `bytes`, nor can it reach the copies that libraries make. The C allocator sees
all of them go, so it does the wiping: it overwrites every block the moment it is freed. It reads its settings
only when a process starts; hence an environment to start `xiaoben run` with.
"""

import asyncio
import ctypes
import gc
import os
import resource
from collections.abc import Mapping

_TUNABLES = {
    # What is freed into these two caches would be overwritten in part only, or not at all.
    "glibc.malloc.tcache_count": "0",
    "glibc.malloc.mxfast": "0",
}
_M_PERTURB = -6
_FREED = 0x55  # any byte but 0, which turns it off
_PR_SET_DUMPABLE = 4
_COLLECT_SECONDS = 5.0  # it takes a few milliseconds


def wiping_environment(environ: Mapping[str, str]) -> dict[str, str] | None:
    """`environ` for a process that can overwrite what it frees; None when it is one, or none can."""
    if can_wipe(environ) or not _is_glibc():
        return None
    return {**environ, "PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": _joined(_tunables(environ) | _TUNABLES)}


def can_wipe(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a process that was started with `environ` can overwrite all that it frees."""
    asked = environ.get("PYTHONMALLOC") == "malloc" and _TUNABLES.items() <= _tunables(environ).items()
    return asked and _is_glibc()


def settle() -> None:
    """Overwrite from now on what this process frees, if it can; to be called when the models are loaded.

    Not before, for blocks are filled when they are handed out too, and models reserve many that they never
    touch. What is loaded stays: with it out of the way the garbage collector takes no time.
    """
    gc.freeze()
    if can_wipe():
        ctypes.CDLL(None).mallopt(_M_PERTURB, _FREED)


async def let_go_of_cycles() -> None:
    """Collect garbage every few seconds, without end: errors and their frames hold each other, and words."""
    while True:
        await asyncio.sleep(_COLLECT_SECONDS)
        gc.collect()


def forbid_dumps() -> None:
    """Let nobody but root look into this process, and the kernel write no core file of it.

    `/proc/self` then belongs to root. A program that is started by `exec` is not covered any more.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _tunables(environ: Mapping[str, str]) -> dict[str, str]:
    pairs = (each.partition("=") for each in environ.get("GLIBC_TUNABLES", "").split(":") if each)
    return {name: value for name, _, value in pairs}


def _joined(tunables: Mapping[str, str]) -> str:
    return ":".join(f"{name}={value}" for name, value in tunables.items())


def _is_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (ValueError, OSError):  # musl has no such name
        return False
