"""What falls due later: timers, alarms, reminders. Knows times, not what they are for or where they lie."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from assistant.events import Language

LATE = timedelta(minutes=1)
"""What falls due while nobody can ring is told afterwards as missed, if it is later than this."""

_LOOK = timedelta(seconds=1)
# How often the list is looked at. It needs no signal when another turn or another process adds
# something, and notices suspend and clock changes.

_SHORTEST_SLEEP = timedelta(milliseconds=50)
_CLOCK_STEP_SECONDS = 2.0  # a wall clock that moved this much against the running time was set


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that a skill wants to be woken for."""

    id: str
    skill: str
    when: datetime
    """In local time, with its zone."""
    payload: Any
    """What the skill wants to know then, as JSON."""
    lang: Language
    """The language it was asked for in."""
    countdown: bool = False
    """Runs from when it was set, whatever the wall clock is set to meanwhile."""
    missed: bool = False
    """The time has passed while nobody could ring: tell, don't ring."""


class Schedule:
    """A skill's view of what it has scheduled; changes count once the skill has returned."""

    def __init__(
        self, skill: str, lang: Language, now: Callable[[], datetime], pending: Iterable[Due] = ()
    ) -> None:
        self._skill = skill
        self._lang = lang
        self._now = now
        self._pending = {due.id: due for due in pending}
        self.added: dict[str, Due] = {}
        self.cancelled: set[str] = set()

    def at(self, when: datetime, payload: Any = None) -> str:
        """Be woken at a time of the wall clock; returns the id."""
        return self._add(when.astimezone(), payload, countdown=False)

    def after(self, delay: timedelta, payload: Any = None) -> str:
        """Be woken when that much time has run; returns the id."""
        return self._add(self._now() + delay, payload, countdown=True)

    def cancel(self, due_id: str) -> bool:
        """Forget it; False when there is none of that id."""
        if self.added.pop(due_id, None):
            return True
        if found := self._pending.pop(due_id, None):
            self.cancelled.add(due_id)
        return found is not None

    def pending(self) -> list[Due]:
        """What has not fallen due, the next first."""
        return sorted([*self._pending.values(), *self.added.values()], key=lambda due: due.when)

    def _add(self, when: datetime, payload: Any, *, countdown: bool) -> str:
        due = Due(
            id=secrets.token_hex(8),
            skill=self._skill,
            when=when,
            payload=payload,
            lang=self._lang,
            countdown=countdown,
        )
        self.added[due.id] = due
        return due.id


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Local time, with its zone."""

    def elapsed(self) -> float:
        """Seconds that only ever run on, through suspend too."""

    async def sleep_until(self, when: datetime) -> None: ...


class SystemClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """Local time, with its zone."""
        return datetime.now().astimezone()

    def elapsed(self) -> float:
        """Seconds since the machine started."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep_until(self, when: datetime) -> None:
        """Return at `when`, or at once when it has passed."""
        await asyncio.sleep((when - self.now()).total_seconds())


class DueStore(Protocol):
    """Where what is due outlives the process."""

    def next_due(self) -> datetime | None:
        """When the next of those falls due that nobody has claimed."""

    def claim(self, now: datetime, late: timedelta) -> list[Due]:
        """Everything that has fallen due and that this process has not claimed before, marked as claimed."""

    def finish(self, due: Due) -> None:
        """Forget what was announced."""

    def settle_countdowns(self) -> None:
        """Let countdowns end at the wall-clock time they have now."""

    def shift_countdowns(self, step: timedelta) -> None:
        """Move the others, for the wall clock was set by `step`."""


class Scheduler:
    """Announces what falls due, once each."""

    def __init__(self, store: DueStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._started = self._wall_minus_elapsed()

    async def run(self, on_due: Callable[[Due], Awaitable[None]]) -> None:
        """Await `on_due` for everything that falls due; several at a time may be under way.

        It is marked before and forgotten after `on_due` has returned. What a crash or the end of the
        program interrupted is given again at the next start, then as missed.
        """
        self._store.settle_countdowns()  # how long the machine was off only the wall clock knows
        async with asyncio.TaskGroup() as announcements:
            while True:
                self._follow_wall_clock()
                for due in self._store.claim(self._clock.now(), LATE):
                    announcements.create_task(self._announce(due, on_due))
                await self._clock.sleep_until(self._next_look())

    async def _announce(self, due: Due, on_due: Callable[[Due], Awaitable[None]]) -> None:
        await on_due(due)
        self._store.finish(due)

    def _next_look(self) -> datetime:
        look = self._clock.now() + _LOOK
        due = self._store.next_due()
        # Not at once, even when something is due: where nothing can be written it would stay so for ever.
        return max(self._clock.now() + _SHORTEST_SLEEP, min(look, due)) if due else look

    def _wall_minus_elapsed(self) -> float:
        return self._clock.now().timestamp() - self._clock.elapsed()

    def _follow_wall_clock(self) -> None:
        step = self._wall_minus_elapsed() - self._started
        if abs(step) > _CLOCK_STEP_SECONDS:
            self._store.shift_countdowns(timedelta(seconds=step))
            self._started += step
