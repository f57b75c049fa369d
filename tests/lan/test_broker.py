"""The broker as a process of its own."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import PrivacyError, SkillError
from assistant.lan import broker
from tests.lan.peers import echo, tcp_server

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def runtime_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))


def children() -> list[int]:
    lists = Path("/proc/self/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text().split()]


def wait_for(condition) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_without_destinations_there_is_neither_process_nor_folder(folder: Path):
    with broker.started(Config()):
        assert children() == []
        assert list(folder.iterdir()) == []


def test_the_service_has_a_broker_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XIAOBEN_LAN_FOLDER", "/run/xiaoben-lan")
    with broker.started(Config(lan={"one": {"host": "127.0.0.1", "port": 1}})) as lan:
        assert children() == []
        assert lan.path("one") == Path("/run/xiaoben-lan/one.sock")


async def test_a_run_has_a_broker_until_it_ends(folder: Path):
    async with tcp_server(echo) as one:
        with broker.started(Config(lan={"one": one})) as lan:
            assert lan.folder.stat().st_mode & 0o777 == 0o700
            reader, writer = await lan.connect("one")
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            writer.close()
        assert children() == []
        assert not lan.folder.exists()


async def test_the_client_of_a_broker_that_was_killed_is_told(folder: Path):
    async with tcp_server(echo) as one:
        with broker.started(Config(lan={"one": one})) as lan:
            reader, writer = await lan.connect("one")
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            (process,) = children()
            os.kill(process, signal.SIGKILL)
            await asyncio.to_thread(os.waitid, os.P_PID, process, os.WEXITED | os.WNOWAIT)
            assert await reader.read() == b""
            writer.close()
            with pytest.raises(SkillError, match="the broker for the LAN has ended"):
                await lan.connect("one")


def test_the_broker_ends_when_the_run_is_killed(folder: Path):
    run = """
import time
from assistant.config import Config
from assistant.lan.broker import started
with started(Config(lan={"one": {"host": "127.0.0.1", "port": 1}})) as lan:
    print(lan.folder, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", run], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        own = Path(process.stdout.readline().strip())
        assert own.is_dir()
        process.kill()
    wait_for(lambda: not own.exists())


def test_a_broker_that_cannot_start_says_why(monkeypatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc")
    with (
        pytest.raises(PrivacyError, match="did not start"),
        broker.started(Config(lan={"one": {"host": "127.0.0.1", "port": 1}})),
    ):
        pass
    assert "can make no folder in /proc/xiaoben: No such file or directory" in capfd.readouterr().err
    assert children() == []


def test_what_the_kernel_leaves_to_the_broker(folder: Path):
    script = """
import socket, sys
from pathlib import Path
from assistant.fence import Reach, enclose_broker

folder, port = Path(sys.argv[1]), int(sys.argv[2])
enclose_broker(Reach(writable=[folder]), [port])

def attempt(title, action):
    try:
        action()
    except OSError as error:
        print(title, type(error).__name__)
    else:
        print(title, "done")

def listen():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))

attempt("port", lambda: socket.create_connection(("localhost", port)).close())
attempt("other port", lambda: socket.create_connection(("127.0.0.1", port + 1)))
attempt("listen", listen)
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("own folder", (folder / "new").touch)
attempt("others' files", lambda: (folder.parent / "secret").read_text())
"""
    (folder / "secret").write_text("hunter2")
    (folder / "own").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = [str(folder / "own"), str(server.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True, cwd=ROOT
        )
    assert done.stdout.splitlines() == [
        "port done",
        "other port PermissionError",
        "listen PermissionError",
        "netlink OSError",
        "own folder done",
        "others' files FileNotFoundError",
    ]


def as_service(folder: Path, config: str, **environment: str) -> subprocess.Popen[str]:
    (folder / "config.toml").write_text(config)
    return subprocess.Popen(
        [sys.executable, "-m", "assistant.lan", "--config", str(folder / "config.toml")],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_the_service_tells_when_its_sockets_are_there_and_ends_when_told(folder: Path):
    (folder / "lan").mkdir()
    config = '[lan.one]\nhost = "127.0.0.1"\nport = 1\n'
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(5)
        environment = {"RUNTIME_DIRECTORY": str(folder / "lan"), "NOTIFY_SOCKET": str(folder / "notify")}
        with as_service(folder, config, **environment) as service:
            assert manager.recv(100).startswith(b"READY=1")
            assert (folder / "lan" / "one.sock").is_socket()
            service.terminate()
            assert service.wait(5) == 0
    assert list((folder / "lan").iterdir()) == []


@pytest.mark.parametrize(
    ("config", "environment", "status", "reason"),
    [
        ("", {"RUNTIME_DIRECTORY": "/tmp"}, 78, "names nothing to reach"),
        ("[lan.one]\nhost = 1\n", {"RUNTIME_DIRECTORY": "/tmp"}, 78, "The value of 'lan.one.host'"),
        ('[lan.one]\nhost = "a"\nport = 1\n', {"RUNTIME_DIRECTORY": ""}, 64, "is started by `xiaoben run`"),
    ],
)
def test_a_service_that_cannot_start_says_why(folder: Path, config, environment, status, reason):
    with as_service(folder, config, **environment) as service:
        assert reason in service.stderr.read()
    assert service.returncode == status


def in_namespaces(*options: str, script: str, **fields: object) -> subprocess.CompletedProcess[str]:
    """Run Python in namespaces of its own, as root there; skips where that is not permitted."""
    command = ["unshare", "--user", "--map-root-user", *options]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine gives users no namespaces of their own")
    return subprocess.run(
        [*command, sys.executable, "-c", script, json.dumps(fields)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


async def test_from_where_there_is_no_network_the_broker_is_the_way(folder: Path):
    script = """
import asyncio, json, socket, sys
from pathlib import Path
from assistant.lan.client import Lan

fields = json.loads(sys.argv[1])
with socket.socket() as direct:
    try:
        direct.connect(("127.0.0.1", fields["port"]))
    except OSError as error:
        print("direct:", error.strerror)

async def main():
    reader, writer = await Lan(Path(fields["folder"]), {"one": "tcp"}).connect("one")
    writer.write(b"GET / HTTP/1.1\\r\\nHost: one\\r\\n\\r\\n")
    print((await reader.readline()).decode().strip())
    writer.close()

asyncio.run(main())
"""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with tcp_server(answer) as one:
        with broker.started(Config(lan={"one": one})) as lan:
            done = await asyncio.to_thread(
                in_namespaces, "--net", script=script, folder=str(lan.folder), port=one.port
            )
    assert done.stdout.splitlines() == ["direct: Network is unreachable", "HTTP/1.1 204 No Content"], (
        done.stderr
    )


def test_an_address_beyond_the_lan_is_reached_only_when_it_is_allowed(folder: Path):
    """In a network of its own that has such an address, found by a name in a hosts file of its own."""
    script = """
import asyncio, json, subprocess, sys
from pathlib import Path
from assistant.config import DestinationConfig
from assistant.lan.server import serve
from tests.lan.peers import broker, echo

def run(command):
    subprocess.run(command.split(), check=True)

folder = Path(json.loads(sys.argv[1])["folder"])
(folder / "hosts").write_text("203.0.113.7 public.example")
run(f"mount --bind {folder}/hosts /etc/hosts")
run("ip link set lo up")
run("ip address add 203.0.113.7/32 dev lo")

connections = 0

async def counted(reader, writer):
    global connections
    connections += 1
    await echo(reader, writer)
    writer.close()

async def main():
    async with await asyncio.start_server(counted, "203.0.113.7", 8000):
        near = DestinationConfig(host="public.example", port=8000)
        far = near.model_copy(update={"beyond_lan": True})
        async with broker(folder, {"near": near, "far": far}) as lan:
            for name in ("near", "far"):
                reader, writer = await lan.connect(name)
                try:
                    writer.write(b"hello")
                    writer.write_eof()
                    answer = await reader.read()
                except ConnectionError:
                    answer = b""
                writer.close()
                print(name, answer, connections)

asyncio.run(main())
"""
    done = in_namespaces("--net", "--mount", script=script, folder=str(folder))
    assert done.stdout.splitlines() == ["near b'' 0", "far b'hello' 1"], done.stderr
