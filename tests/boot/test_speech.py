"""The installed service, closed off by a real systemd, hears and answers through a person's sound server."""

from collections.abc import Iterator
from typing import cast

import pytest

from tests.boot.container import Container
from tests.boot.machine import Machine
from tests.boot.person import BY_SERVER, SERVERS, Server, furnish, install, remove, talk

pytestmark = pytest.mark.boot


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    return cast(Server, request.param)


@pytest.fixture(scope="module")
def machine(contained: Container, server: Server) -> Iterator[Machine]:
    furnish(contained, server)
    install(contained)
    yield contained
    remove(contained)


def test_a_spoken_question_is_answered(machine: Machine):
    question = "Hey computer, what is the capital of France?"
    assert "paris" in talk(machine, BY_SERVER, question, "en", seconds=20).lower()


def test_a_spoken_question_in_chinese_is_answered(machine: Machine):
    assert "现在" in talk(machine, BY_SERVER, "小本同学，现在几点了？", "zh", seconds=20)


def test_after_a_restart_of_the_sound_server_the_watchdog_brings_it_back(machine: Machine, server: Server):
    # What the service was shown is the old server's socket; only a new start shows it the new one.
    furnish(machine, server)
    back = "[ $(systemctl show xiaoben -P NRestarts) = 1 ] && systemctl is-active xiaoben"
    machine.run(f"timeout 110 bash -c 'until {back}; do sleep 1; done'")
    assert "现在" in talk(machine, BY_SERVER, "小本同学，现在几点了？", "zh", seconds=20)


def test_no_packet_leaves_the_machine_meanwhile(machine: Machine):
    machine.plug_in()
    machine.packets()
    assert talk(machine, BY_SERVER, "Hey computer, what time is it?", "en", seconds=15)
    assert machine.packets() == []
    machine.tried("ping -c 1 -W 1 192.0.2.1; timeout 3 resolvectl query outside.example")
    machine.run(f"ip link set {machine.cable} down")
    assert {1, 17} <= machine.protocols()  # ICMP, and UDP from the machine's own resolver


def test_what_was_said_is_not_in_the_journal(machine: Machine):
    journal = machine.run("journalctl --boot --output=export")
    assert "Listening for" in journal
    assert not [word for word in ("Paris", "capital", "几点") if word in journal]
