"""Which addresses the broker may connect to, and which a destination has."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.config import DestinationConfig

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Written out, since `ipaddress.is_private` means more, and something else in each version of Python. Not in
# the list, and in need of `beyond_lan`: 100.64.0.0/10, the provider's (and Tailscale's); 64:ff9b::/96 and
# 2002::/16, which stand for IPv4 addresses anywhere; the global IPv6 addresses of a home.
LAN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # RFC 1918
        "127.0.0.0/8", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """An address and port to connect to."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]

    def __str__(self) -> str:
        host, port = self.sockaddr[:2]
        return f"[{host}]:{port}" if self.family == socket.AF_INET6 else f"{host}:{port}"


Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""The addresses of a host and port, the best first; raises OSError when there is none."""


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system; one entry for each address."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host!r} is no name of a host") from error
    return [Address(family, sockaddr) for family, _, _, _, sockaddr in found]


def permitted(address: Address, *, beyond_lan: bool) -> bool:
    """Whether the broker may connect there."""
    ip = _judged(ipaddress.ip_address(address.sockaddr[0]))
    return _is_lan(ip) or (beyond_lan and _is_one_host(ip))


def allowed_addresses(destinations: Mapping[str, DestinationConfig]) -> list[str]:
    """What systemd's IPAddressAllow= must list: the addresses themselves where no host is a name.

    A name may lead to any address of the LAN, or to any at all with `beyond_lan`.
    """
    return list(dict.fromkeys(each for one in destinations.values() for each in _allowed(one)))


def _allowed(destination: DestinationConfig) -> Iterator[str]:
    try:
        ip = _judged(ipaddress.ip_address(destination.host))
    except ValueError:
        yield from ["any"] if destination.beyond_lan else map(str, LAN)
        return
    if _is_lan(ip) or (destination.beyond_lan and _is_one_host(ip)):
        yield str(ip).partition("%")[0]


def _judged(ip: IPAddress) -> IPAddress:
    """::ffff:10.0.0.1 is 10.0.0.1 to the kernel."""
    return getattr(ip, "ipv4_mapped", None) or ip


def _is_lan(ip: IPAddress) -> bool:
    return any(ip in network for network in LAN)


def _is_one_host(ip: IPAddress) -> bool:
    """Neither many hosts, nor none, which Linux takes for this one."""
    return not (ip.is_multicast or ip.is_unspecified or (ip.version == 4 and ip.is_reserved))
