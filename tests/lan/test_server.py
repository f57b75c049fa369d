"""The broker between a client on a Unix socket and real servers on the loopback interface."""

import asyncio
import hashlib
import http.client
import logging
import os
import socket
import stat
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from assistant.config import DestinationConfig
from assistant.errors import ControlError, StorageError
from assistant.lan import connection
from assistant.lan.addresses import Address
from tests.lan.peers import UdpEcho, broker, echo, nobody, tcp_server, udp_server

SECRET = b"hunter2"


def found(*hosts: str, port: int = 80):
    """A resolver that finds these addresses, and notes how often it is asked."""

    async def resolve(host: str, _port: int) -> list[Address]:
        resolve.asked += 1
        return [Address(socket.AF_INET, (address, port)) for address in hosts]

    resolve.asked = 0
    return resolve


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_bytes_go_both_ways(folder: Path):
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()


async def test_ten_megabytes_arrive_as_they_were_sent(folder: Path):
    data = os.urandom(10_000_000)
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        received, _ = await asyncio.gather(reader.readexactly(len(data)), _send(writer, data))
        writer.close()
    assert hashlib.sha256(received).digest() == hashlib.sha256(data).digest()


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def test_a_destination_that_does_not_read_makes_the_client_wait(folder: Path):
    async def deaf(reader, writer):
        await asyncio.sleep(10)

    async with tcp_server(deaf) as one, broker(folder, {"one": one}) as lan:
        _, writer = await lan.connect("one")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await _send(writer, bytes(50_000_000))
        writer.transport.abort()


async def test_either_side_may_end_before_the_other(folder: Path):
    async def count(reader, writer):
        writer.write(str(len(await reader.read())).encode())

    async with tcp_server(count) as one, broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        writer.write(b"x" * 1000)
        writer.write_eof()
        assert await reader.read() == b"1000"
        writer.close()


async def test_an_http_client_speaks_to_an_http_server(folder: Path):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.upper())

        def log_message(self, *arguments):
            pass

    def post(path: Path) -> bytes:
        client = http.client.HTTPConnection("home-assistant")
        client.sock = socket.socket(socket.AF_UNIX)
        client.sock.connect(str(path))
        client.request("POST", "/api/services/light/turn_on", body=b"on")
        answer = client.getresponse().read()
        client.close()
        return answer

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        one = DestinationConfig(host="127.0.0.1", port=server.server_port)
        async with broker(folder, {"one": one}) as lan:
            assert await asyncio.to_thread(post, lan.path("one")) == b"ON"
        server.shutdown()


async def test_datagrams_keep_their_borders(folder: Path):
    async with (
        udp_server(UdpEcho()) as plug,
        broker(folder, {"plug": plug}) as lan,
        lan.datagrams("plug") as channel,
    ):
        for packet in (b"one", b"2", os.urandom(60_000)):
            await channel.send(packet)
        assert await channel.receive(5) == b"one"
        assert await channel.receive(5) == b"2"
        assert len(await channel.receive(5)) == 60_000


async def test_each_client_has_its_own_replies(folder: Path):
    server = UdpEcho()
    async with (
        udp_server(server) as plug,
        broker(folder, {"plug": plug}) as lan,
        lan.datagrams("plug") as first,
        lan.datagrams("plug") as second,
    ):
        for number in range(20):
            await first.send(f"first {number}".encode())
            await second.send(f"second {number}".encode())
        assert [await second.receive(5) for _ in range(20)] == [b"second %d" % n for n in range(20)]
        assert [await first.receive(5) for _ in range(20)] == [b"first %d" % n for n in range(20)]
    assert len(server.clients) == 2


async def test_a_datagram_of_somebody_else_does_not_come_in(folder: Path):
    server = UdpEcho()
    async with (
        udp_server(server) as plug,
        broker(folder, {"plug": plug}) as lan,
        lan.datagrams("plug") as channel,
    ):
        await channel.send(b"hello")
        await channel.receive(5)
        (client,) = server.clients
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"I am the plug", client)
        with pytest.raises(TimeoutError):
            await channel.receive(0.05)


async def test_an_empty_datagram_does_not_end_the_conversation(folder: Path):
    class Empty(UdpEcho):
        def datagram_received(self, data, address):
            self.transport.sendto(b"", address)
            self.transport.sendto(data, address)

    async with (
        udp_server(Empty()) as plug,
        broker(folder, {"plug": plug}) as lan,
        lan.datagrams("plug") as channel,
    ):
        await channel.send(b"hello")
        assert await channel.receive(5) == b"hello"


async def test_a_datagram_to_nobody_ends_the_conversation(folder: Path):
    plug = nobody().model_copy(update={"protocol": "udp"})
    async with broker(folder, {"plug": plug}) as lan, lan.datagrams("plug") as channel:
        await channel.send(b"hello")
        with pytest.raises(ConnectionError):
            await channel.receive(5)


async def test_a_name_that_leads_out_of_the_lan_is_refused(folder: Path, caplog: pytest.LogCaptureFixture):
    outside = DestinationConfig(host="evil.example", port=80)
    async with broker(folder, {"one": outside}, resolve=found("203.0.113.1", "198.51.100.1")) as lan:
        reader, writer = await lan.connect("one")
        assert await reader.read() == b""
        writer.close()
    assert caplog.messages == [
        "one: no connection, 203.0.113.1:80 and 198.51.100.1:80 refused, not in the LAN"
    ]


async def test_of_several_addresses_only_those_of_the_lan_are_tried(folder: Path):
    async with tcp_server(echo) as server:
        resolve = found("203.0.113.1", "127.0.0.1", port=server.port)
        one = DestinationConfig(host="two-faced.example", port=server.port)
        async with broker(folder, {"one": one}, resolve=resolve) as lan:
            reader, writer = await lan.connect("one")
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            writer.close()


async def test_a_name_is_not_looked_up_again_between_check_and_connection(folder: Path):
    async with tcp_server(echo) as server:
        resolve = found("127.0.0.1", port=server.port)
        one = DestinationConfig(host="rebinding.example", port=server.port)
        async with broker(folder, {"one": one}, resolve=resolve) as lan:
            reader, writer = await lan.connect("one")
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
    assert resolve.asked == 1


async def test_the_next_address_is_tried_when_one_does_not_answer(folder: Path):
    async with tcp_server(echo) as server:
        resolve = found("127.0.0.2", "127.0.0.1", port=server.port)  # the server has only one of them
        one = DestinationConfig(host="two.example", port=server.port)
        async with broker(folder, {"one": one}, resolve=resolve) as lan:
            reader, writer = await lan.connect("one")
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            writer.close()


async def test_one_that_is_down_harms_no_other(folder: Path, caplog: pytest.LogCaptureFixture):
    down = nobody()
    async with tcp_server(echo) as up, broker(folder, {"down": down, "up": up}) as lan:
        reader, down_writer = await lan.connect("down")
        assert await reader.read() == b""
        down_writer.close()
        reader, writer = await lan.connect("up")
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()
    assert caplog.messages == [f"down: no connection, 127.0.0.1:{down.port} Connection refused"]


async def test_a_name_nobody_knows_is_logged(folder: Path, caplog: pytest.LogCaptureFixture):
    one = DestinationConfig(host="no-such-host.invalid", port=80)
    async with broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        assert await reader.read() == b""
        writer.close()
    assert caplog.messages[0].startswith("one: no connection, no-such-host.invalid ")


async def test_what_does_not_answer_in_time_is_given_up(folder: Path, monkeypatch, caplog):
    async def hang(host, port):
        await asyncio.sleep(10)

    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.02)
    async with broker(folder, {"one": nobody()}, resolve=hang) as lan:
        reader, writer = await lan.connect("one")
        assert await reader.read() == b""
        writer.close()
    assert caplog.messages == ["one: no connection, 127.0.0.1 cannot be looked up"]


async def test_an_address_that_does_not_answer_is_given_up(folder: Path, monkeypatch, caplog):
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.05)
    with socket.socket() as full, socket.socket() as filling:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        filling.connect(full.getsockname())  # the only place in the queue
        port = full.getsockname()[1]
        async with broker(folder, {"one": DestinationConfig(host="127.0.0.1", port=port)}) as lan:
            reader, writer = await lan.connect("one")
            assert await reader.read() == b""
            writer.close()
    assert caplog.messages == [f"one: no connection, 127.0.0.1:{port} does not answer"]


async def test_no_more_connections_than_the_limit(folder: Path, caplog: pytest.LogCaptureFixture):
    async with tcp_server(echo) as one, broker(folder, {"one": one}, most_connections=2) as lan:
        held = [await lan.connect("one") for _ in range(2)]
        reader, writer = await lan.connect("one")
        assert await reader.read() == b""
        writer.close()
        assert "one: refused, 2 connections are open already" in caplog.messages

        for _, open_ in held:
            open_.close()
        await until(lambda: not held_by(folder))
        reader, writer = await lan.connect("one")
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()


def held_by(folder: Path) -> set[asyncio.Task[None]]:
    """Connections that the broker has open."""
    return {task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "_Broker._connect"}


async def test_two_hundred_clients_at_once_each_get_their_own(folder: Path):
    async def converse(lan, number: int) -> bool:
        reader, writer = await lan.connect("one")
        writer.write(b"%d" % number)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer == b"%d" % number

    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        assert all(await asyncio.gather(*(converse(lan, number) for number in range(200))))


async def test_the_client_learns_that_the_destination_broke_off(folder: Path):
    async def reset(reader, writer):
        await reader.read(1)
        writer.transport.abort()

    async with tcp_server(reset) as one, broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        writer.write(b"hello")
        assert await reader.read() == b""
        writer.close()


async def test_the_destination_learns_that_the_client_is_gone(folder: Path):
    gone = asyncio.Event()

    async def wait(reader, writer):
        await reader.read()
        gone.set()

    async with tcp_server(wait) as one, broker(folder, {"one": one}) as lan:
        _, writer = await lan.connect("one")
        writer.transport.abort()
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_destination_that_never_ends_is_left_when_the_client_has(folder: Path, monkeypatch, caplog):
    ended = asyncio.Event()

    async def stay(reader, writer):
        await ended.wait()

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.05)
    async with tcp_server(stay) as one, broker(folder, {"one": one}) as lan:
        _, writer = await lan.connect("one")
        await until(lambda: any("connected" in message for message in caplog.messages))
        writer.close()
        await until(lambda: any("ended after silence" in message for message in caplog.messages))
        ended.set()


async def test_the_log_tells_where_and_how_much_but_not_what(folder: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        writer.write(SECRET)
        writer.write_eof()
        assert await reader.read() == SECRET
        writer.close()
        await until(lambda: not held_by(folder))
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("assistant")]
    assert ours == [
        f"one: connected to 127.0.0.1:{one.port}",
        f"one: 127.0.0.1:{one.port} ended after 0.0 s, 7 bytes sent, 7 received",
    ]
    assert SECRET.decode() not in caplog.text


async def test_the_sockets_are_there_for_other_users_and_gone_afterwards(folder: Path):
    async with broker(folder, {"one": nobody(), "two": nobody()}):
        for name in ("one.sock", "two.sock"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o666
    assert not (folder / "one.sock").exists()
    assert not (folder / "two.sock").exists()


async def test_a_socket_left_by_a_broker_that_was_killed_is_replaced(folder: Path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "one.sock"))
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        reader, writer = await lan.connect("one")
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()


async def test_a_second_broker_leaves_the_first_its_folder(folder: Path):
    async with tcp_server(echo) as one, broker(folder, {"one": one}) as lan:
        with pytest.raises(ControlError, match="Another broker for the LAN works in"):
            async with broker(folder, {"one": nobody()}):
                pass
        reader, writer = await lan.connect("one")
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()


async def test_a_folder_that_is_not_there_is_named(folder: Path):
    with pytest.raises(StorageError, match="missing: No such file or directory"):
        async with broker(folder / "missing", {"one": nobody()}):
            pass


async def test_a_path_too_long_for_a_socket_is_named(folder: Path):
    deep = folder / ("x" * 100)
    deep.mkdir()
    with pytest.raises(StorageError, match=r"one\.sock: AF_UNIX path too long"):
        async with broker(deep, {"one": nobody()}):
            pass


async def test_a_folder_in_the_place_of_a_socket_is_named(folder: Path):
    (folder / "one.sock").mkdir()
    with pytest.raises(StorageError, match=r"one\.sock: Is a directory"):
        async with broker(folder, {"one": nobody()}):
            pass
