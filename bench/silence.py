"""Packets that leave while the whole real test suite runs, and during an hour in which nobody speaks.

    python -m bench.silence [--hours 1] [--skip-suite] [--json]

Everything runs in a network of its own whose only exit answers whoever asks (see assistant/proof), with a
capture on it and on the loopback. The hour is room noise read as fast as possible, once with the fence and
once without: the code itself is silent. Tests that talk to servers of their own do so over loopback, and such
packets are counted apart. Exits with 1 when a packet left, or when the capture did not see the control's.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from assistant.audio.files import write
from assistant.events import RATE_HZ
from assistant.proof import room, silence, yard
from assistant.proof.capture import Capture

_SUITE = ["-m", "pytest", "-q", "-m", "models or sound", "-p", "no:cacheprovider"]
_ROOM_NOISE = 0.003  # of full scale, about -50 dB


@dataclass(frozen=True, slots=True)
class Row:
    """What one programme sent."""

    name: str
    exit_status: int
    left: list[str]
    """Packets at the exit."""
    loopback: int


def main() -> int:
    """Run everything and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hours", type=float, default=1.0, help="length of the silence")
    parser.add_argument("--skip-suite", action="store_true", help="only the silence")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    room.enter()
    with Capture() as capture, yard.behind_the_exit(), _resolver(), tempfile.TemporaryDirectory() as folder:
        capture.wait_until_quiet()
        missed = silence.control(capture)
        capture.packets()
        rows = []
        for name, command in _programmes(Path(folder), args.hours, suite=not args.skip_suite):
            print(f"{name} …", file=sys.stderr, flush=True)
            rows.append(_row(name, _status(command), capture))
    _show(rows, missed, as_json=args.json)
    return 1 if missed or any(row.left or row.exit_status for row in rows) else 0


def _programmes(folder: Path, hours: float, *, suite: bool) -> Iterator[tuple[str, Sequence[str]]]:
    _write_noise(folder / "quiet.wav", hours)
    for fence in (True, False):
        config = folder / f"fence-{fence}.toml"
        config.write_text(f'state = "{folder}/state"\n[privacy]\nfence = {str(fence).lower()}\n')
        yield (
            f"{hours:g} idle h, {'fenced' if fence else 'unfenced'}",
            ["-m", "assistant", "run", "--config", str(config), "--mic", str(folder / "quiet.wav"), "--fast"],
        )
    if suite:
        yield "the real test suite", _SUITE


def _write_noise(path: Path, hours: float) -> None:
    samples = np.random.default_rng(0).normal(0, _ROOM_NOISE, round(hours * 3600 * RATE_HZ))
    write(path, (samples * 32767).astype("<i2").tobytes(), RATE_HZ)


@contextmanager
def _resolver() -> Iterator[None]:
    """Ask the yard for names: a look-up must be able to leave."""
    with tempfile.NamedTemporaryFile("w", prefix="resolv-") as file:
        file.write(f"nameserver {yard.IPV4}\n")
        file.flush()
        room.bind(Path(file.name), Path("/etc/resolv.conf"))
        yield


def _status(command: Sequence[str]) -> int:
    """Run to the end; what it prints goes to standard error. The kernel keeps the packets meanwhile."""
    return subprocess.run([sys.executable, *command], check=False, stdout=sys.stderr).returncode


def _row(name: str, status: int, capture: Capture) -> Row:
    packets = capture.packets()
    left = [str(packet) for packet in packets if packet.interface != "lo"]
    return Row(name, status, left, len(packets) - len(left))


def _show(rows: Sequence[Row], missed: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"control_missed": missed, "rows": [asdict(row) for row in rows]}))
        return
    print(f"control (UDP and DNS): {f'NOT SEEN: {missed}' if missed else 'seen'}")
    for row in rows:
        print(
            f"{row.name}: {len(row.left)} packets left, {row.loopback} on loopback, status {row.exit_status}"
        )
        for packet in row.left[:10]:
            print(f"    {packet}")


if __name__ == "__main__":
    sys.exit(main())
