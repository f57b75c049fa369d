"""Blocking engines beside the event loop."""

import asyncio
from contextlib import aclosing

import pytest

from assistant.threads import Worker, ahead


async def numbers(*, made: list[int], count: int = 10):
    for number in range(count):
        made.append(number)
        yield number
        await asyncio.sleep(0)


async def test_a_worker_runs_a_function_and_gives_its_result():
    worker = Worker("test")
    assert await worker.call(divmod, 7, 2) == (3, 1)
    worker.close()


async def test_a_cancel_lands_within_one_step_and_closes_the_generator():
    pulled, closed = [], []

    def slow():
        try:
            for number in range(1000):
                pulled.append(number)
                yield number
        finally:
            closed.append(True)

    worker = Worker("test")
    async with aclosing(worker.iterate(slow)) as items:
        async for item in items:
            if item == 3:
                break
    await worker.call(lambda: None)
    assert (len(pulled), closed) == (4, [True])
    worker.close()


async def test_items_are_made_ahead_but_not_without_bound():
    made: list[int] = []
    async with aclosing(ahead(numbers(made=made), 2)) as items:
        assert await anext(items) == 0
        for _ in range(20):
            await asyncio.sleep(0)
        assert made == [0, 1, 2, 3]


async def test_all_items_come_in_order():
    assert [item async for item in ahead(numbers(made=[]), 2)] == list(range(10))


async def test_an_error_of_the_maker_reaches_the_user():
    async def broken():
        yield 1
        raise ValueError("no more")

    seen = []
    with pytest.raises(ValueError, match="no more"):
        async for item in ahead(broken(), 2):
            seen.append(item)
    assert seen == [1]


async def test_leaving_early_stops_the_maker():
    made: list[int] = []
    async with aclosing(ahead(numbers(made=made, count=1000), 1)) as items:
        await anext(items)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(made) < 5
