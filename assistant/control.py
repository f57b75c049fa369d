"""The control socket: how `status`, `say` and `ask` reach the running daemon.

One JSON object a line in each direction, over a Unix socket that only its owner may open. No port is opened.
What comes in is limited: how many talk at once, how long they may dawdle, how long a line is, what is in it.
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
from typing import Any, TypeVar

from pydantic import ValidationError

from assistant.errors import AssistantError, ControlError, StorageError, UsageError
from assistant.requests import Request

_LOGGER = logging.getLogger(__name__)

SYSTEM_SOCKET = Path("/run/xiaoben/control.sock")
"""The system service's, see systemd/xiaoben.socket."""

_FIRST_INHERITED = 3  # SD_LISTEN_FDS_START
_LONGEST_LINE = 64 * 1024
_MOST_CONNECTIONS = 16  # each has one command under way at most, so this limits those too
_PATIENCE_SECONDS = 30.0  # with a peer that neither ends its line nor reads its answer
_PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
R = TypeVar("R", bound=Request)


@asynccontextmanager
async def serve(path: Path, handlers: Mapping[str, Handler]) -> AsyncIterator[None]:
    """Answer commands at `path`, or at the service manager's socket; raises ControlError when taken."""
    connections: set[asyncio.Task[None]] = set()

    with _listening(path) as (listener, admits):

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not admits(writer.get_extra_info("socket")):
                _LOGGER.warning("Refused a control connection of another user")
                writer.close()
                return
            if len(connections) >= _MOST_CONNECTIONS:
                writer.write(_encoded(_error(_crowded())))
                writer.close()
                return
            task = asyncio.create_task(_converse(reader, writer, handlers))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_unix_server(connected, sock=listener, limit=_LONGEST_LINE)
        try:
            yield
        finally:
            server.close()
            for task in connections:
                task.cancel()
            if connections:
                await asyncio.wait(connections)


def checked(model: type[R], handler: Callable[[R], Awaitable[dict[str, Any]]]) -> Handler:
    """`handler`, its fields checked and given as a `model`; UsageError for fields that are no such thing."""

    async def handle(fields: dict[str, Any]) -> dict[str, Any]:
        try:
            asked = model.model_validate(fields)
        except ValidationError as error:
            raise _wrong_field(model, error) from error
        return await handler(asked)

    return handle


def answering(own: Path) -> Path:
    """Where a daemon answers: at the user's own socket, else at that of the system service."""
    return own if is_running(own) or not is_running(SYSTEM_SOCKET) else SYSTEM_SOCKET


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
    """Whether a daemon answers us at `path`."""
    with suppress(OSError):
        return _is_taken(path)
    return False


def _is_taken(path: Path) -> bool:
    """Whether somebody listens at `path`; raises OSError where we may not ask."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


@contextmanager
def _listening(path: Path) -> Iterator[tuple[socket.socket, Callable[[socket.socket], bool]]]:
    """The socket to listen on, and who is admitted there."""
    if inherited := _inherited():
        # The file's mode and owner, set in the unit, decide who gets this far. In a user namespace, as
        # PrivateUsers= makes it, everybody but root has the same number (65534): there is no more to check.
        with inherited:
            yield inherited, lambda _: True
        return
    _claim(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        with _creating(path), _private():
            made.bind(str(path))
        try:
            yield made, _is_owner
        finally:
            path.unlink(missing_ok=True)


def _inherited() -> socket.socket | None:
    """The socket that the service manager listens on for us, see sd_listen_fds(3)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    os.set_inheritable(_FIRST_INHERITED, False)
    return socket.socket(fileno=_FIRST_INHERITED)


def _claim(path: Path) -> None:
    with _creating(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path.parent)
        if _is_taken(path):
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
        while line := await _line(reader):
            writer.write(_encoded(await _answer(line, handlers)))
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await writer.drain()
        writer.close()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await writer.wait_closed()
    except (ConnectionError, TimeoutError):
        pass  # the other side has gone, or sleeps: nobody to tell
    finally:
        writer.transport.abort()  # what nobody reads must not keep us; nothing is left after a close in order


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await reader.readline()
    except ValueError:  # longer than any command
        return b""


def _is_owner(connection: socket.socket) -> bool:
    """The file's mode keeps others out; this also when somebody loosened it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, _ = _PEER.unpack(credentials)
    return uid in (os.getuid(), 0)


async def _answer(line: bytes, handlers: Mapping[str, Handler]) -> dict[str, Any]:
    try:
        fields = _fields(line)
        handler = handlers[fields.pop("command")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
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


def _fields(line: bytes) -> Any:
    """The object in a line; raises ValueError or RecursionError for what is no plain JSON.

    Python's parser alone would take UTF-16, NaN, and of a name that is there twice the last value.
    """
    return json.loads(line.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name is there twice")
    return fields


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, default=str).encode() + b"\n"


def _error(error: AssistantError) -> dict[str, Any]:
    return {"error": {"en": error.en, "zh": error.zh, "exit_status": error.exit_status}}


def _crowded() -> ControlError:
    return ControlError(
        en=f"Xiaoben talks to {_MOST_CONNECTIONS} programs already; try again in a moment.",
        zh=f"小本已经在与 {_MOST_CONNECTIONS} 个程序通信；请稍后再试。",
    )


def _wrong_field(model: type[Request], error: ValidationError) -> UsageError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = next(iter(first["loc"]), None)  # none for a name that is not even text
    if name in model.model_fields:
        return UsageError(
            en=f"The field '{name}' is wrong: {first['msg']}.", zh=f"字段“{name}”有误：{first['msg']}。"
        )
    # The name itself is not repeated: it may be anything.
    known = ", ".join(model.model_fields)
    return UsageError(
        en=f"There is a field too many; this command knows {known or 'none'}.",
        zh=f"有多余的字段；这个命令可用的字段：{known or '无'}。",
    )
