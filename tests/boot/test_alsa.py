"""The installed service with the sound devices themselves, on a kernel that has some: those of snd-aloop.

Where the processor is emulated, the machine is slow, and its clock too: a quarter of an hour.
"""

import re

import pytest

from tests.boot.emulated import Emulated
from tests.boot.machine import Machine
from tests.boot.person import XIAOBEN, Room, install, talk

pytestmark = pytest.mark.boot

# What is played on one end of the loopback is recorded on the other; Xiaoben has the end `hw:0,1`.
_ROOM = Room("aplay -q -D plughw:0,0", "arecord -q -D plughw:0,0 -f S16_LE -r 44100 -c 1", "root")
_CARD = """
modprobe snd-aloop
mkdir -p /etc/xiaoben
printf '[audio]\nmicrophone = "hw:0,1"\nspeaker = "hw:0,1"\n' > /etc/xiaoben/config.toml
# An emulated processor needs more than two minutes for the models.
mkdir -p /run/systemd/system/xiaoben.service.d
printf '[Service]\nTimeoutStartSec=infinity\n' > /run/systemd/system/xiaoben.service.d/slow.conf
"""


@pytest.fixture(scope="module")
def machine(emulated_machine: Emulated) -> Machine:
    emulated_machine.run(_CARD)
    install(emulated_machine, "--sound", "alsa")
    return emulated_machine


def test_systemd_rates_its_exposure_at_most_0_6(machine: Machine):
    rating = machine.run("systemd-analyze security xiaoben --no-pager")
    exposure = re.search(r"Overall exposure level for xiaoben.service: ([\d.]+)", rating)
    assert exposure
    assert float(exposure[1]) <= 0.6


def test_every_layer_holds_on_debians_own_kernel(machine: Machine):
    assert "✗" not in machine.run(f"{XIAOBEN} privacy", user="pi")


def test_spoken_questions_are_answered_and_no_packet_leaves_the_machine(machine: Machine):
    machine.plug_in()
    machine.packets()
    assert re.search(
        "[ap]m", talk(machine, _ROOM, "Hey computer, what time is it?", "en", seconds=60).lower()
    )
    assert "现在" in talk(machine, _ROOM, "小本同学，现在几点了？", "zh", seconds=120)
    assert machine.packets() == []
    machine.tried("ping -c 1 -W 1 192.0.2.1")
    assert 1 in machine.protocols()
