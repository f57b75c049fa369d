"""What `run` and `ask` do first: the process is closed off before anything is loaded, or does not go on."""

import importlib
import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from assistant import cli, memory
from assistant.commands import fenced
from assistant.config import Config, PrivacyConfig
from assistant.lan.client import NOWHERE
from tests.fence.children import in_child

STRANGER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

SKILL = """
import socket
from pathlib import Path

from assistant.skill import Reply, Skill

skill = Skill("spy", en="spy", zh="偷看")


def connected():
    try:
        socket.create_connection(("127.0.0.1", {port}), 5).close()
    except OSError:
        return "in"
    return "out"


@skill.intent(en=["get out"], zh=["出去"], examples={{"get out": {{}}, "出去": {{}}}})
async def leave() -> Reply:
    '''Get out.'''
    seen = "seen" if Path("{secret}").exists() else "unseen"
    return Reply(en=f"{{connected()}} {{seen}}", zh="好。")
"""

Xiaoben = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def not_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started anew: it would be this test runner."""
    monkeypatch.setattr(memory, "wiping_environment", lambda _: None)


@pytest.fixture(scope="module")
def loaded() -> None:
    """The engines are imported once, not in every fork."""
    importlib.import_module("assistant.app")


@pytest.fixture
def xiaoben(loaded: None, tmp_path: Path) -> Xiaoben:
    """Runs a command in a fork of this process; its status, what it printed, and its errors."""

    def run(*words: str, settings: str = "") -> tuple[int, str, str]:
        own = f'state = "{tmp_path}/state"\nsocket = "{tmp_path}/run/socket"\nllm.enabled = false\n'
        models = "" if "models" in settings else f'models = "{tmp_path}/models"\n'
        (tmp_path / "config.toml").write_text(own + models + settings)

        def work() -> tuple[int, str, str]:
            with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as errors:
                status = cli.main([*words, "--config", str(tmp_path / "config.toml")])
            return status, out.getvalue().strip(), errors.getvalue()

        return in_child(work)

    return run


@pytest.fixture
def spy(tmp_path: Path) -> Iterator[str]:
    """Settings with a skill that looks for a way out, and a server and a file for it to find."""
    (tmp_path / "secret").touch()
    (tmp_path / "skills").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = SKILL.format(port=server.getsockname()[1], secret=tmp_path / "secret")
        (tmp_path / "skills" / "spy.py").write_text(text, encoding="utf-8")
        yield f'skills.folder = "{tmp_path}/skills"\n'


def test_a_skill_that_is_asked_in_writing_is_behind_the_fence(xiaoben: Xiaoben, spy: str):
    assert xiaoben("ask", "get out", settings=spy)[:2] == (0, "in unseen")


def test_without_the_fence_the_same_skill_gets_out(xiaoben: Xiaoben, spy: str):
    assert xiaoben("ask", "get out", settings=spy + "privacy.fence = false\n")[:2] == (0, "out seen")


@pytest.mark.parametrize("words", [["ask", "hello"], ["run"]])
def test_a_command_starts_again_with_an_allocator_that_wipes(words, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(f'socket = "{tmp_path}/run/socket"\n')
    monkeypatch.setattr(memory, "wiping_environment", lambda _: {"WIPES": "yes"})

    def execve(program, arguments, environment):
        raise SystemError(program, arguments, environment)

    monkeypatch.setattr(os, "execve", execve)
    with pytest.raises(SystemError) as started:
        cli.main([*words, "--config", str(tmp_path / "config.toml")])
    assert started.value.args == (sys.executable, sys.orig_argv, {"WIPES": "yes"})


def test_nothing_that_starts_threads_is_imported_before_the_fence():
    code = "import sys, assistant.commands.ask, assistant.commands.run; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_models_below_a_folder_that_everybody_may_change_are_refused(xiaoben: Xiaoben, tmp_path: Path):
    (tmp_path / "open" / "models").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    status, _, errors = xiaoben("ask", "hello", settings=f'models = "{tmp_path}/open/models"\n')
    assert status == 69
    assert f"Everybody on this machine may change {tmp_path}/open," in errors


def test_a_model_that_is_linked_from_such_a_folder_is_refused(xiaoben: Xiaoben, tmp_path: Path):
    (tmp_path / "open" / "whisper").mkdir(parents=True)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "whisper").symlink_to(tmp_path / "open" / "whisper")
    status, _, errors = xiaoben("ask", "hello")
    assert status == 69
    assert f"may change {tmp_path}/open," in errors


@needs_root
def test_root_is_told_what_only_its_owner_can_read_behind_the_fence(xiaoben: Xiaoben, tmp_path: Path):
    (tmp_path / "home" / "models").mkdir(parents=True)
    (tmp_path / "home").chmod(0o700)
    os.chown(tmp_path / "home", STRANGER, STRANGER)
    settings = f'models = "{tmp_path}/home/models"\n'
    status, _, errors = xiaoben("ask", "what can you do", settings=settings)
    assert status == 64
    assert f"{tmp_path}/home can be read by {STRANGER} alone" in errors
    (tmp_path / "home").chmod(0o711)
    assert xiaoben("ask", "what can you do", settings=settings)[0] == 0
    os.chown(tmp_path / "home" / "models", STRANGER, STRANGER)
    (tmp_path / "home" / "models").chmod(0o711)
    assert xiaoben("ask", "what can you do", settings=settings)[0] == 64


@needs_root
@pytest.mark.parametrize("linked", [False, True])
def test_a_runtime_folder_of_somebody_else_is_refused(linked, xiaoben: Xiaoben, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if linked:
        (tmp_path / "ours").mkdir()
        (tmp_path / "xiaoben").symlink_to("ours")
    else:
        (tmp_path / "xiaoben").mkdir()
    os.chown(tmp_path / "xiaoben", STRANGER, STRANGER, follow_symlinks=False)
    status, _, errors = xiaoben("ask", "what can you do")
    assert status == 73
    assert f"The folder {tmp_path}/xiaoben belongs to somebody else" in errors


@pytest.mark.parametrize("recording", ["absent.wav", ""])
def test_no_output_is_made_for_a_recording_that_cannot_be_read(recording, xiaoben: Xiaoben, tmp_path: Path):
    outputs = tmp_path / "out.wav", tmp_path / "events.jsonl"
    files = ["--mic", str(tmp_path / recording), "--speaker", str(outputs[0]), "--events", str(outputs[1])]
    status, _, errors = xiaoben("run", *files)
    assert status == 65
    assert "cannot be read" in errors
    assert not any(path.exists() for path in outputs)


def test_what_the_broker_compiles_others_may_read_and_what_we_write_they_may_not(tmp_path, monkeypatch):
    seen = []

    @contextmanager
    def started(_):
        seen.append(umask())
        yield NOWHERE

    def work() -> list[int]:
        with fenced.fenced(Config(models=tmp_path, privacy=PrivacyConfig(fence=False))):
            seen.append(umask())
        return seen

    monkeypatch.setattr(fenced.broker, "started", started)
    assert in_child(work) == [0o022, 0o077]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
