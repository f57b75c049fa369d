import socket

import pytest

from assistant import paths
from assistant.config import DestinationConfig
from assistant.lan.addresses import LAN, Address, allowed_addresses, permitted, resolve


def address(host: str) -> Address:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return Address(family, (host, 80))


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.5", "127.0.0.1", "127.1.2.3", "169.254.7.7",
        "::1", "fd12:3456::1", "fe80::1", "::ffff:192.168.1.5",
    ],
)  # fmt: skip
def test_private_loopback_and_link_local_addresses_are_of_the_lan(host: str):
    assert permitted(address(host), beyond_lan=False)


@pytest.mark.parametrize(
    "host",
    [
        "1.1.1.1", "172.15.255.255", "172.32.0.1", "192.169.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1",
        "2606:4700::1111", "2001:db8::1", "64:ff9b::c0a8:105", "2002:c0a8:105::1", "::ffff:1.1.1.1",
    ],
)  # fmt: skip
def test_other_addresses_must_be_allowed(host: str):
    assert not permitted(address(host), beyond_lan=False)
    assert permitted(address(host), beyond_lan=True)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "255.255.255.255",
        "240.0.0.1",
        "224.0.0.251",
        "::",
        "ff02::1",
        "::ffff:0.0.0.0",
        "::ffff:224.0.0.1",
    ],
)
def test_what_is_not_one_host_is_never_permitted(host: str):
    assert not permitted(address(host), beyond_lan=True)


async def test_a_name_is_looked_up_by_the_system():
    found = await resolve("localhost", 80)
    assert {each.sockaddr[0] for each in found} <= {"127.0.0.1", "::1"}
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 300])
async def test_a_name_that_is_none_is_an_os_error(host: str):
    with pytest.raises(OSError, match=r"no name of a host|Name or service|name resolution"):
        await resolve(host, 80)


def allowed(*hosts: str, beyond_lan: bool = False) -> list[str]:
    return allowed_addresses(
        {host: DestinationConfig(host=host, port=80, beyond_lan=beyond_lan) for host in hosts}
    )


def test_the_unit_as_shipped_allows_what_the_broker_permits():
    unit = (paths.bundled("systemd") / "xiaoben-lan.service").read_text()
    (line,) = [line for line in unit.splitlines() if line.startswith("IPAddressAllow=")]
    assert line.partition("=")[2].split() == [str(network) for network in LAN]


def test_the_unit_allows_written_addresses_and_nothing_else():
    assert allowed("192.168.1.5", "fe80::1%eth0", "192.168.1.5", "::ffff:10.0.0.1") == [
        "192.168.1.5", "fe80::1", "10.0.0.1",
    ]  # fmt: skip


def test_the_unit_allows_no_address_that_the_broker_refuses():
    assert allowed("1.1.1.1", "0.0.0.0") == []
    assert allowed("1.1.1.1", "0.0.0.0", beyond_lan=True) == ["1.1.1.1"]


def test_a_name_may_be_anywhere_in_the_lan_or_anywhere_at_all():
    assert allowed("nas.local", "192.168.1.5") == [*map(str, LAN), "192.168.1.5"]
    assert allowed("nas.example.org", beyond_lan=True) == ["any"]
