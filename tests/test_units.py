"""The units: systemd takes them, rates them as promised, and the chain runs under their filter."""

import errno
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from assistant import control, memory
from assistant.config import Config
from assistant.errors import ConfigError, PrivacyError, UsageError
from assistant.installation.sound import Alsa, Person, SoundServer
from assistant.installation.system import System

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "systemd"
NEWER_THAN_252 = ("RestartSteps", "RestartMaxDelaySec")

needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze rates the units and is not there"
)


class NoManager:
    """Nothing is started."""

    def start(self, units): ...

    def stop(self, units): ...


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install with a kind of sound; the folder of the units."""
    person = Person("root", 0, tmp_path)
    sounds = {
        "alsa": Alsa(),
        "socket": SoundServer(person, Path("/run/user/0/pulse/native"), tmp_path / "cookie"),
    }
    monkeypatch.setattr(
        "assistant.installation.dropins.check_readable", lambda _: None
    )  # our checkout may be private

    def install(sound: str) -> Path:
        System(NoManager(), tmp_path).install(Config(models=tmp_path), None, person, sounds[sound])
        return tmp_path / "etc/systemd/system"

    return install


def analyze(*arguments: str | Path) -> str:
    command = ["systemd-analyze", "--no-pager", *map(str, arguments)]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return done.stdout + done.stderr


def settings(unit: Path) -> list[tuple[str, str]]:
    lines = [line.partition("=") for line in unit.read_text().splitlines() if not line.startswith(("#", "["))]
    return [(key, value) for key, _, value in lines if key]


def values(unit: Path, key: str) -> list[str]:
    return [value for name, value in settings(unit) if name == key]


@needs_analyze
@pytest.mark.parametrize("sound", ["alsa", "socket"])
def test_systemd_takes_the_installed_units_without_complaint(installed, sound):
    folder = installed(sound)
    complaints = analyze("verify", folder / "xiaoben.service", folder / "xiaoben.socket").splitlines()
    assert [line for line in complaints if not any(f"'{key}'" in line for key in NEWER_THAN_252)] == []


@needs_analyze
def test_the_check_sees_a_setting_that_does_not_exist(installed):
    folder = installed("alsa")
    (folder / "xiaoben.service.d/wrong.conf").write_text("[Service]\nPrivateNetwrok=yes\n")
    assert "PrivateNetwrok" in analyze("verify", folder / "xiaoben.service")


@needs_analyze
@pytest.mark.parametrize(("sound", "highest"), [("alsa", 0.4), ("socket", 0.3)])
def test_the_exposure_is_what_we_promise(installed, sound, highest):
    table = analyze("security", "--offline=true", installed(sound) / "xiaoben.service")
    exposure = re.search(r"Overall exposure level for xiaoben.service: ([\d.]+)", table)
    assert exposure, table
    assert float(exposure[1]) <= highest


@needs_analyze
def test_systemd_takes_a_person_s_own_unit(tmp_path):
    shutil.copy(UNITS / "user/xiaoben.service", tmp_path)
    facts = tmp_path / "xiaoben.service.d"
    facts.mkdir()
    (facts / "installation.conf").write_text(f"[Service]\nExecStart={sys.executable}\n")
    complaints = analyze("verify", "--user", "--man=no", tmp_path / "xiaoben.service").splitlines()
    assert [line for line in complaints if "xiaoben" in line and "Restart" not in line] == []


@pytest.mark.parametrize("unit", ["xiaoben.service", "user/xiaoben.service"])
def test_what_the_units_share_with_the_code_is_the_same(unit):
    path = UNITS / unit
    statuses = {UsageError.exit_status, PrivacyError.exit_status, ConfigError.exit_status}
    assert {int(status) for status in values(path, "RestartPreventExitStatus")[0].split()} == statuses
    environment = dict(value.split("=", 1) for value in values(path, "Environment"))
    assert memory.can_wipe(environment)


def test_the_client_knows_the_socket_of_the_service():
    assert values(UNITS / "xiaoben.socket", "ListenStream") == [str(control.SYSTEM_SOCKET)]


@cache
def group(name: str) -> frozenset[str]:
    """The system calls of a group such as @system-service."""
    words = [line.strip() for line in analyze("syscall-filter", name).splitlines()[1:]]
    calls = [word for word in words if word and not word.startswith("#")]
    return frozenset().union(*(group(call) if call.startswith("@") else {call} for call in calls))


def allowed(unit: Path) -> set[str]:
    """The system calls that a unit allows, by the rules of systemd.exec(5)."""
    calls = set(group("@default"))
    for value in values(unit, "SystemCallFilter"):
        words = value.removeprefix("~").split()
        named = set().union(*(group(word) if word.startswith("@") else {word} for word in words))
        calls = calls - named if value.startswith("~") else calls | named
    return calls - {"unshare", "setns"} if values(unit, "RestrictNamespaces") == ["yes"] else calls


@needs_analyze
@pytest.mark.parametrize("unit", ["xiaoben.service", "user/xiaoben.service"])
@pytest.mark.parametrize(
    "call", ["io_uring_setup", "ptrace", "process_vm_readv", "bpf", "add_key", "kexec_load", "init_module"]
)
def test_a_call_that_helps_to_get_out_is_not_allowed(unit, call):
    assert call not in allowed(UNITS / unit)
    assert "read" in allowed(UNITS / unit)


_UNDER_FILTER = """
import errno, os, socket, sys
from contextlib import suppress
import pyseccomp
unix = pyseccomp.Arg(0, pyseccomp.EQ, socket.AF_UNIX)
filter = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
for call in sys.argv[1].split(","):
    with suppress(Exception):  # a call of another processor
        filter.add_rule(pyseccomp.ALLOW, call, *([unix] if call == "socket" else []))
filter.load()
os.execv(sys.argv[2], sys.argv[2:])
"""


_TRIED = """
import os, socket
try:
    socket.socket(socket.AF_INET)
except OSError as error:
    print(error.errno)
os.setpriority(os.PRIO_PROCESS, 0, 19)
socket.socket(socket.AF_UNIX)
print("alive")
"""


def under_filter(unit: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run our Python under a unit's SystemCallFilter= and RestrictAddressFamilies=, by libseccomp."""
    command = [sys.executable, "-c", _UNDER_FILTER, ",".join(sorted(allowed(unit))), sys.executable]
    command += map(str, arguments)
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@needs_analyze
def test_the_filter_is_in_force_in_these_tests():
    done = under_filter(UNITS / "xiaoben.service", "-c", _TRIED)
    assert done.stdout == f"{errno.EPERM}\nalive\n", done.stderr


@needs_analyze
@pytest.mark.models
@pytest.mark.parametrize("unit", ["xiaoben.service", "user/xiaoben.service"])
def test_the_whole_chain_answers_under_the_filter(unit, tmp_path):
    events = tmp_path / "events.jsonl"
    files = ("--mic", ROOT / "demo/recording.flac", "--speaker", tmp_path / "reply.wav", "--events", events)
    done = under_filter(UNITS / unit, "-m", "assistant", "run", *files, "--fast")
    assert done.returncode == 0, done.stderr
    assert '"reply_end"' in events.read_text()
    assert '"error"' not in events.read_text()
