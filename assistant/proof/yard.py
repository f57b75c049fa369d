"""The network behind the room's only exit, made for the proof: a namespace in which everything answers.

`python -m assistant.proof.yard` waits for a line on its standard input, listens, says so, and ends with it.
"""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import PrivacyError
from assistant.fence.kernel import call
from assistant.proof.helper import Helper

IPV4, IPV6 = "192.0.2.1", "2001:db8::1"
"""Addresses for documentation: nobody's in the real network."""
_ROOM = ("192.0.2.2", "2001:db8::2")
PORT = 7  # echo
DNS_PORT = 53
EXIT, ENTRANCE = "exit", "entrance"
"""The two ends of the cable between room and yard."""
_LINK_ADDRESSES = {EXIT: "02:00:00:00:00:02", ENTRANCE: "02:00:00:00:00:01"}

_NEWNET = 0x40000000
_IPV6_SETTINGS = Path("/proc/sys/net/ipv6/conf")


def has_ipv6() -> bool:
    """Whether this kernel has IPv6; it may be turned off when it is started (ipv6.disable=1)."""
    return _IPV6_SETTINGS.is_dir()


def _ip(*arguments: str) -> None:
    try:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise PrivacyError(
            en="The proof needs the program `ip` to build a network of its own; install iproute2.",
            zh="证明需要用 `ip` 程序搭建自己的网络；请安装 iproute2。",
        ) from error
    except subprocess.CalledProcessError as error:
        raise PrivacyError(
            en=f"The proof cannot build a network of its own: {error.stderr.strip()}; try it with sudo.",
            zh=f"无法搭建证明所用的网络：{error.stderr.strip()}；请用 sudo 再试。",
        ) from error


def be_silent() -> None:
    """Keep this namespace's kernel from talking by itself, so that a capture sees programs only."""
    for scope in ("default", "all") if has_ipv6() else ():
        for name, value in {"addr_gen_mode": "1", "accept_dad": "0", "router_solicitations": "0"}.items():
            (_IPV6_SETTINGS / scope / name).write_text(value)


def plug_in(link: str, own: Sequence[str], other: Sequence[str]) -> None:
    """Give one end of the cable its addresses, and say where the other is: nobody needs to ask."""
    other_link = ENTRANCE if link == EXIT else EXIT
    _ip("link", "set", "lo", "up")
    _ip("link", "set", link, "up")
    families = list(zip(own, other, (24, 64), strict=True))
    for address, beyond, bits in families if has_ipv6() else families[:1]:
        _ip("address", "add", f"{address}/{bits}", "dev", link, "nodad")
        _ip("neighbour", "add", beyond, "lladdr", _LINK_ADDRESSES[other_link], "dev", link)


@contextmanager
def behind_the_exit() -> Iterator[None]:
    """Start the yard, lay the cable and make it the room's default route; raises PrivacyError."""
    be_silent()
    with Helper(__name__) as yard:
        yard.hear()  # it has left our namespace
        _lay_cable(yard.pid)
        yard.tell("laid")
        yard.hear()  # it listens
        plug_in(EXIT, _ROOM, (IPV4, IPV6))
        _ip("route", "add", "default", "via", IPV4)
        if has_ipv6():
            _ip("-6", "route", "add", "default", "via", IPV6)
        yield


def _lay_cable(pid: int) -> None:
    ends = [("name", name, "address", _LINK_ADDRESSES[name]) for name in (EXIT, ENTRANCE)]
    _ip("link", "add", *ends[0], "type", "veth", "peer", *ends[1], "netns", str(pid))


def main() -> None:
    """Live until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    call("unshare", _NEWNET)
    be_silent()
    _say("made")
    sys.stdin.readline()
    plug_in(ENTRANCE, (IPV4, IPV6), _ROOM)
    tcp = _bound(socket.SOCK_STREAM, PORT)
    tcp.listen()
    threading.Thread(target=serve, args=(tcp,), daemon=True).start()
    for port, answer in {PORT: bytes, DNS_PORT: dns_answer}.items():
        udp = _bound(socket.SOCK_DGRAM, port)
        threading.Thread(target=_datagrams, args=(udp, answer), daemon=True).start()
    _say("listening")
    sys.stdin.read()


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    """To every address there is."""
    if not has_ipv6():
        ipv4 = socket.socket(socket.AF_INET, kind)
        ipv4.bind(("", port))
        return ipv4
    both = socket.socket(socket.AF_INET6, kind)
    both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    both.bind(("::", port))
    return both


def serve(listener: socket.socket) -> None:
    """Send back what comes, to any number of connections."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data)


def _datagrams(listener: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    while True:
        data, sender = listener.recvfrom(4096)
        listener.sendto(answer(data), sender)


def dns_answer(query: bytes) -> bytes:
    """That every name is the yard's IPv4 address, and has no other."""
    question_end = query.index(0, 12) + 5  # the name, a zero, type and class
    wants_ipv4 = query[question_end - 4 : question_end - 2] == b"\0\1"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(IPV4) if wants_ipv4 else b""
    header = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if record else b"\0\0") + b"\0\0\0\0"
    return header + query[12:question_end] + record


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
