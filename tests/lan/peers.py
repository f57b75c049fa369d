"""A broker in the test's own process, and destinations for it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from assistant.config import DestinationConfig
from assistant.lan.client import Lan
from assistant.lan.server import serve

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


@asynccontextmanager
async def broker(folder: Path, destinations: dict[str, DestinationConfig], **options) -> AsyncIterator[Lan]:
    ready = asyncio.Event()
    serving = asyncio.create_task(serve(folder, destinations, ready.set, **options))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if ready.is_set():
            yield Lan(folder, {name: one.protocol for name, one in destinations.items()})
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


@asynccontextmanager
async def tcp_server(connected: Connected) -> AsyncIterator[DestinationConfig]:
    conversations: list[asyncio.Task[None]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.append(asyncio.current_task())
        with closing(writer), suppress(ConnectionError):
            await connected(reader, writer)

    server = await asyncio.start_server(converse, "127.0.0.1", 0, backlog=1000)
    async with server:
        yield DestinationConfig(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    for conversation in conversations:
        conversation.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)


class UdpEcho(asyncio.DatagramProtocol):
    """Answers with the datagram itself."""

    def __init__(self) -> None:
        self.clients: set[tuple[str, int]] = set()

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address) -> None:
        self.clients.add(address)
        self.transport.sendto(data, address)


@asynccontextmanager
async def udp_server(protocol: UdpEcho) -> AsyncIterator[DestinationConfig]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=("127.0.0.1", 0))
    try:
        yield DestinationConfig(
            host="127.0.0.1", port=transport.get_extra_info("sockname")[1], protocol="udp"
        )
    finally:
        transport.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


def nobody() -> DestinationConfig:
    """A port of this machine at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return DestinationConfig(host="127.0.0.1", port=taken.getsockname()[1])
