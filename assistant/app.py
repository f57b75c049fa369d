"""Puts the parts together and runs them: in the order of the pipeline, in reverse when it ends."""

import asyncio
import logging
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assistant import control, history, memory, parts
from assistant.answers import Answers
from assistant.audio import chime
from assistant.audio.device import Devices
from assistant.audio.filedevice import Fast, FileDevice, RealTime
from assistant.config import Config
from assistant.control import Handler, checked
from assistant.errors import ControlError, UsageError
from assistant.events import Intent, Language, Reply, Transcript
from assistant.grammar.text import is_chinese
from assistant.journal import Journal, NoJournal
from assistant.lan.client import Lan
from assistant.pipeline import Pipeline
from assistant.proof.standing import Standing, allowed
from assistant.requests import Ask, Forget, History, Request, Say
from assistant.schedule import Due, Scheduler, SystemClock
from assistant.service import Service
from assistant.storage import Storage
from assistant.turns import Answerer, Stages, Turns, as_written, joined

_LOGGER = logging.getLogger(__name__)

_FILE_SILENCE_SECONDS = 1.0  # heard after a file: a wake word is recognised a little after its end
_LONGEST_TEXT = 2000  # characters of a written request
# Controls, and what Python makes of bytes that are no UTF-8.
_NO_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")

Answering = Callable[[str, Language | None], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Files:
    """Sound files in place of the devices."""

    microphone: Path
    speaker: Path | None
    fast: bool


async def run(config: Config, lan: Lan, *, files: Files | None = None, events: Path | None = None) -> None:
    """Listen until SIGTERM or SIGINT, or until the file has been answered."""
    _end_on_signals()
    audible = asyncio.Event()
    device = _device(config, files, audible)
    clock = FileClock(device) if files and files.fast else SystemClock()
    async with AsyncExitStack() as stack:
        # What is said in a recording must neither set nor ring the user's own timers.
        state = Path(stack.enter_context(TemporaryDirectory())) if files else config.state
        storage = stack.enter_context(closing(Storage(state)))
        journal = Journal(events, lambda: device.now) if events else NoJournal()
        stack.enter_context(closing(journal))
        commands = Commands(config, device)
        if files is None:
            await stack.enter_async_context(control.serve(config.socket, commands.handlers))
        await stack.enter_async_context(device)  # without a microphone there is no use in loading
        models = await parts.load(config)
        stack.callback(models.close)
        memory.settle()
        understanding = parts.understanding(config, storage, clock, lan)
        answers: Answerer = Answers(understanding, models.chat)
        if config.history.enabled and files is None:
            answers = await stack.enter_async_context(history.recording(config, answers))
        stages = Stages(
            models.recognizer,
            answers,
            models.voices,
            device,
            journal,
            models.wake_phrases,
        )
        service = Service()

        def heartbeat() -> None:
            service.heartbeat()
            understanding.forget_old()

        pipeline = Pipeline(
            device,
            models.listener,
            Turns(stages, audible, config.languages[0]),
            device,
            journal,
            chime=chime.wake() if config.audio.chime else None,
            heartbeat=heartbeat,
        )
        commands.pipeline = pipeline

        async def on_due(due: Due) -> None:
            answer = await understanding.due(due)
            await pipeline.announce(as_written([answer.reply]), chime.ring() if answer.ring else None)

        def answered() -> bool:
            return (
                isinstance(device, FileDevice) and device.past_end > _FILE_SILENCE_SECONDS and pipeline.quiet
            )

        service.ready()
        _LOGGER.info("Listening for %s", ", ".join(config.wake.words))
        stack.callback(service.stopping)
        await _until_one_ends(
            pipeline.run(answered), Scheduler(storage, clock).run(on_due), memory.let_go_of_cycles()
        )


@asynccontextmanager
async def answering(config: Config, lan: Lan) -> AsyncIterator[Answering]:
    """Answer texts in this process; what they schedule rings in the daemon."""
    with closing(Storage(config.state)) as storage, closing(parts.chat(config, parts.store(config))) as chat:
        answers = Answers(parts.understanding(config, storage, SystemClock(), lan), chat)

        async def ask(text: str, lang: Language | None) -> dict[str, Any]:
            started = time.perf_counter()
            transcript = written(text, lang)
            answer = await answers.answer(transcript)
            async with aclosing(answer.replies) as replies:
                reply = joined([reply async for reply in replies])
            return described(transcript, answer.intent, reply, time.perf_counter() - started)

        yield ask


class Commands:
    """What the control socket can ask for."""

    def __init__(self, config: Config, device: Devices | FileDevice) -> None:
        self.pipeline: Pipeline | None = None
        """Set when everything is loaded."""
        self._config = config
        self._device = device
        self._started = time.monotonic()

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The commands by name."""
        return {
            "status": checked(Request, self._status),
            "privacy": checked(Request, self._privacy),
            "say": checked(Say, self._say),
            "ask": checked(Ask, self._ask),
            "history": checked(History, self._history),
            "forget": checked(Forget, self._forget),
        }

    async def _status(self, _request: Request) -> dict[str, Any]:
        return {
            "state": "listening" if self.pipeline else "loading",
            "pid": os.getpid(),
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            "turns": self.pipeline.number if self.pipeline else 0,
            "memory_mb": round(resident_bytes() / 1e6),
            "audio": asdict(self._device.health),
        }

    async def _privacy(self, _request: Request) -> dict[str, Any]:
        return {**asdict(Standing.own()), **allowed(self._config)}

    async def _history(self, request: History) -> dict[str, Any]:
        return await asyncio.to_thread(history.show, self._config, request.model_dump(exclude_none=True))

    async def _forget(self, request: Forget) -> dict[str, Any]:
        return await asyncio.to_thread(history.forget, self._config, request.model_dump(exclude_none=True))

    async def _say(self, request: Say) -> dict[str, Any]:
        transcript = written(request.text, request.lang)
        await self._ready().say(as_written([Reply(transcript.text, transcript.lang)]))
        return {"said": True}

    async def _ask(self, request: Ask) -> dict[str, Any]:
        started = time.perf_counter()
        transcript = written(request.text, request.lang)
        intent, reply = await self._ready().ask(transcript, aloud=request.speak)
        return described(transcript, intent, reply, time.perf_counter() - started)

    def _ready(self) -> Pipeline:
        if self.pipeline is None:
            raise ControlError(
                en="Xiaoben is still loading its models; try again in a few seconds.",
                zh="小本还在加载模型；请过几秒再试。",
            )
        return self.pipeline


class FileClock:
    """The time of a recording that is read faster than it was spoken: it began when we did."""

    def __init__(self, device: Devices | FileDevice) -> None:
        self._device = device
        self._start = datetime.now().astimezone()

    def now(self) -> datetime:
        """The time at the present frame."""
        return self._start + timedelta(seconds=self._device.now)

    def elapsed(self) -> float:
        """Seconds of sound so far."""
        return self._device.now

    async def sleep_until(self, when: datetime) -> None:
        """Return at the frame of `when`."""
        while self.now() < when:  # noqa: ASYNC110 - frames pass in microseconds
            await asyncio.sleep(0.001)


def written(text: str, lang: Language | None) -> Transcript:
    """A request that was typed; raises UsageError for what cannot be one."""
    if not text.strip() or len(text) > _LONGEST_TEXT:
        raise UsageError(
            en=f"A text must have 1 to {_LONGEST_TEXT} characters.",
            zh=f"文字长度应为 1 到 {_LONGEST_TEXT} 个字符。",
        )
    if _NO_TEXT.search(text):
        raise UsageError(
            en="The text is not valid UTF-8, or has control characters in it.",
            zh="文字不是有效的 UTF-8，或含有控制字符。",
        )
    return Transcript(text.strip(), lang or ("zh" if is_chinese(text) else "en"), 1.0)


def described(transcript: Transcript, intent: Intent, reply: str, seconds: float) -> dict[str, Any]:
    """A turn as a program reads it."""
    return {
        "text": transcript.text,
        "lang": transcript.lang,
        "intent": intent.name,
        "slots": dict(intent.slots),
        "source": intent.source,
        "reply": reply,
        "actions": [],  # nothing outside the assistant can be acted on yet
        "seconds": round(seconds, 4),
    }


def resident_bytes() -> int:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _device(config: Config, files: Files | None, audible: asyncio.Event) -> Devices | FileDevice:
    if files is None:
        return Devices(config.audio.microphone, config.audio.speaker)
    return FileDevice(files.microphone, files.speaker, Fast(audible.wait) if files.fast else RealTime())


def _end_on_signals() -> None:
    """The first signal ends in order, the second at once: a model that loads cannot be stopped."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end(number: int) -> None:
        loop.add_signal_handler(number, os._exit, 128 + number)
        if task:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Run all; the first that ends or fails ends the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
