"""Neither we nor what we are made of asks for the network: at import, or while a request is answered.

It is the kernel that is asked, by strace: it sees what libraries do in C as well. These runs have no fence.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from assistant.config import Config

ROOT = Path(__file__).parent.parent
CALLS = "socket,socketpair,connect,bind,sendto,sendmsg,io_uring_setup"
SECONDS = 120

pytestmark = [
    pytest.mark.models,  # not seconds-long, and one of them needs the models
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

AUDIT = """
import os, sys
from socket import AF_UNIX
def audit(event, args):
    if event == "socket.__new__" and args[1] != AF_UNIX or event in FORBIDDEN:
        os.write(2, f"AUDIT {event} {args}\\n".encode())
FORBIDDEN = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
             "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect"}
sys.addaudithook(audit)
"""


def traced(code: str, folder: Path, *arguments: str) -> tuple[list[str], str]:
    """Run Python code; its calls for sockets that are no Unix ones and for look-ups, and its output.

    Raises AssertionError when the code fails.
    """
    trace = folder / "trace"
    command = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(trace)]
    command += [sys.executable, "-c", AUDIT + code, *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XIAOBEN_LANG": "en"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    heard = [line for line in done.stderr.splitlines() if line.startswith("AUDIT")]
    return heard + [line for line in trace.read_text().splitlines() if reaches_out(line)], done.stdout


def reaches_out(line: str) -> bool:
    """Whether a system call makes a socket that is no Unix one, or names an address of another kind."""
    if call := re.search(r"\b(socket|socketpair)\((\w+)", line):
        return call[2] != "AF_UNIX"
    return "io_uring_setup(" in line or re.search(r"sa_family=(?!AF_UNIX)", line) is not None


def distributions() -> Iterator[str]:
    """What pyproject.toml names, and what that needs, as normalized names."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    waiting, known = [*named], set()
    while waiting:
        name = re.sub("[-_.]+", "-", re.match(r"[\w.-]+", waiting.pop())[0]).lower()
        if name not in known and is_installed(name):
            known.add(name)
            yield name
            waiting += [need for need in metadata.requires(name) or [] if "extra ==" not in need]


def is_installed(name: str) -> bool:
    """Needs of other systems and other Pythons are not."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def modules() -> list[str]:
    ours = set(distributions())
    normal = {
        top: {re.sub("[-_.]+", "-", name).lower() for name in names}
        for top, names in metadata.packages_distributions().items()
    }
    return sorted(top for top, names in normal.items() if names & ours and top.isidentifier())


IMPORT_ALL = """
import assistant, importlib
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        print(name)
"""


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_INET6)",
        "import ctypes; ctypes.CDLL(None).socket(2, 1, 0)",
        "import ctypes, subprocess; subprocess.run([sys.executable, '-c', 'import socket; socket.socket()'])",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import socket; s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    ],
)
def test_what_does_ask_for_the_network_is_seen(code: str, tmp_path: Path):
    assert traced(code, tmp_path)[0] != []


def test_no_dependency_asks_for_the_network_when_it_is_imported(tmp_path: Path):
    assert len(modules()) > 40
    asked, failed = traced(IMPORT_ALL, tmp_path, *modules())
    assert asked == []
    assert len(failed.split()) < 5  # leftovers of a package's build, a part that its package must load first


def test_no_module_of_ours_asks_for_the_network_when_it_is_imported(tmp_path: Path):
    ours = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "assistant").rglob("*.py"))
        if path.name != "__main__.py"
    ]
    assert traced(IMPORT_ALL, tmp_path, *ours) == ([], "")


FETCH = """
from faster_whisper import WhisperModel
try:
    WhisperModel("tiny")
except Exception:
    print("refused")
"""


def test_a_library_that_would_fetch_a_model_is_kept_from_it(tmp_path: Path):
    assert traced(FETCH, tmp_path)[0] != []
    assert traced("import assistant\n" + FETCH, tmp_path) == ([], "refused\n")


@pytest.fixture
def xiaoben(tmp_path: Path) -> Callable[..., str]:
    """Runs a command without a fence; its output, if it asked for nothing and wrote nothing elsewhere."""
    settings = f'state = "{tmp_path}/state"\nmodels = "{Config().models}"\n[privacy]\nfence = false\n'
    (tmp_path / "config.toml").write_text(settings)
    code = "from assistant.cli import main; sys.exit(main(sys.argv[1:]))"

    def run(*words: str) -> str:
        asked, output = traced(code, tmp_path, *words, "--config", str(tmp_path / "config.toml"))
        assert asked == []
        written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
        assert written <= {"config.toml", "events.jsonl", "out.wav", "trace", "state"}
        return output

    return run


def test_spoken_requests_are_answered_without_asking_for_the_network(xiaoben, tmp_path: Path):
    out, events = tmp_path / "out.wav", tmp_path / "events.jsonl"
    recording = str(ROOT / "demo" / "recording.flac")
    xiaoben("run", "--mic", recording, "--speaker", str(out), "--events", str(events), "--fast")
    replies = [
        event for event in map(json.loads, events.read_text().splitlines()) if event["event"] == "reply"
    ]
    assert {reply["lang"] for reply in replies} == {"zh", "en"}


def test_the_language_model_answers_without_asking_for_the_network(xiaoben):
    assert json.loads(xiaoben("ask", "why is the sky blue", "--json"))["source"] == "llm"
