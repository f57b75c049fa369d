"""The control socket: how `status`, `say` and `ask` reach the running daemon.

One JSON object a line in each direction, over a Unix socket that only its owner may open. No port is opened.
"""

import asyncio
import json
import logging
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, ControlError, StorageError, UsageError

_LOGGER = logging.getLogger(__name__)

_LONGEST_LINE = 64 * 1024
_PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def serve(path: Path, handlers: Mapping[str, Handler]) -> AsyncIterator[None]:
    """Answer commands at `path`; raises ControlError when a daemon answers there already."""
    _claim(path)

    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_converse(reader, writer, handlers))
        connections.add(task)
        task.add_done_callback(connections.discard)

    with _creating(path), _private():
        server = await asyncio.start_unix_server(connected, path, limit=_LONGEST_LINE)
    try:
        yield
    finally:
        server.close()
        for task in connections:
            task.cancel()
        if connections:
            await asyncio.wait(connections)
        _remove(path)


def request(path: Path, command: str, **fields: Any) -> dict[str, Any]:
    """Send one command to the daemon at `path` and return its answer; raises ControlError without one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps({"command": command, **fields}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        except (OSError, ValueError) as error:
            raise ControlError(
                en=f"No running Xiaoben answers at {path}; start it with `xiaoben run`.",
                zh=f"{path} 处没有正在运行的小本；请先用 `xiaoben run` 启动。",
            ) from error
    if problem := answer.pop("error", None):
        refusal = ControlError(en=problem["en"], zh=problem["zh"])
        refusal.exit_status = problem["exit_status"]
        raise refusal
    return answer


def is_running(path: Path) -> bool:
    """Whether a daemon answers at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
        return True


def _claim(path: Path) -> None:
    with _creating(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path.parent)
        if is_running(path):
            raise ControlError(
                en=f"Xiaoben is running already (its socket is {path}); stop that one first.",
                zh=f"小本已经在运行（套接字 {path}）；请先停止它。",
            )
        path.unlink(missing_ok=True)  # left behind by a crash: nobody answers


@contextmanager
def _creating(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)  # "AF_UNIX path too long" has no number
        raise StorageError(
            en=f"The control socket {path} cannot be made: {reason}; set `socket` in the configuration.",
            zh=f"无法创建控制套接字 {path}：{reason}；请在配置中设置 `socket`。",
        ) from error


@contextmanager
def _private() -> Iterator[None]:
    """What is created meanwhile only its owner may open."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _check_owner(folder: Path) -> None:
    """Refuse a folder under /tmp that somebody else made for us."""
    status = folder.stat()
    open_to_all = status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX
    if status.st_uid not in (os.getuid(), 0) or open_to_all:
        raise PermissionError(1, "its folder belongs to somebody else")


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handlers: Mapping[str, Handler]
) -> None:
    try:
        if not _may_control(writer.get_extra_info("socket")):
            _LOGGER.warning("Refused a control connection of another user")
            return
        while line := await _line(reader):
            answer = await _answer(line, handlers)
            writer.write(json.dumps(answer, default=str).encode() + b"\n")
            await writer.drain()
    except ConnectionError:
        pass  # the other side has gone: nobody to tell
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than any command
        return b""


def _may_control(connection: socket.socket) -> bool:
    """The file's mode keeps others out; this also when somebody loosened it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, _ = _PEER.unpack(credentials)
    return uid in (os.getuid(), 0)


async def _answer(line: bytes, handlers: Mapping[str, Handler]) -> dict[str, Any]:
    try:
        fields = json.loads(line)
        handler = handlers[fields.pop("command")]
    except (ValueError, KeyError, TypeError, AttributeError):
        names = ", ".join(handlers)
        return _error(
            UsageError(en=f"This is no command; there are {names}.", zh=f"没有这个命令；可用的有 {names}。")
        )
    try:
        return await handler(fields)
    except AssistantError as error:
        return _error(error)
    except Exception as error:  # noqa: BLE001 - a bad command must not take the daemon down
        _LOGGER.error("A control command failed: %s", type(error).__name__)
        return _error(AssistantError(en="The command failed; see the log.", zh="命令执行失败；请查看日志。"))


def _error(error: AssistantError) -> dict[str, Any]:
    return {"error": {"en": error.en, "zh": error.zh, "exit_status": error.exit_status}}
