"""The process in which PortAudio runs: when it hangs or crashes, this process is replaced and nothing else.

`python -m assistant.audio.child FD ROLE [NAME]`: one process listens (`microphone`), another plays
(`speaker`), a third kind only lists the devices (`list`). PortAudio reads the list of devices once in a
process's life, so a new process is also how a device that was plugged in later is found.
"""

import asyncio
import dataclasses
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import memory
from assistant.audio.capture import Capture
from assistant.audio.inventory import stopped
from assistant.audio.playlist import Playlist, Track
from assistant.audio.portaudio import Stream, devices
from assistant.audio.wire import (
    Drop,
    End,
    Ended,
    Failed,
    Link,
    LinkLost,
    Listed,
    Message,
    Play,
    Ready,
    Started,
    Xrun,
)
from assistant.errors import AudioError
from assistant.events import FRAMES_PER_SECOND

_PRIORITY = -10  # PulseAudio's and PipeWire's own is -11
_IDLE_SECONDS = 30.0  # longer than a turn, so that only its first sound waits for the device to open


def _teller(link: Link) -> Callable[[Message], None]:
    """A `send` for the audio thread."""
    loop = asyncio.get_running_loop()

    def tell(message: Message) -> None:
        loop.call_soon_threadsafe(link.send, message)

    return tell


def _ready(stream: Stream) -> Ready:
    return Ready(stream.device.name, stream.rate_hz, stream.channels, stream.matches)


def _failed(error: AudioError) -> Failed:
    return Failed(error.en, error.zh)


async def _list(link: Link) -> None:
    link.send(Listed([dataclasses.asdict(device) for device in devices()]))
    await link.sent()


async def _listen(link: Link, name: str) -> None:
    """Send what the microphone hears, for as long as the daemon is there."""
    microphone = _Microphone(link, name)
    await asyncio.gather(microphone.send(), link.receive())


class _Microphone:
    def __init__(self, link: Link, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._link = link
        self._tell = _teller(link)
        self._stream = Stream("microphone", name, self._hear, self._lost)
        self._capture = Capture(self._stream.rate_hz, self._stream.channels)

    def _hear(self, block: Any, _count: int, _times: object, status: object) -> None:
        feed = partial(self._capture.feed, bytes(block), time.monotonic(), xrun=bool(status))
        self._loop.call_soon_threadsafe(feed)

    def _lost(self) -> None:
        self._tell(_failed(stopped(self._stream.device, "microphone")))

    async def send(self) -> None:
        self._stream.start()
        self._link.send(_ready(self._stream))
        while True:
            self._link.send(await self._capture.next())
            await self._link.sent()


async def _play(link: Link, name: str) -> None:
    """Play what the daemon sends."""
    speaker = _Speaker(link, name)
    while True:
        match await link.receive():
            case Play(speech, rate_hz, samples):
                speaker.track(speech, rate_hz).add(samples)
            case End(speech):
                speaker.tracks[speech].end()
            case Drop(speech) if speech in speaker.tracks:
                speaker.tracks[speech].drop()
                speaker.forget(speech)


class _Speaker:
    """Its device is open from the first sound until a while after the last."""

    def __init__(self, link: Link, name: str) -> None:
        self.tracks: dict[int, Track] = {}
        self._loop = asyncio.get_running_loop()
        self._link = link
        self._tell = _teller(link)
        self._name = name
        self._output: _Output | None = None
        self._closing: asyncio.TimerHandle | None = None

    def track(self, speech: int, rate_hz: int) -> Track:
        """The speech's place in the playlist; a new speech comes last."""
        if speech not in self.tracks:
            self.tracks[speech] = self._opened().playlist.open(
                rate_hz,
                on_start=lambda at: self._tell(Started(speech, at)),
                on_end=lambda at: self._loop.call_soon_threadsafe(self._ended, speech, at),
            )
        return self.tracks[speech]

    def forget(self, speech: int) -> None:
        """The speech is over."""
        del self.tracks[speech]
        if not self.tracks:
            self._closing = self._loop.call_later(_IDLE_SECONDS, self._close)

    def _ended(self, speech: int, at: float) -> None:
        if self._output and speech in self.tracks:
            heard = at + self._output.stream.latency_seconds
            self._loop.call_at(heard, self._link.send, Ended(speech, heard))  # both clocks are monotonic
            self.forget(speech)

    def _opened(self) -> "_Output":
        if self._closing:
            self._closing.cancel()
        if self._output is None:
            self._output = _Output(self._name, self._tell)
            self._link.send(_ready(self._output.stream))
        return self._output

    def _close(self) -> None:
        if self._output:
            self._output.stream.close()
            self._output = None


class _Output:
    """An open speaker and what it is to play."""

    def __init__(self, name: str, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self.stream = Stream("speaker", name, self._fill, self._lost)
        self.playlist = Playlist(self.stream.rate_hz)
        self._mono = np.zeros(self.stream.rate_hz // FRAMES_PER_SECOND, np.int16)
        self.stream.start()

    def _fill(self, block: NDArray[np.int16], _count: int, _times: object, status: object) -> None:
        self.playlist.fill(self._mono, time.monotonic())
        block[:] = self._mono[:, np.newaxis]
        if status:
            self._tell(Xrun())

    def _lost(self) -> None:
        self._tell(_failed(stopped(self.stream.device, "speaker")))


async def _serve(end: socket.socket, role: str, name: str) -> None:
    link = await Link.open(end)
    try:
        match role:
            case "microphone":
                await _listen(link, name)
            case "speaker":
                await _play(link, name)
            case "list":
                await _list(link)
    except AudioError as error:
        link.send(_failed(error))
        await link.sent()
    except LinkLost:
        pass  # the daemon is gone
    # Nothing is closed: closing a device that is gone is where PortAudio hangs, and the system does it too.
    os._exit(0)


def main() -> None:
    """Serve one end of a socket pair until the other end is closed."""
    # Ctrl-C goes to every process of a terminal: the daemon decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory.forbid_dumps()
    memory.settle()
    # The models keep every core busy while we play. Root and systemd's LimitNICE= permit this.
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    descriptor, role, name = sys.argv[1:]
    asyncio.run(_serve(socket.socket(fileno=int(descriptor)), role, name))


if __name__ == "__main__":
    main()
