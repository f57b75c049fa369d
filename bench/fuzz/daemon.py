"""The daemon under attack: the real socket, commands, pipeline, skills, history; no models, no sound."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from assistant import control, credentials, history, logs, parts
from assistant.answers import Answers
from assistant.app import Commands, resident_bytes
from assistant.audio.device import Devices
from assistant.audio.health import Health
from assistant.chat import NoChat
from assistant.config import Config, HistoryConfig
from assistant.events import FRAME_BYTES, RATE_HZ, AudioFrame, Heard, Reply, Speech
from assistant.journal import NoJournal
from assistant.lan.client import NOWHERE
from assistant.pipeline import Pipeline
from assistant.schedule import SystemClock
from assistant.storage import Storage
from assistant.turns import Recognizer, Stages, Turns


class _Deaf:
    """Ears that hear nothing, a voice and a speaker that make no sound."""

    health = Health()

    async def frames(self) -> AsyncIterator[AudioFrame]:
        index = 0
        while True:
            await asyncio.sleep(0.02)
            yield AudioFrame(index, bytes(FRAME_BYTES))
            index += 1

    def feed(self, _frame: AudioFrame) -> list[Heard]:
        return []

    def listen(self) -> None:
        pass

    def synthesize(self, reply: Reply) -> Iterator[Speech]:
        yield Speech(bytes(FRAME_BYTES), RATE_HZ, reply.text)

    async def play(self, _speech: Speech, _on_start: Callable[[float], None] | None = None) -> float:
        await asyncio.sleep(0)
        return 0.0


@dataclass(frozen=True, slots=True)
class Census:
    """What a daemon holds."""

    tasks: int
    descriptors: int
    memory_mb: float
    pause_ms: float
    """The longest that the event loop has let the ears wait since the last census."""


class _Pulse:
    """Feels how long the event loop makes others wait."""

    def __init__(self) -> None:
        self._longest = 0.0

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(0.005)
            self._longest = max(self._longest, clock() - before - 0.005)

    async def census(self, _fields: dict[str, Any]) -> dict[str, Any]:
        longest, self._longest = self._longest, 0.0
        descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - no file is waited for
        memory = round(resident_bytes() / 1e6, 1)
        return asdict(Census(len(asyncio.all_tasks()), descriptors, memory, round(1000 * longest, 1)))


def serve(folder: Path) -> None:
    """Be the daemon, its files and its log in `folder`, until SIGTERM."""
    os.dup2(os.open(folder / "log", os.O_WRONLY | os.O_CREAT, 0o600), sys.stderr.fileno())
    logs.set_up(verbose=False)
    os.environ["CREDENTIALS_DIRECTORY"] = str(folder)
    (folder / credentials.HISTORY_KEY).write_bytes(os.urandom(credentials.KEY_BYTES))
    asyncio.run(_serve_until_told(folder))


async def _serve_until_told(folder: Path) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    async with serving(folder):
        await told.wait()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Path]:
    """Run the daemon in this process, its files in `folder`; its socket.

    Beside the real commands it knows `census`. The environment must have the key of the history.
    """
    config = Config(state=folder, socket=folder / "control.sock", history=HistoryConfig(enabled=True))
    deaf, pulse, journal = _Deaf(), _Pulse(), NoJournal()
    async with AsyncExitStack() as stack:
        storage = stack.enter_context(closing(Storage(config.state)))
        skilled = Answers(parts.understanding(config, storage, SystemClock(), NOWHERE), NoChat())
        answers = await stack.enter_async_context(history.recording(config, skilled))
        stages = Stages(cast(Recognizer, None), answers, deaf, deaf, journal, lambda _: ())
        commands = Commands(config, cast(Devices, deaf))
        commands.pipeline = Pipeline(deaf, deaf, Turns(stages, asyncio.Event(), "en"), deaf, journal)
        works = [asyncio.create_task(work) for work in (commands.pipeline.run(), pulse.run())]
        handlers = {**commands.handlers, "census": pulse.census}
        await stack.enter_async_context(control.serve(config.socket, handlers))
        try:
            yield config.socket
        finally:
            for work in works:
                work.cancel()
            await asyncio.wait(works)
