"""The control socket."""

import asyncio
import json
import os
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assistant import control
from assistant.errors import ConfigError, ControlError, StorageError


async def echo(fields):
    return {"echo": fields}


async def broken(fields):
    raise ValueError("what was said")


async def misconfigured(fields):
    raise ConfigError(en="Wrong.", zh="错了。")


HANDLERS = {"echo": echo, "broken": broken, "misconfigured": misconfigured}


async def test_a_command_is_answered(tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        answer = await asyncio.to_thread(control.request, tmp_path / "socket", "echo", text="你好")
    assert answer == {"echo": {"text": "你好"}}


async def test_only_the_owner_may_open_the_socket(tmp_path: Path):
    async with control.serve(tmp_path / "run" / "socket", HANDLERS):
        assert stat.S_IMODE((tmp_path / "run" / "socket").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


async def test_a_second_daemon_is_refused(tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        with pytest.raises(ControlError, match="running already"):
            async with control.serve(tmp_path / "socket", HANDLERS):
                pass
        assert control.is_running(tmp_path / "socket")


async def test_a_socket_left_by_a_crash_is_replaced(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "socket"))
    async with control.serve(tmp_path / "socket", HANDLERS):
        assert control.is_running(tmp_path / "socket")


async def test_a_socket_that_may_not_be_asked_is_left_alone(tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(tmp_path / "socket"))
        with pytest.raises(StorageError, match="socket cannot be made"):
            async with control.serve(tmp_path / "socket", HANDLERS):
                pass
        assert (tmp_path / "socket").exists()


async def test_the_socket_is_gone_afterwards(tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        pass
    assert not (tmp_path / "socket").exists()


def test_no_daemon_is_said_so(tmp_path: Path):
    with pytest.raises(ControlError, match="No running Xiaoben"):
        control.request(tmp_path / "socket", "status")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a folder that belongs to somebody else")
async def test_a_folder_of_somebody_else_is_refused(tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(StorageError, match="belongs to somebody else"):
        async with control.serve(folder / "socket", HANDLERS):
            pass


def inherited(path: Path, monkeypatch) -> None:
    """Have a socket at `path` as if systemd had made it and started us."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    monkeypatch.setattr(control, "_FIRST_INHERITED", listener.detach())
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))


async def test_the_service_manager_s_socket_is_answered_and_left_in_place(tmp_path: Path, monkeypatch):
    given = tmp_path / "given"
    inherited(given, monkeypatch)
    async with control.serve(tmp_path / "own", HANDLERS):
        assert await asyncio.to_thread(control.request, given, "echo") == {"echo": {}}
        assert not (tmp_path / "own").exists()
    assert given.exists()
    assert not control.is_running(given)


async def test_a_socket_that_another_process_was_given_is_not_ours(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getppid()))
    async with control.serve(tmp_path / "own", HANDLERS):
        assert control.is_running(tmp_path / "own")


_ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    try:
        connection.sendall(b'{"command": "echo"}\\n')
        print(connection.recv(100).decode().strip() or "refused")
    except ConnectionError:
        print("refused")
"""


def answer_to_somebody_else(path: Path) -> str:
    """What another user gets who sends a command to a socket that everybody may open."""
    path.chmod(0o666)
    path.parent.chmod(0o755)
    identity = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups")
    command = [*identity, "/usr/bin/python3", "-c", _ASK, path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def open_folder():
    with TemporaryDirectory() as folder:
        yield Path(folder)


needs_root = pytest.mark.skipif(
    os.getuid() != 0 or not Path("/usr/bin/python3").exists(),
    reason="only root can be another user, who needs the system's Python",
)


@needs_root
async def test_another_user_is_refused_even_where_the_file_lets_everybody_in(open_folder: Path):
    async with control.serve(open_folder / "socket", HANDLERS):
        assert await asyncio.to_thread(answer_to_somebody_else, open_folder / "socket") == "refused"


@needs_root
async def test_whom_the_service_manager_s_file_lets_in_is_answered(open_folder: Path, monkeypatch):
    inherited(open_folder / "socket", monkeypatch)
    async with control.serve(open_folder / "own", HANDLERS):
        answer = await asyncio.to_thread(answer_to_somebody_else, open_folder / "socket")
        assert json.loads(answer) == {"echo": {}}


async def test_the_service_answers_where_the_user_has_no_daemon(tmp_path: Path, monkeypatch):
    own, system = tmp_path / "own", tmp_path / "system"
    monkeypatch.setattr(control, "SYSTEM_SOCKET", system)
    assert control.answering(own) == own
    async with control.serve(system, HANDLERS):
        assert control.answering(own) == system
        async with control.serve(own, HANDLERS):
            assert control.answering(own) == own


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b"nonsense\n",
        b'{"command": "rm"}\n',
        b'{"command": []}\n',
        b'"x"\n',
        b"\xff\n",
    ],
)
async def test_nonsense_gets_an_error_and_the_next_command_works(tmp_path: Path, line: bytes):
    async with control.serve(tmp_path / "socket", HANDLERS):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
        writer.write(line)
        assert "error" in json.loads(await reader.readline())
        writer.write(b'{"command": "echo"}\n')
        assert json.loads(await reader.readline()) == {"echo": {}}
        writer.close()
        await writer.wait_closed()


async def test_an_endless_line_ends_the_connection_only(tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
        writer.write(b"x" * 200_000)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        assert await asyncio.to_thread(control.request, tmp_path / "socket", "echo") == {"echo": {}}


async def test_a_failing_command_does_not_quote_anything(tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        with pytest.raises(ControlError, match="The command failed; see the log"):
            await asyncio.to_thread(control.request, tmp_path / "socket", "broken")


async def test_an_impossible_socket_is_said_so(tmp_path: Path):
    path = tmp_path / ("x" * 120)
    assert not control.is_running(path)
    with pytest.raises(StorageError, match="too long"):
        async with control.serve(path, HANDLERS):
            pass


async def test_an_error_with_advice_reaches_the_caller(tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        with pytest.raises(ControlError) as caught:
            await asyncio.to_thread(control.request, tmp_path / "socket", "misconfigured")
    assert (caught.value.en, caught.value.zh) == ("Wrong.", "错了。")
    assert caught.value.exit_status == ConfigError.exit_status
