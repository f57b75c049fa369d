"""The proof's own tools, in real namespaces."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.fence.reach import of_run
from assistant.proof import standing

ROOT = Path(__file__).parent.parent.parent


def in_a_room(*command: str) -> str:
    """What a program prints there; skips where the kernel lets us make none."""
    room = [sys.executable, "-m", "assistant.proof.room"]
    possible = subprocess.run([*room, "true"], capture_output=True, text=True, cwd=ROOT, check=False)
    if possible.returncode:
        pytest.skip(f"no namespaces here: {possible.stderr}")
    done = subprocess.run([*room, *command], capture_output=True, text=True, cwd=ROOT, check=False)
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


def test_a_process_says_how_it_stands(reach: dict[str, list[str]]):
    command = [sys.executable, "-m", "assistant.proof.standing"]
    done = subprocess.run(
        command, input=json.dumps(reach), capture_output=True, text=True, cwd=ROOT, check=True
    )
    fenced = standing.Standing.from_json(json.loads(done.stdout))
    assert "seccomp" in {layer.name for layer in fenced.layers if layer.enforced}
    assert fenced == standing.Standing.from_json(asdict(fenced))
