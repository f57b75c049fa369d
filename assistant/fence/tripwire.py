"""Tells when Python code, such as a library or a skill, tries to use a network, and refuses.

No wall: code in C does not pass here. It is what tells the user that something tried.
"""

import errno
import logging
import os
import socket
import sys
from collections import Counter
from types import FrameType
from typing import Any

_LOGGER = logging.getLogger(__name__)

_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
_MAKING = "socket.__new__"
_USES = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
_FROM_DESCRIPTOR = -1  # the family of a socket that is there already
_ECHO = f"{__name__}.echo"

_tries: Counter[tuple[str, str]] = Counter()


def set_up() -> None:
    """Watch from now on."""
    if not is_set_up():
        sys.addaudithook(_watch)


def is_set_up() -> bool:
    """Whether events come through to us."""
    echoes: list[bool] = []
    sys.audit(_ECHO, echoes)
    return bool(echoes)


def tries() -> int:
    """How often something tried."""
    return _tries.total()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == _ECHO:
        arguments[0].append(True)
    elif _is_network(event, arguments):
        _note(event, _origin(sys._getframe(1)))  # noqa: SLF001 - as logging does
        # What the kernel answers: who tries gets the same error from either.
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))


def _is_network(event: str, arguments: tuple[Any, ...]) -> bool:
    if event in _USES:
        return bool(arguments[0].family != socket.AF_UNIX)
    if event == _MAKING:
        return arguments[1] not in {socket.AF_UNIX, _FROM_DESCRIPTOR}
    return event in _LOOKUPS


def _note(event: str, module: str) -> None:
    _tries[event, module] += 1
    if _tries[event, module] == 1:  # who tries for ever shall not fill the log
        _LOGGER.warning("Something tried to use a network and was stopped: %s in %s", event, module)


def _origin(frame: FrameType | None) -> str:
    """The module that tried, past Python's own `socket`."""
    while frame and frame.f_globals.get("__name__") == "socket":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame else "?"
