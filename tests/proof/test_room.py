"""The proof's own tools, in real namespaces."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import pytest

from assistant.config import Config
from assistant.fence.reach import of_run
from assistant.proof import room, standing

ROOT = Path(__file__).parent.parent.parent


def in_a_room(*command: str) -> str:
    """What a program prints there; skips where the kernel lets us make none."""
    enter = [sys.executable, "-m", "assistant.proof.room"]
    possible = subprocess.run([*enter, "true"], capture_output=True, text=True, cwd=ROOT, check=False)
    if possible.returncode:
        pytest.skip(f"no namespaces here: {possible.stderr}")
    done = subprocess.run([*enter, *command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return standing.to_json(of_run(Config(state=tmp_path / "state", socket=tmp_path / "control.sock")))


def test_a_room_has_no_network_but_a_loopback():
    assert in_a_room("cat", "/proc/self/net/dev").count(":") == 1


def test_the_fence_holds_what_gets_out_without_it_and_the_capture_sees_it(reach: dict[str, list[str]]):
    arguments = [json.dumps(each) for each in (["tcp_ipv4", "unix_programs"], reach, ["udp_ipv6"])]
    found = json.loads(in_a_room(sys.executable, "-m", "tests.proof.inside", *arguments))
    for row in found["fenced"]:
        assert row["verdict"] == "held", row
        assert row["control"]["en"].startswith("reached")
    # The same, with a fence that is none: the proof must fail and name the way.
    assert [(row["name"], row["verdict"]) for row in found["unfenced"]] == [("udp_ipv6", "open")]
    assert found["missed"] == ""


def test_a_kernel_without_ipv6_is_proven_by_the_other_ways(reach: dict[str, list[str]]):
    arguments = [json.dumps(each) for each in (["tcp_ipv4", "udp_ipv6"], reach, [])]
    turned_off = 'mount -t tmpfs none /proc/sys/net/ipv6 && exec "$@"'  # as it looks with ipv6.disable=1
    program = [sys.executable, "-m", "tests.proof.inside", *arguments]
    found = json.loads(in_a_room("sh", "-c", turned_off, "sh", *program))
    assert [row["verdict"] for row in found["fenced"]] == ["held", "absent"]
    assert found["missed"] == ""


def test_a_kernel_that_lets_nobody_into_a_room_is_told_by_the_status(monkeypatch: pytest.MonkeyPatch):
    def refused() -> NoReturn:
        raise PermissionError(errno.EPERM, "unshare")

    monkeypatch.setattr(room, "enter", refused)
    with pytest.raises(SystemExit) as left:
        room.main(["true"])
    assert left.value.code == os.EX_OSERR


def test_a_process_says_how_it_stands(reach: dict[str, list[str]]):
    command = [sys.executable, "-m", "assistant.proof.standing"]
    done = subprocess.run(
        command, input=json.dumps(reach), capture_output=True, text=True, cwd=ROOT, check=True
    )
    fenced = standing.Standing.from_json(json.loads(done.stdout))
    assert "seccomp" in {layer.name for layer in fenced.layers if layer.enforced}
    assert fenced == standing.Standing.from_json(asdict(fenced))


_LOOKED_UP = """
import socket, sys
from pathlib import Path
from assistant.proof import room

def asked():
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex("resolver")

room._RESOLVERS = ["."]
server = socket.socket(socket.AF_UNIX)
server.bind("resolver")
server.listen()
print(asked())
with room.resolvers_hidden():
    print(asked(), Path("resolv.conf").read_text())
print(asked())
"""


def test_who_looks_names_up_for_others_is_hidden_and_what_lies_beside_it_is_not(tmp_path: Path):
    (tmp_path / "resolv.conf").write_text("nameserver 192.0.2.1")
    script = f"import os; os.chdir({str(tmp_path)!r})\n{_LOOKED_UP}"
    before, within, after = in_a_room(sys.executable, "-c", script).splitlines()
    assert before == after == "0"
    assert within == f"{errno.ECONNREFUSED} nameserver 192.0.2.1"
