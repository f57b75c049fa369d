"""Starts and ends audio children."""

import asyncio
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, cast

from assistant.audio.wire import Link
from assistant.errors import AudioError

_LOGGER = logging.getLogger(__name__)
_LAST_WORDS = 5
_REAP_SECONDS = 1.0


class Child(Protocol):
    """An audio child, from the daemon's side."""

    @property
    def link(self) -> Link:
        """The daemon's end of the conversation."""

    @property
    def last_words(self) -> str:
        """The last lines that PortAudio and the like wrote, for the log."""

    async def stop(self) -> None:
        """End the child, whatever state it is in."""


Start = Callable[[str, str], Awaitable[Child]]
"""Starts a child for a role (`microphone`, `speaker`, `list`) and a device name."""


async def start(role: str, name: str) -> "ChildProcess":
    """Start an audio child as a process that inherits nothing but its end of a socket pair."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assistant.audio.child", str(theirs.fileno()), role, name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    return ChildProcess(process, await Link.open(ours))


class ChildProcess:
    """A running child."""

    def __init__(self, process: asyncio.subprocess.Process, link: Link) -> None:
        self.link = link
        self._process = process
        self._lines: deque[str] = deque(maxlen=_LAST_WORDS)
        self._listening = asyncio.create_task(self._listen())

    @property
    def last_words(self) -> str:
        """The last lines that PortAudio and the like wrote, for the log."""
        return " / ".join(self._lines)

    async def _listen(self) -> None:
        async for line in cast(asyncio.StreamReader, self._process.stderr):
            self._lines.append(line.decode(errors="replace").strip())
            _LOGGER.debug("Audio child %d: %s", self._process.pid, self._lines[-1])

    async def stop(self) -> None:
        """Kill the child, whatever state it is in."""
        self.link.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        with suppress(TimeoutError):  # a process stuck in a driver cannot be reaped, and need not be
            async with asyncio.timeout(_REAP_SECONDS):
                await self._process.wait()
                await self._listening
        self._listening.cancel()


def unanswered(child: Child) -> AudioError:
    """What to tell a person when a child ended or hangs."""
    words = child.last_words
    return AudioError(
        en=f"The sound system does not answer ({words or 'and says nothing'}); "
        "restart PipeWire or PulseAudio and see whether `xiaoben devices` works.",
        zh=f"声音系统没有响应（{words or '没有任何信息'}）；"
        "请重启 PipeWire 或 PulseAudio，并检查 `xiaoben devices` 是否正常。",
    )
