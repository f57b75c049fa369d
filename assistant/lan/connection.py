"""One connection of a skill: the way to its destination, and what goes to and fro on it."""

import asyncio
import os
import socket
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.config import DestinationConfig
from assistant.lan.addresses import Address, Resolve, permitted

CONNECT_SECONDS = 3.0  # for a name, and for an address; a whole turn has ten
LINGER_SECONDS = 60.0  # silence that ends a connection when one side has ended already
_PIECE = 65536  # no datagram is longer

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
# A destination that was unplugged is noticed within two minutes; by the system's own values in two hours.
_KEEPALIVE = {socket.TCP_KEEPIDLE: 60, socket.TCP_KEEPINTVL: 15, socket.TCP_KEEPCNT: 4}


class UnreachableError(Exception):
    """Why there is no connection, for the log."""


async def connect(destination: DestinationConfig, resolve: Resolve) -> tuple[socket.socket, Address]:
    """A socket connected to the first permitted address that answers; raises UnreachableError.

    A name is looked up once, and the connection goes to the very address that was judged.
    """
    found = await _found(destination, resolve)
    addresses = [each for each in found if permitted(each, beyond_lan=destination.beyond_lan)]
    if not addresses:
        raise UnreachableError(f"{' and '.join(map(str, found))} refused, not in the LAN")
    problems = []
    for address in addresses:
        try:
            return await _open(address, destination.protocol), address
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "does not answer"
            problems.append(f"{address} {reason}")
    raise UnreachableError(", ".join(problems))


async def _found(destination: DestinationConfig, resolve: Resolve) -> Sequence[Address]:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await resolve(destination.host, destination.port)
    except OSError as error:
        raise UnreachableError(f"{destination.host} {error.strerror or 'cannot be looked up'}") from error


async def _open(address: Address, protocol: Literal["tcp", "udp"]) -> socket.socket:
    server = socket.socket(address.family, _KINDS[protocol])
    try:
        server.setblocking(False)
        if protocol == "tcp":
            _tune(server)
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(server, address.sockaddr)
    except BaseException:
        server.close()
        raise
    return server


def _tune(server: socket.socket) -> None:
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        server.setsockopt(socket.IPPROTO_TCP, option, value)


@dataclass(slots=True)
class Way:
    """One direction of a connection."""

    source: socket.socket
    sink: socket.socket
    carried: int = 0
    """Bytes so far."""

    async def piece(self) -> bytes:
        """What comes next: a part of a stream, or a datagram."""
        return await asyncio.get_running_loop().sock_recv(self.source, _PIECE)

    async def pass_on(self, piece: bytes) -> None:
        """Hand it to the other side, as fast as that takes it."""
        await asyncio.get_running_loop().sock_sendall(self.sink, piece)
        self.carried += len(piece)


async def carry_streams(there: Way, back: Way) -> None:
    """Carry until both sides have ended, each when it likes; raises OSError when one breaks off."""
    async with asyncio.timeout(None) as silence:
        ways = (_carry_stream(there, silence), _carry_stream(back, silence))
        await _run(*ways, until=asyncio.FIRST_EXCEPTION)


async def _carry_stream(way: Way, silence: asyncio.Timeout) -> None:
    now = asyncio.get_running_loop().time
    while piece := await way.piece():
        await way.pass_on(piece)
        if silence.when():
            silence.reschedule(now() + LINGER_SECONDS)
    way.sink.shutdown(socket.SHUT_WR)
    silence.reschedule(now() + LINGER_SECONDS)


async def carry_datagrams(there: Way, back: Way) -> None:
    """Carry until the skill's side ends; raises OSError when the destination says that nobody is there."""
    await _run(_carry_requests(there), _carry_replies(back), until=asyncio.FIRST_COMPLETED)


async def _carry_requests(way: Way) -> None:
    while packet := await way.piece():
        await way.pass_on(packet)


async def _carry_replies(way: Way) -> None:
    while True:
        if packet := await way.piece():  # an empty one would look like the end to the skill
            await way.pass_on(packet)


async def _run(*works: Coroutine[Any, Any, None], until: str) -> None:
    """Run both until they have done what `until` says, then end them; raises what one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=until)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
