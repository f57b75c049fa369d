"""The installed service under a real systemd: how it starts, fails, comes back, is closed off and goes."""

import json
import re

import pytest

from tests.boot.container import Container
from tests.boot.image import HOME
from tests.boot.machine import Machine
from tests.boot.person import XIAOBEN, furnish, install, remove

pytestmark = pytest.mark.boot

# What Python, the journal and the sound server keep is not of the installation.
_NOT_OURS = ("*/__pycache__*", "/var/log/*", "/tmp/*", "*/wireplumber*", "*/pulse*")
_FILES = "find / -xdev " + " ".join(f"-not -path '{path}'" for path in _NOT_OURS)


@pytest.fixture(scope="module")
def before(contained: Container) -> set[str]:
    """The files before Xiaoben was installed."""
    furnish(contained, "pipewire")
    return files(contained)


@pytest.fixture(scope="module")
def machine(contained: Container, before: set[str]) -> Machine:
    assert "/etc/systemd/system/xiaoben.service" in install(contained)
    return contained


def files(machine: Machine) -> set[str]:
    return set(machine.run(_FILES).splitlines())


def show(machine: Machine, name: str) -> str:
    return machine.run(f"systemctl show xiaoben --property={name} --value").strip()


def wait_until(machine: Machine, condition: str, seconds: int) -> None:
    machine.run(f"timeout {seconds} bash -c 'until {condition}; do sleep 1; done'", seconds=seconds + 10)


def test_the_installed_service_is_ready(machine: Machine):
    assert machine.run("systemctl is-active xiaoben").strip() == "active"
    assert show(machine, "StatusText") == "Listening"
    assert machine.run("systemctl is-enabled xiaoben").strip() == "enabled"


def test_systemd_rates_its_exposure_at_most_0_4(machine: Machine):
    rating = machine.run("systemd-analyze security xiaoben --no-pager")
    exposure = re.search(r"Overall exposure level for xiaoben.service: ([\d.]+)", rating)
    assert exposure
    assert float(exposure[1]) <= 0.4


def test_who_installed_it_can_talk_to_it(machine: Machine):
    status = json.loads(machine.run(f"{XIAOBEN} status --json", user="pi"))
    assert status["state"] == "listening"
    assert status["audio"]["alive"]
    assert re.search(r"\d (AM|PM)", machine.run(f"{XIAOBEN} ask 'what time is it'", user="pi"))


def test_another_user_cannot(machine: Machine):
    code = "import socket; socket.socket(socket.AF_UNIX).connect('/run/xiaoben/control.sock')"
    status, output = machine.tried(f'setpriv --reuid nobody --clear-groups python3 -c "{code}"')
    assert status
    assert "PermissionError" in output


def test_it_has_no_network_but_a_loopback_of_its_own(machine: Machine):
    links = machine.run(f"nsenter --target {show(machine, 'MainPID')} --net ip -brief link")
    assert re.fullmatch(r"lo +\S+ .*\n", links)


def test_no_way_leads_out_of_its_unit(machine: Machine):
    script = f"cd {HOME} && .venv/bin/python -m tests.boot.escapes"
    tried = [json.loads(line) for line in machine.run(script, seconds=300).splitlines()]
    open_outside = [name for name, outside, _ in tried if outside == "reached"]
    assert len(open_outside) >= 30, tried
    assert not [name for name, _, inside in tried if inside not in {"blocked", "absent"}], tried


def test_a_service_that_crashes_is_started_again(machine: Machine):
    restarts = int(show(machine, "NRestarts"))
    machine.run(f"kill -SEGV {show(machine, 'MainPID')}")
    wait_until(machine, f"[ $(systemctl show xiaoben -P NRestarts) = {restarts + 1} ]", 15)
    wait_until(machine, "systemctl is-active xiaoben", 60)


def test_a_service_that_hangs_is_started_again(machine: Machine):
    pid = show(machine, "MainPID")
    machine.run(f"kill -STOP {pid}")
    wait_until(
        machine, f"systemctl is-active xiaoben && [ $(systemctl show xiaoben -P MainPID) != {pid} ]", 120
    )
    assert "Watchdog timeout" in machine.run("journalctl -u xiaoben")


def test_a_broken_configuration_is_said_once(machine: Machine):
    machine.run("mkdir -p /etc/xiaoben; echo 'nonsense = 1' > /etc/xiaoben/config.toml")
    machine.tried("systemctl restart xiaoben", seconds=60)
    machine.run("sleep 12")  # two restarts' worth
    assert show(machine, "ActiveState") == "failed"
    assert show(machine, "NRestarts") == "0"
    assert "nonsense" in machine.tried("systemctl status xiaoben --no-pager --full")[1]
    machine.run("rm /etc/xiaoben/config.toml; systemctl restart xiaoben", seconds=60)


def test_removing_it_leaves_nothing(machine: Machine, before: set[str]):
    remove(machine)
    assert files(machine) - before == set()
    assert "could not be found" in machine.tried("systemctl status xiaoben")[1]
