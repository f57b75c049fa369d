"""Tells systemd that we are ready, alive and stopping (sd_notify(3)); silent without systemd."""

import os
import socket
from contextlib import suppress

from assistant.events import FRAMES_PER_SECOND


class Service:
    """The service manager, if one started us."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._frames = 0

    def ready(self) -> None:
        """We listen."""
        self._notify("READY=1\nSTATUS=Listening")

    def stopping(self) -> None:
        """We are on the way out."""
        self._notify("STOPPING=1")

    def heartbeat(self) -> None:
        """A frame was heard: the watchdog is fed once a second of sound, it starves with dead ears."""
        self._frames += 1
        if self._frames % FRAMES_PER_SECOND == 0:
            self._notify("WATCHDOG=1")

    def _notify(self, message: str) -> None:
        if not self._address:
            return
        # A manager that is gone or does not read is its own trouble: never a reason to stop, or to wait.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)
            manager.connect(self._address)
            manager.sendall(message.encode())
