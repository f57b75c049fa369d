"""Gives up every privilege, for good: what root may, and what a set-user-ID program would give back."""

import ctypes
import resource
from contextlib import suppress

from assistant.fence.kernel import call

_CAPBSET_DROP, _SET_NO_NEW_PRIVS, _CAP_AMBIENT, _CLEAR_ALL = 24, 38, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64
_NICE_LIMIT = 30  # down to -10, see setrlimit(2): the sound processes ask for it


def keep_priority() -> None:
    """Let root's sound processes go first by a limit instead of a capability."""
    with suppress(ValueError, OSError):  # not root: what the machine's limits say holds
        resource.setrlimit(resource.RLIMIT_NICE, (_NICE_LIMIT, _NICE_LIMIT))


def drop() -> None:
    """Have no capabilities and never get any; raises OSError."""
    _empty_bounding_set()
    call("prctl", _CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())
    call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _empty_bounding_set() -> None:
    with suppress(OSError):  # the kernel knows no more of them, or we have none and so get none
        for capability in range(_MOST_CAPABILITIES):
            call("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
