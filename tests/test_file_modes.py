"""Nobody else may read what Xiaoben writes, whatever the umask."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.audio.files import write
from assistant.events import RATE_HZ

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home


def xiaoben(home: Path, *arguments: str, config: str = "") -> str:
    """What a command prints that a careless user runs in an empty home."""
    settings = home / "given.toml"
    settings.write_text(f'models = "{CHECKOUT / "models"}"\n{config}')
    own = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments, "--config", str(settings)],
        env={**os.environ, **own, "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run")},
        cwd=CHECKOUT,
        umask=0,
        capture_output=True,
        text=True,
        check=True,
    )
    settings.unlink()
    return done.stdout


def open_to_others(home: Path) -> list[str]:
    """What is there besides private folders, files and sockets."""
    return [
        f"{path.relative_to(home)} {stat.filemode(path.lstat().st_mode)}"
        for path in sorted(home.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) != (0o700 if path.is_dir() else 0o600)
    ]


def test_a_timer_that_was_set_is_for_its_owner_only(home):
    reply = xiaoben(
        home, "ask", "set a timer for five minutes", "--json",
        config="[llm]\nenabled = false\n[history]\nenabled = true\n",
    )  # fmt: skip
    assert json.loads(reply)["intent"] == "timer.start"
    assert (home / "state" / "xiaoben" / "xiaoben.db").is_file()
    assert open_to_others(home) == []


@pytest.mark.models
@pytest.mark.parametrize("fence", ["true", "false"])
def test_what_a_run_on_files_leaves_is_for_its_owner_only(home, fence):
    (home / "in").mkdir(mode=0o700)
    recording = home / "in" / "silence.wav"
    write(recording, bytes(RATE_HZ), RATE_HZ)
    outputs = ["--speaker", str(home / "out.wav"), "--events", str(home / "events.jsonl")]
    xiaoben(home, "run", "--fast", "--mic", str(recording), *outputs, config=f"[privacy]\nfence = {fence}\n")
    assert (home / "out.wav").is_file()
    assert (home / "events.jsonl").is_file()
    assert open_to_others(home) == []
