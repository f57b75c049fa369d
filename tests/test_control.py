"""The control socket."""

import asyncio
import json
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

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
