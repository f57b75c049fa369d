import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assistant import skills
from assistant.declaration import language
from assistant.events import Transcript
from assistant.schedule import Scheduler
from assistant.skill import Skill
from assistant.storage import Storage
from assistant.understanding import Answer, Understanding
from tests.fakes import FakeClock

BUNDLED = Path(__file__).parent.parent / "skills"

Say = Callable[[str], Awaitable[str | None]]
Wait = Callable[[timedelta], Awaitable[list[Answer]]]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are in English whatever the locale; a test that wants Chinese says so."""
    monkeypatch.setenv("XIAOBEN_LANG", "en")


@pytest.fixture(autouse=True)
def own_process() -> Iterator[None]:
    """What a command sets for its whole process ends with the test that runs it."""
    umask = os.umask(0o022)
    levels = {name: logging.getLogger(name).level for name in ("", "assistant", "skills")}
    yield
    os.umask(umask)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture(scope="session")
def bundled() -> list[Skill]:
    return skills.enabled(skills.load([BUNDLED]))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 8, 3, 15, 5))  # noqa: DTZ001 - a Monday, in the local zone


@pytest.fixture
def storage() -> Iterator[Storage]:
    # In memory where that is possible: waiting for a disk takes longer than the rest of a test.
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        storage = Storage(Path(folder))
        yield storage
        storage.close()


@pytest.fixture
def understanding(bundled: list[Skill], storage: Storage, clock: FakeClock) -> Understanding:
    return Understanding(bundled, storage, clock)


@pytest.fixture
def say(understanding: Understanding) -> Say:
    """Say a sentence to all bundled skills; what they reply, or None when none understands."""

    async def say(text: str) -> str | None:
        answer = await understanding.answer(Transcript(text, language(text), 1.0))
        return answer and answer.reply.text

    return say


@pytest.fixture
def wait(understanding: Understanding, storage: Storage, clock: FakeClock) -> Wait:
    """Let time pass; what is announced meanwhile."""

    async def wait(delta: timedelta) -> list[Answer]:
        announced: list[Answer] = []

        async def announce(due):
            announced.append(await understanding.due(due))

        end = clock.now() + delta
        running = asyncio.create_task(Scheduler(storage, clock).run(announce))
        while clock.now() <= end:
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return announced

    return wait
