"""Sends the control socket a million messages, most of them nonsense, and looks whether the daemon is well.

    python -m bench.fuzz [--messages 1000000] [--seed 1] [--json]

The daemon is a process of its own: the real socket, commands, pipeline, skills and history, with a microphone
that is silent and a speaker that nobody hears. Several talk to it at once: in order, in bursts, in pieces;
they hang up, do not read, and fall asleep in the middle of a line. Exits with 1 when anything was found.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant import control
from bench.fuzz.attack import Attacker, Outcome, sleeper
from bench.fuzz.daemon import Census, serve
from bench.fuzz.messages import MARK

_TALKERS = 6
_SLEEPERS = 2
_WARM_UP = 20_000  # messages before the first census: caches fill, the allocator gets its arenas
_MOST_GROWTH_MB = 8.0
_MORE_DESCRIPTORS = 16  # SQLite keeps a file open while another connection to it has a lock
_START_SECONDS = 60.0
_REST_SECONDS = 2.0  # until what was hung up on has been let go


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run found."""

    messages: int
    messages_per_second: float
    answers: dict[str, int]
    before: Census
    after: Census
    findings: list[str]

    def lines(self) -> Iterator[str]:
        """For a person to read."""
        yield f"{self.messages} messages, {self.messages_per_second:.0f} a second, answers: {self.answers}"
        for name, before in asdict(self.before).items():
            yield f"{name:12} {before:8} before {asdict(self.after)[name]:8} after"
        yield from (f"FOUND: {finding}" for finding in self.findings)


def main() -> int:
    """Attack and tell; 1 when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    memory = Path("/dev/shm")  # noqa: S108 - a disk would be waited for most of the time
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        verdict = run(Path(folder), args.messages, args.seed)
    print(json.dumps(asdict(verdict)) if args.json else "\n".join(verdict.lines()))
    return int(bool(verdict.findings))


def run(folder: Path, messages: int, seed: int) -> Verdict:
    """Attack a daemon whose files are in `folder`."""
    outcome = Outcome()
    with _daemon(folder, outcome) as path:
        before, after, seconds = asyncio.run(_attack(path, messages, seed, outcome))
    _judge_log((folder / "log").read_text(), outcome)
    if after.memory_mb - before.memory_mb > _MOST_GROWTH_MB:
        outcome.findings.append(f"the daemon grew from {before.memory_mb} to {after.memory_mb} MB")
    if after.tasks > before.tasks or after.descriptors > before.descriptors + _MORE_DESCRIPTORS:
        outcome.findings.append("the daemon keeps tasks or files")
    rate = round(outcome.messages / seconds, 1)
    return Verdict(outcome.messages, rate, dict(outcome.answers), before, after, outcome.findings)


async def _attack(path: Path, messages: int, seed: int, outcome: Outcome) -> tuple[Census, Census, float]:
    """The census before and after, and how long it took."""
    started = time.monotonic()
    attackers = [Attacker(path, seed * _TALKERS + number, outcome) for number in range(_TALKERS)]
    await _all_attack(attackers, min(_WARM_UP, messages // 2))
    before = await _census(path)
    sleepers = [asyncio.create_task(sleeper(path)) for _ in range(_SLEEPERS)]
    telling = asyncio.create_task(_tell(outcome, messages))
    await _all_attack(attackers, messages)
    seconds = time.monotonic() - started
    for task in (*sleepers, telling):
        task.cancel()
    return before, await _census(path), seconds


async def _all_attack(attackers: list[Attacker], goal: int) -> None:
    await asyncio.gather(*(attacker.attack(goal) for attacker in attackers))


async def _census(path: Path) -> Census:
    await asyncio.sleep(_REST_SECONDS)
    await asyncio.to_thread(control.request, path, "status")
    return Census(**await asyncio.to_thread(control.request, path, "census"))


async def _tell(outcome: Outcome, messages: int) -> None:
    while True:
        await asyncio.sleep(10)
        print(f"{outcome.messages} of {messages}", file=sys.stderr, flush=True)


@contextmanager
def _daemon(folder: Path, outcome: Outcome) -> Iterator[Path]:
    """The socket of a daemon in a process of its own; it must end in order."""
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder,))
    process.start()
    path = folder / "control.sock"
    deadline = time.monotonic() + _START_SECONDS
    while not control.is_running(path) and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        yield path
    finally:
        process.terminate()
        process.join(10)
        if process.exitcode != 0:
            outcome.findings.append(f"the daemon did not end in order but with {process.exitcode}")
            process.kill()


def _judge_log(log: str, outcome: Outcome) -> None:
    for line in dict.fromkeys(log.splitlines()):
        if MARK in line or not line.startswith(("INFO ", "WARNING ")):
            outcome.findings.append(f"in the log: {line}")


if __name__ == "__main__":
    sys.exit(main())
