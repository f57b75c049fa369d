"""The broker's doors: a Unix socket for each destination, and a log line for whoever went through.

What is carried is never logged: names, addresses, numbers of bytes and seconds are.
"""

import asyncio
import fcntl
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assistant.config import DestinationConfig
from assistant.errors import ControlError, StorageError
from assistant.lan.addresses import Resolve, resolve
from assistant.lan.connection import UnreachableError, Way, carry_datagrams, carry_streams, connect

_LOGGER = logging.getLogger(__name__)

MOST_CONNECTIONS = 256  # at once; each takes two of the usual 1024 descriptors
_BACKLOG = 1024  # when it is full, asyncio takes the refusal for a connection
# A packet of a sequence is a datagram: its borders are kept, and unlike those of a datagram socket the client
# has an address of its own by which replies find it.
_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_SEQPACKET}
_CARRY = {"tcp": carry_streams, "udp": carry_datagrams}


async def serve(
    folder: Path,
    destinations: Mapping[str, DestinationConfig],
    ready: Callable[[], None],
    *,
    resolve: Resolve = resolve,
    most_connections: int = MOST_CONNECTIONS,
) -> None:
    """Carry connections until cancelled; raises ControlError or StorageError when `folder` will not do."""
    broker = _Broker(resolve, most_connections)
    with _locked(folder), ExitStack() as stack:
        doors = [
            broker.admit(stack.enter_context(_listening(folder / f"{name}.sock", one.protocol)), name, one)
            for name, one in destinations.items()
        ]
        ready()
        try:
            await asyncio.gather(*doors)
        finally:
            await broker.close()


class _Broker:
    def __init__(self, resolve: Resolve, most_connections: int) -> None:
        self._resolve = resolve
        self._most = most_connections
        self._connections: set[asyncio.Task[None]] = set()

    async def admit(self, door: socket.socket, name: str, destination: DestinationConfig) -> None:
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(door)
            if len(self._connections) == self._most:
                _LOGGER.warning("%s: refused, %d connections are open already", name, self._most)
                client.close()
                continue
            task = asyncio.create_task(self._connect(client, name, destination))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _connect(self, client: socket.socket, name: str, destination: DestinationConfig) -> None:
        with client:
            try:
                server, address = await connect(destination, self._resolve)
            except UnreachableError as reason:
                _LOGGER.warning("%s: no connection, %s", name, reason)
                return
            with server:
                _LOGGER.info("%s: connected to %s", name, address)
                await _carry(client, server, f"{name}: {address}", destination.protocol)

    async def close(self) -> None:
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)


async def _carry(client: socket.socket, server: socket.socket, title: str, protocol: str) -> None:
    there, back = Way(client, server), Way(server, client)
    started, reason = time.monotonic(), "ended"
    try:
        await _CARRY[protocol](there, back)
    except OSError as error:
        reason = error.strerror or "ended after silence"
    finally:
        _LOGGER.info(
            "%s %s after %.1f s, %d bytes sent, %d received",
            title, reason, time.monotonic() - started, there.carried, back.carried,
        )  # fmt: skip


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second broker out of the folder."""
    with _using(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ControlError(
            en=f"Another broker for the LAN works in {folder}; stop that one first.",
            zh=f"{folder} 中已有一个局域网代理在运行；请先停止它。",
        ) from error


@contextmanager
def _listening(path: Path, protocol: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, _KINDS[protocol]) as door:
        with _using(path):
            path.unlink(missing_ok=True)  # of a broker that was killed: the folder is ours
            door.bind(str(path))
            # Who may enter the folder decides: the service that it is for is another user.
            path.chmod(0o666)
        door.listen(_BACKLOG)
        door.setblocking(False)
        try:
            yield door
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _using(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)  # "AF_UNIX path too long" has no number
        raise StorageError(
            en=f"The broker for the LAN cannot use {path}: {reason}; give it a folder that it may write to.",
            zh=f"局域网代理无法使用 {path}：{reason}；请给它一个可写的文件夹。",
        ) from error
