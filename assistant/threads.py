"""Blocking engines beside the event loop: one step at a time, so that a cancel lands within a step."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

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

    async def iterate(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """The items of a blocking iterator, each pulled when it is asked for."""
        iterator = await self.call(make)
        try:
            while (item := await self.call(next, iterator, _END)) is not _END:
                yield item
        finally:
            # Queued behind an abandoned step: a generator is never closed while it runs.
            self._executor.submit(getattr(iterator, "close", lambda: None))

    def close(self) -> None:
        """End the thread after the step it is in, without waiting for that."""
        self._executor.shutdown(wait=False, cancel_futures=True)


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
