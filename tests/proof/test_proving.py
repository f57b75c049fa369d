"""The whole proof, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.models


def test_everything_is_proven_on_this_machine(tmp_path: Path):
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "home").mkdir()
    config = tmp_path / "config.toml"
    config.write_text(f'state = "{tmp_path}/home/state"\n')
    command = [sys.executable, "-m", "assistant", "privacy", "--prove", "--json", "--config", config]
    places = {"XDG_RUNTIME_DIR": f"{tmp_path}/run", "HOME": f"{tmp_path}/home"}
    done = subprocess.run(
        [*command, "--out", tmp_path / "report.json"], env={**os.environ, **places},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip(done.stderr)
    report = json.loads((tmp_path / "report.json").read_text())
    failed = [row for row in report["rows"] if row["verdict"] not in {"held", "absent"}]
    assert failed == []
    assert sum(row["part"] == "escape" and row["verdict"] == "held" for row in report["rows"]) >= 15
    assert done.returncode == 0
    assert json.loads(done.stdout) == report
    assert list((tmp_path / "run").glob(".xiaoben-proof*")) == []
