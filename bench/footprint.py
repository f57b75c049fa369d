"""What the daemon costs: seconds to start, memory, and processor time while nobody speaks.

    python -m bench.footprint [--idle 30] [--json]

Runs `xiaoben run` on a sound card made of software (PulseAudio, see tests/sound), lets the room be silent,
then asks one question in each language and looks at the memory again. Exits with 1 when a goal is missed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assistant.audio.files import write
from assistant.events import RATE_HZ
from tests.listening import rendered
from tests.sound.conftest import VirtualSound
from tests.sound.daemon import Daemon

GOALS = {"start_seconds": 15.0, "memory_mb": 1200.0, "idle_percent_of_a_core": 5.0}
_TICKS = os.sysconf("SC_CLK_TCK")
_REQUESTS = (
    ("Hey computer, what is the capital of France?", "en", "am_michael"),
    ("小本同学，现在几点了？", "zh", "zm_yunxi"),
)


def family(pid: int) -> list[Path]:
    """The `/proc` folders of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{pid}"), *(folder for child in children for folder in family(int(child)))]


def memory_mb(pid: int) -> float:
    """Proportional resident memory of the family: shared pages count once."""
    rollups = [(folder / "smaps_rollup").read_text() for folder in family(pid)]
    return (
        sum(int(line.split()[1]) for text in rollups for line in text.splitlines() if line[:4] == "Pss:")
        / 1000
    )


def processor_seconds(pid: int) -> float:
    """Processor time that the family has used."""
    stats = [(folder / "stat").read_text().rpartition(")")[2].split() for folder in family(pid)]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / _TICKS


def idle_percent(pid: int, seconds: float) -> float:
    """Share of one core used while the room is silent."""
    before = processor_seconds(pid)
    time.sleep(seconds)
    return 100 * (processor_seconds(pid) - before) / seconds


def measure(
    folder: Path, sound: VirtualSound, idle: float, progress: Callable[[str], None]
) -> dict[str, float]:
    """Run the daemon once; the figures by name."""
    os.environ |= sound.environment
    requests = [(folder / f"{lang}.wav", rendered(text, lang, voice)) for text, lang, voice in _REQUESTS]  # type: ignore[arg-type]
    progress("starting")
    started = time.monotonic()
    daemon = Daemon(folder)
    try:
        daemon.told(b"READY=1")
        figures = {"start_seconds": time.monotonic() - started}
        time.sleep(3)
        progress(f"idle for {idle:.0f} s")
        pid = daemon.process.pid
        figures["idle_percent_of_a_core"] = idle_percent(pid, idle)
        figures["memory_idle_mb"] = memory_mb(pid)
        for number, (path, samples) in enumerate(requests, 1):
            progress(f"asking {path.stem}")
            write(path, samples, RATE_HZ)
            sound.inject(path)
            daemon.wait_for("reply_end", number)
        figures["memory_mb"] = memory_mb(pid)
    finally:
        daemon.stop()
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--idle", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiaoben-bench-") as name:
        sound = VirtualSound(Path(name))
        sound.start()
        try:
            figures = measure(
                Path(name), sound, args.idle, lambda step: print(step, file=sys.stderr, flush=True)
            )
        finally:
            sound.stop()
    if args.json:
        print(json.dumps(figures))
    else:
        for figure, value in figures.items():
            goal = f"  (goal: {GOALS[figure]:g} or less)" if figure in GOALS else ""
            print(f"{figure:24} {value:8.2f}{goal}")
    return int(any(figures[name] > goal for name, goal in GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
