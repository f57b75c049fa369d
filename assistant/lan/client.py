"""What a skill has of the LAN: the destinations that the configuration names, by name."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import SkillError

Protocol = Literal["tcp", "udp"]

_LONGEST_DATAGRAM = 65536


class Datagrams:
    """A conversation in datagrams with one host and port."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    async def send(self, packet: bytes) -> None:
        """Send a datagram; raises OSError when the broker or the destination is gone."""
        await asyncio.get_running_loop().sock_sendall(self._channel, packet)

    async def receive(self, timeout_seconds: float) -> bytes:
        """The next datagram; raises TimeoutError, or ConnectionError when nobody is there."""
        async with asyncio.timeout(timeout_seconds):
            packet = await asyncio.get_running_loop().sock_recv(self._channel, _LONGEST_DATAGRAM)
        if not packet:
            raise ConnectionResetError("the destination is not there; the log of the broker says why")
        return packet


@dataclass(frozen=True, slots=True)
class Lan:
    """The sockets of the broker, and what each leads to.

    Who opens one is connected at once and learns only by the connection's end that the destination was not
    to be reached.
    """

    folder: Path
    protocols: Mapping[str, Protocol]
    """By the destination's name."""

    def path(self, name: str) -> Path:
        """The Unix socket of a TCP destination, for libraries that take one; raises SkillError."""
        return self._path(name, "tcp")

    async def connect(self, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a TCP destination; raises SkillError."""
        path = self._path(name, "tcp")
        try:
            return await asyncio.open_unix_connection(path)
        except OSError as error:
            raise _no_broker(name) from error

    @asynccontextmanager
    async def datagrams(self, name: str) -> AsyncIterator[Datagrams]:
        """A conversation with a UDP destination; raises SkillError."""
        path = self._path(name, "udp")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
            channel.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(channel, str(path))
            except OSError as error:
                raise _no_broker(name) from error
            yield Datagrams(channel)

    def _path(self, name: str, protocol: Protocol) -> Path:
        configured = self.protocols.get(name)
        if configured is None:
            raise SkillError(
                en=f"The settings lack '{name}'; write its host and port below [lan.{name}] and start again.",
                zh=f"配置中没有“{name}”；请在 [lan.{name}] 下写明 host 和 port，然后重新启动。",
            )
        if configured != protocol:
            raise SkillError(
                en=f"'{name}' must be spoken to by {protocol}; write it as `protocol` below [lan.{name}].",
                zh=f"“{name}”须使用 {protocol}；请写入 [lan.{name}] 下的 `protocol`。",
            )
        return self.folder / f"{name}.sock"


class _Forbidden(Lan):
    def _path(self, name: str, protocol: Protocol) -> Path:
        raise SkillError(
            en=f"The skill may not use '{name}' ({protocol}); declare it with permissions=[\"lan\"].",
            zh=f'这个技能无权访问“{name}”（{protocol}）；声明时请写 permissions=["lan"]。',
        )


NOWHERE = Lan(Path(), {})
"""Nothing is configured."""
FORBIDDEN = _Forbidden(Path(), {})
"""For a skill without the permission."""


def _no_broker(name: str) -> SkillError:
    return SkillError(
        en=f"The way to '{name}' is closed: the broker for the LAN has ended; start Xiaoben again.",
        zh=f"无法访问“{name}”：局域网代理已退出；请重新启动小本。",
    )
