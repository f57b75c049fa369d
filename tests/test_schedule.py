import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from assistant.schedule import Due, Schedule, Scheduler, SystemClock
from assistant.storage import Storage

SECOND = timedelta(seconds=1)


@pytest.fixture
def add(storage, clock):
    """Schedule something, as a skill does in its turn."""

    def add(delay: timedelta, payload: object = None, *, countdown: bool = True) -> str:
        schedule = Schedule("probe", "en", clock.now)
        when = schedule.after(delay, payload) if countdown else schedule.at(clock.now() + delay, payload)
        storage.save("probe", storage.records("probe"), schedule)
        return when

    return add


@pytest.fixture
def run(storage, clock):
    """Let time pass; what fell due, with the seconds it took."""

    async def run(
        delta: timedelta, store: Storage = storage, on_due=None
    ) -> list[tuple[object, float, bool]]:
        begin, end, fell_due = clock.now(), clock.now() + delta, []

        async def note(due: Due) -> None:
            fell_due.append((due.payload, (clock.now() - begin).total_seconds(), due.missed))
            if on_due:
                await on_due(due)

        running = asyncio.create_task(Scheduler(store, clock).run(note))
        while clock.now() <= end and not running.done():
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return fell_due

    return run


async def test_each_falls_due_at_its_time_and_once(add, run):
    add(3 * SECOND, "b")
    add(1.5 * SECOND, "a")

    assert await run(5 * SECOND) == [("a", 1.5, False), ("b", 3.0, False)]
    assert await run(5 * SECOND) == []


async def test_what_is_added_meanwhile_is_noticed(add, run):
    add(SECOND, "first")

    async def again(due: Due) -> None:
        if due.payload == "first":
            add(2 * SECOND, "second")

    assert await run(5 * SECOND, on_due=again) == [("first", 1.0, False), ("second", 3.0, False)]


async def test_what_is_cancelled_does_not_fall_due(add, run, storage, clock):
    add(2 * SECOND, "a")
    schedule = Schedule("probe", "en", clock.now, storage.pending("probe"))

    assert schedule.cancel(schedule.pending()[0].id)
    assert not schedule.cancel("nonsense")
    storage.save("probe", storage.records("probe"), schedule)

    assert await run(5 * SECOND) == []


async def test_a_long_announcement_does_not_delay_another(add, run):
    add(SECOND, "a")
    add(2 * SECOND, "b")

    async def ring_for_ever(due: Due) -> None:
        await asyncio.Event().wait()

    assert await run(5 * SECOND, on_due=ring_for_ever) == [("a", 1.0, False), ("b", 2.0, False)]


async def test_what_fell_due_while_off_is_missed(add, run, clock):
    add(SECOND, "a")
    clock.advance(timedelta(hours=1))

    assert await run(SECOND) == [("a", 0.0, True)]


async def test_a_quick_restart_still_rings(add, run, clock):
    add(SECOND, "a")
    clock.advance(timedelta(seconds=30))

    assert await run(SECOND) == [("a", 0.0, False)]


async def test_what_was_interrupted_is_told_at_the_next_start_and_does_not_ring_again(add, run, storage):
    add(SECOND, "a")

    async def ring_for_ever(due: Due) -> None:
        await asyncio.Event().wait()

    assert await run(2 * SECOND, on_due=ring_for_ever) == [("a", 1.0, False)]

    after_restart = Storage(storage.path.parent)
    assert await run(2 * SECOND, after_restart) == [("a", 0.0, True)]
    assert await run(2 * SECOND, after_restart) == []
    after_restart.close()


@pytest.mark.parametrize("step", [timedelta(hours=3), timedelta(hours=-3)])
async def test_a_countdown_runs_on_when_the_wall_clock_is_set(add, run, clock, step):
    begin = clock.elapsed()

    async def set_clock(due: Due) -> None:
        if due.payload == "now":
            add(10 * SECOND, "countdown")
            clock.set(clock.now() + step)
        else:
            ended.append(clock.elapsed() - begin)

    ended: list[float] = []
    add(SECOND, "now")
    until = 20 * SECOND + max(step, timedelta())

    await run(until, on_due=set_clock)

    assert ended == [pytest.approx(11, abs=1)]


async def test_what_is_due_at_a_time_of_day_follows_the_wall_clock(add, run, clock):
    async def set_clock(due: Due) -> None:
        if due.payload == "now":
            clock.set(clock.now() + timedelta(minutes=10))

    add(SECOND, "now")
    add(timedelta(minutes=10), "alarm", countdown=False)

    (_, (payload, _, missed)) = await run(timedelta(minutes=11), on_due=set_clock)
    assert (payload, missed) == ("alarm", False)
    assert clock.elapsed() < 120


async def test_a_suspend_is_noticed(add, run, clock):
    add(5 * SECOND, "a")

    async def suspend(due: Due) -> None:
        if due.payload == "now":
            clock.advance(timedelta(hours=8))

    add(SECOND, "now")

    assert await run(timedelta(hours=9), on_due=suspend) == [("now", 1.0, False), ("a", 28_802.0, True)]


def test_a_skill_sees_what_it_has_scheduled_next_first(clock):
    schedule = Schedule("probe", "zh", clock.now)
    late = schedule.after(2 * SECOND)
    soon = schedule.at(clock.now() + SECOND)

    assert [due.id for due in schedule.pending()] == [soon, late]
    assert [due.countdown for due in schedule.pending()] == [False, True]
    assert schedule.cancel(soon)
    assert [due.lang for due in schedule.pending()] == ["zh"]


async def test_the_system_clock_tells_local_time_and_sleeps():
    clock = SystemClock()
    begin, elapsed = clock.now(), clock.elapsed()

    await clock.sleep_until(begin + timedelta(milliseconds=5))
    await clock.sleep_until(begin)

    assert begin.tzinfo is not None
    assert timedelta(milliseconds=4) < clock.now() - begin < timedelta(seconds=5)
    assert 0.004 < clock.elapsed() - elapsed < 5
