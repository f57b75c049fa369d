"""The fence: what the kernel, asked by us and without root, keeps this process and its children from.

One file a layer. Each layer stops what it can by itself, so that one which a kernel lacks leaves no gap where
another holds. Nothing can take the fence down again.
"""

import logging
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from assistant.fence import descriptors, landlock, namespaces, privileges, seccomp, tripwire, view
from assistant.fence.layers import Layer, observe
from assistant.fence.reach import Reach, system

__all__ = ["Layer", "Reach", "enclose", "enclose_broker", "observe"]

_LOGGER = logging.getLogger(__name__)


def enclose(reach: Reach) -> None:
    """Raise every layer that the kernel grants; what the system and Python need is within reach anyhow.

    Raises RuntimeError in a process that has threads: they would stay outside.
    """
    whole = _set_apart(reach, namespaces.ALL)
    _raise(privileges.drop, partial(landlock.restrict, whole), seccomp.load, tripwire.set_up)


def enclose_broker(reach: Reach, ports: Collection[int]) -> None:
    """The same for the one process that keeps the network, in which TCP leads to `ports` alone."""
    whole = _set_apart(reach, namespaces.FILES)
    _raise(
        privileges.drop,
        partial(landlock.restrict, whole, ports),
        partial(seccomp.load, seccomp.INTERNET),
    )


def _set_apart(reach: Reach, kinds: int) -> Reach:
    """Enter namespaces of our own; what is within reach there."""
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("the fence goes up before the first thread")
    whole = system() + reach
    descriptors.close_ways_out()
    privileges.keep_priority()
    _try(partial(namespaces.enter, kinds))
    if _try(partial(view.build, whole)):
        whole += Reach(writable=[view.TEMPORARY])
    return whole


def _raise(*layers: Callable[[], None]) -> None:
    for layer in layers:
        _try(layer)


def _try(layer: Callable[[], None]) -> bool:
    """Whether the kernel grants it; `observe` tells why not."""
    try:
        layer()
    except OSError as error:
        _LOGGER.debug("Not granted: %s", error)
        return False
    return True
