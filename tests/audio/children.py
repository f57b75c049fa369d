"""Audio children that follow a script instead of running PortAudio."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from assistant.audio.wire import End, Ended, Failed, Heard, Link, LinkLost, Message, Play, Ready, Started

READY = Ready("fake", 48_000, 1, 1)
GONE = Failed("The device 'fake' stopped.", "设备“fake”停止工作。")
SOUND = bytes(range(1, 161)) * 4
Script = Callable[[Link], Awaitable[None]]


class ScriptedChild:
    """Follows its script at the other end of a socket pair, then hangs up."""

    last_words = "ALSA lib: no such device"

    def __init__(self, link: Link, other: Link, script: Script) -> None:
        self.link = link
        self.stopped = False
        self._other = other
        self._task = asyncio.create_task(self._follow(script))

    async def _follow(self, script: Script) -> None:
        try:
            await script(self._other)
            await self._other.sent()
        except LinkLost:
            pass
        finally:
            self._other.close()

    async def stop(self) -> None:
        self.stopped = True
        self.link.close()
        self._task.cancel()
        await asyncio.wait([self._task])


class Children:
    """Starts a child for each script; after the last one there are no more."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.started: list[tuple[str, str]] = []
        self.children: list[ScriptedChild] = []

    async def start(self, role: str, name: str) -> ScriptedChild:
        self.started.append((role, name))
        script = self._scripts.pop(0) if self._scripts else hang
        ours, theirs = socket.socketpair()
        self.children.append(ScriptedChild(await Link.open(ours), await Link.open(theirs), script))
        return self.children[-1]


async def hang(link: Link) -> None:
    """Neither speak nor end."""
    await asyncio.Event().wait()


async def vanish(link: Link) -> None:
    """End without a word."""


def says(*messages) -> Script:
    """Send the messages, then wait to be stopped."""

    async def script(link: Link) -> None:
        for message in messages:
            link.send(message)
        await link.sent()
        await hang(link)

    return script


def then_ends(script_messages) -> Script:
    """Send the messages and end."""

    async def script(link: Link) -> None:
        for message in script_messages:
            link.send(message)

    return script


def heard(count: int, since: float, first: int = 0, samples: bytes = SOUND) -> list[Heard]:
    """Frames captured one after another; the first is complete 20 ms after `since`."""
    return [Heard(first + number, since + (number + 1) * 0.02, samples) for number in range(count)]


class Room:
    """A speaker's child that says at once of every speech that it started and ended, and keeps what came."""

    def __init__(self, *, ends: bool = True, fails_after: int | None = None) -> None:
        self.came: list[Message] = []
        self._ends = ends
        self._fails_after = fails_after

    async def __call__(self, link: Link) -> None:
        link.send(READY)
        while True:
            message = await link.receive()
            self.came.append(message)
            match message:
                case End(number):
                    link.send(Started(number, 50.0 + number))
                    if self._ends:
                        link.send(Ended(number, 51.0 + number))
                    if self._fails_after == number:
                        link.send(GONE)

    def sound(self, number: int) -> bytes:
        return b"".join(
            part.samples for part in self.came if isinstance(part, Play) and part.speech == number
        )
