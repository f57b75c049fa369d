"""Landlock: which files may be used, and no TCP; since newer versions no UDP and no other program either.

It stacks on the mounts of `view`, and holds where those cannot be had. Numbers are those of linux/landlock.h.
"""

import ctypes
import errno
import logging
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.fence.kernel import call, system_call
from assistant.fence.reach import Reach

_LOGGER = logging.getLogger(__name__)

# The same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH, _NET_PORT, _CONNECT_TCP, _SET_NO_NEW_PRIVS = 1, 1, 2, 2, 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL_DEV, _RESOLVE_UNIX = 1 << 14, 1 << 15, 1 << 16
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV | _RESOLVE_UNIX


@dataclass(frozen=True, slots=True)
class _Handled:
    """What a version of Landlock can forbid, as bits."""

    files: int = (1 << 13) - 1
    network: int = 0
    scopes: int = 0


_TCP, _UDP = 0b11, 0b1100
_BY_VERSION = {
    1: _Handled(),
    2: _Handled((1 << 14) - 1),  # moving to another folder
    3: _Handled((1 << 15) - 1),  # truncating
    4: _Handled((1 << 15) - 1, _TCP),
    5: _Handled((1 << 16) - 1, _TCP),  # controlling devices
    6: _Handled((1 << 16) - 1, _TCP, 0b11),  # abstract Unix sockets, signals
    9: _Handled((1 << 17) - 1, _TCP, 0b11),  # other Unix sockets
    10: _Handled((1 << 17) - 1, _TCP | _UDP, 0b11),
}


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The kernel's Landlock; 0: it has none, or it is turned off."""
    try:
        return system_call(_CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def restrict(reach: Reach, ports: Collection[int] = ()) -> None:
    """Forbid all but `reach`, and TCP but to `ports`, with which UDP stays open; raises OSError."""
    handled = _handled(version())
    if ports:
        handled = replace(handled, network=handled.network & _TCP)
    attributes = _RulesetAttributes(handled.files, handled.network, handled.scopes)
    ruleset = system_call(_CREATE_RULESET, ctypes.byref(attributes), _size(handled), 0)
    try:
        _allow(ruleset, reach.readable, handled.files & (_EXECUTE | _READ_FILE | _READ_DIR))
        _allow(
            ruleset, reach.writable, handled.files & ~(_EXECUTE | _MAKE_CHAR | _MAKE_BLOCK | _RESOLVE_UNIX)
        )
        _allow(ruleset, reach.sockets, handled.files & (_READ_FILE | _READ_DIR | _RESOLVE_UNIX))
        if handled.network:
            _allow_ports(ruleset, ports)
        call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled(present: int) -> _Handled:
    """What the newest version forbids that we know and the kernel has."""
    if not present:
        raise OSError(errno.ENOSYS, "no Landlock")
    return _BY_VERSION[max(known for known in _BY_VERSION if known <= present)]


def _size(handled: _Handled) -> int:
    """How much of the attributes a kernel of this version knows."""
    return 8 * (1 + bool(handled.network) + bool(handled.scopes))


def _allow(ruleset: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        try:
            _allow_path(ruleset, path, rights)
        except OSError as error:  # it is not there; or it is a pipe, and those Landlock leaves alone
            _LOGGER.debug("No rule for %s: %s", path, error)


def _allow_path(ruleset: int, path: Path, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(rights if path.is_dir() else rights & _OF_FILES, parent)
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _allow_ports(ruleset: int, ports: Iterable[int]) -> None:
    for port in ports:
        rule = _Port(_CONNECT_TCP, port)
        system_call(_ADD_RULE, ruleset, _NET_PORT, ctypes.byref(rule), 0)
