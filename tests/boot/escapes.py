"""Tries every way out that `xiaoben privacy --prove` knows, from within xiaoben.service and as root outside.

Runs in a machine, as root: `python -m tests.boot.escapes` writes [name, outside, inside] a line, as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.proof.attempt import attempt
from assistant.proof.escapes import ESCAPES, Outside
from assistant.proof.proof import Order, surroundings

_UNITS = Path("/run/systemd/system")
_CAGE = "xiaoben-cage.service"
_PROGRAMS = ["/run/dbus/system_bus_socket", "/run/systemd/resolve/io.systemd.Resolve"]
# What the daemon adds to the cage by itself is left out: the unit alone is to hold.
_ATTEMPTS = """
import json
from assistant.proof.attempt import attempt
from assistant.proof.escapes import Outside
outside = Outside(**json.loads({outside!r}))
for name in {names!r}:
    outcome = attempt(name, outside, None)
    print(json.dumps([name, outcome.result]), flush=True)
"""
_OTHER_PROGRAM = """
[Unit]
Requires=
[Service]
Type=oneshot
Restart=no
TimeoutStartSec=infinity
ExecStart=
ExecStart={python} -P -
StandardInput=file:{folder}/attempts
StandardOutput=file:{folder}/outcomes
"""


def main() -> None:
    """Try all, outside and inside."""
    with TemporaryDirectory(dir="/root") as folder, TemporaryDirectory(dir="/run") as runtime:
        order = Order({}, reach=None, search=[], runtime=runtime, temporary=folder, private=folder)
        with surroundings(order) as place:
            outside = replace(place, programs=_PROGRAMS)
            for name, result in _in_cage(outside, Path(folder)):
                sys.stdout.write(json.dumps([name, attempt(name, outside, None).result, result]) + "\n")


def _in_cage(outside: Outside, folder: Path) -> Iterator[tuple[str, str]]:
    # A connection that was open at the start is none that systemd hands to a service.
    names = [name for name in ESCAPES if name != "inherited"]
    seen = json.dumps(asdict(replace(outside, inherited=0)))
    (folder / "attempts").write_text(_ATTEMPTS.format(outside=seen, names=names))
    _make_cage(folder)
    subprocess.run(["systemctl", "start", _CAGE], check=True)
    for line in (folder / "outcomes").read_text().splitlines():
        yield tuple(json.loads(line))


def _make_cage(folder: Path) -> None:
    """The service's unit and what the installation added to it, with another program in it."""
    unit = Path("/etc/systemd/system/xiaoben.service")
    drop_ins = _UNITS / f"{_CAGE}.d"
    drop_ins.mkdir(parents=True, exist_ok=True)
    (_UNITS / _CAGE).write_text(unit.read_text())
    for file in Path(f"{unit}.d").glob("*.conf"):
        (drop_ins / file.name).write_text(file.read_text())
    (drop_ins / "other.conf").write_text(_OTHER_PROGRAM.format(python=sys.executable, folder=folder))
    subprocess.run(["systemctl", "daemon-reload"], check=True)


if __name__ == "__main__":
    main()
