"""Blocking engines beside the event loop: one step at a time, so that a cancel lands within a step."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")
_END: Any = object()


class Worker:
    """One thread for one engine: its calls never overlap."""

    def __init__(self, name: str) -> None:
        """`name` is the thread's, as debuggers and `top -H` show it."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function` in the thread; a cancel leaves it running and drops its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *args)

    def later(self, function: Callable[..., object], *args: Any) -> None:
        """Run `function` after what the thread has to do; nobody waits for it."""
        self._executor.submit(function, *args).add_done_callback(_log_failure)

    async def iterate(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """The items of a blocking iterator, each pulled when it is asked for."""
        iterator = await self.call(make)
        try:
            while (item := await self.call(next, iterator, _END)) is not _END:
                yield item
        finally:
            # Queued behind an abandoned step: a generator is never closed while it runs.
            self.later(getattr(iterator, "close", lambda: None))

    def close(self) -> None:
        """End the thread after the step it is in, without waiting for that."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _log_failure(future: Future[object]) -> None:
    if not future.cancelled() and (error := future.exception()):
        _LOGGER.error("Nobody waited for what failed: %s", type(error).__name__)


async def ahead(items: AsyncGenerator[T, None], depth: int) -> AsyncGenerator[T, None]:
    """`items`, of which `depth` are made ready while the earlier ones are still being used."""
    ready: asyncio.Queue[Any] = asyncio.Queue()
    room = asyncio.Semaphore(depth)

    async def produce() -> None:
        try:
            async with aclosing(items):
                async for item in items:
                    await room.acquire()
                    ready.put_nowait(item)
        finally:
            ready.put_nowait(_END)

    producer = asyncio.create_task(produce())
    try:
        while (item := await ready.get()) is not _END:
            room.release()
            yield item
        await producer  # raises what ended it
    finally:
        producer.cancel()
