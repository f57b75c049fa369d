"""The installed service, closed off by a real systemd, hears and answers through a person's sound server."""

from collections.abc import Iterator
from typing import cast

import pytest

from tests.boot.container import Container
from tests.boot.machine import Machine
from tests.boot.person import SERVERS, Server, furnish, install, remove, talk

pytestmark = pytest.mark.boot

# The router is written down, since nobody is there to answer for it, and the kernel looks for no other.
_NETWORK = """
cd /proc/sys/net/ipv6/conf/{0}; echo 1 > addr_gen_mode; echo 0 > router_solicitations
ip link set {0} up; ip address replace 192.0.2.2/24 dev {0}
ip neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:01 dev {0}; ip route replace default via 192.0.2.1
"""


@pytest.fixture(scope="module", params=SERVERS)
def machine(request: pytest.FixtureRequest, contained: Container) -> Iterator[Machine]:
    furnish(contained, cast(Server, request.param))
    install(contained)
    yield contained
    remove(contained)


def test_a_spoken_question_is_answered(machine: Machine):
    reply = talk(machine, "Hey computer, what is the capital of France?", "en", "am_michael", seconds=20)
    assert "paris" in reply.lower()


def test_a_spoken_question_in_chinese_is_answered(machine: Machine):
    reply = talk(machine, "小本同学，现在几点了？", "zh", "zm_yunxi", seconds=20)
    assert "现在" in reply


def test_no_packet_leaves_the_machine_meanwhile(machine: Machine):
    machine.run(_NETWORK.format(machine.cable))
    machine.packets()
    reply = talk(machine, "Hey computer, what time is it?", "en", "am_michael", seconds=15)
    assert machine.packets() == []
    assert reply
    machine.tried("ping -c 1 -W 1 192.0.2.1; timeout 3 resolvectl query outside.example")
    machine.run(f"ip link set {machine.cable} down")
    protocols = [packet[23] for packet in machine.packets() if packet[12:14] == b"\x08\x00"]
    assert {1, 17} <= set(protocols)  # ICMP, and UDP from the machine's own resolver


def test_what_was_said_is_not_in_the_journal(machine: Machine):
    journal = machine.run("journalctl --boot --output=export")
    assert "Listening for" in journal
    assert not [word for word in ("Paris", "capital", "几点") if word in journal]
