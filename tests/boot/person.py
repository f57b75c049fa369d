"""What the person at the machine does: choose a sound server, install the service, talk to it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from assistant.audio.files import read, write
from assistant.events import RATE_HZ, Language
from tests.boot.image import HOME
from tests.boot.machine import Machine
from tests.listening import heard, rendered

XIAOBEN = f"{HOME}/.venv/bin/xiaoben"
SERVERS = ("pulseaudio", "pipewire")
Server = Literal["pulseaudio", "pipewire"]

_UNITS: dict[Server, str] = {
    "pulseaudio": "pulseaudio.{socket,service}",
    "pipewire": "pipewire{,-pulse}.{socket,service} wireplumber.service",
}
# The person's voice comes out of the sink `mic`, Xiaoben's goes into the sink `speaker`.
_DEVICES = """
sudo true  # it notes its first use
mkdir -p ~/.config/pulse; echo exit-idle-time=-1 > ~/.config/pulse/daemon.conf
systemctl --user mask --now {others}; systemctl --user unmask {units}; systemctl --user restart {units}
until pactl info; do sleep 0.2; done
for sink in speaker mic; do pactl load-module module-null-sink sink_name=$sink rate=48000 channels=2; done
pactl load-module module-remap-source master=mic.monitor source_name=microphone
pactl set-default-sink speaker; pactl set-default-source microphone
"""
_TALK = """
timeout {seconds} {record} /tmp/reply.wav &
sleep 1; {play} /tmp/request.wav; wait
"""
_VOICES: dict[Language, str] = {"en": "am_michael", "zh": "zm_yunxi"}
_QUIET = 50


@dataclass(frozen=True, slots=True)
class Room:
    """How somebody plays a file into Xiaoben's microphone, and records what comes from its speaker."""

    play: str
    record: str
    user: str


BY_SERVER = Room("paplay --device=mic", "parecord --device=speaker.monitor --file-format=wav", "pi")


def furnish(machine: Machine, server: Server) -> None:
    """Log `pi` in with a sound server of two virtual devices."""
    (other,) = set(SERVERS) - {server}
    machine.run(_DEVICES.format(units=_UNITS[server], others=_UNITS[other]), user="pi")


def install(machine: Machine, *options: str) -> str:
    """As `pi`; what the installation says."""
    return machine.run(f"sudo {XIAOBEN} install-service {' '.join(options)}", user="pi", seconds=180)


def remove(machine: Machine) -> None:
    """As `pi`, with all that was kept."""
    machine.run(f"sudo {XIAOBEN} install-service --remove --purge", user="pi")


def talk(machine: Machine, room: Room, text: str, lang: Language, *, seconds: int) -> str:
    """Say something; what Xiaoben is heard to say within so many seconds of the machine."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "sound.wav")
        write(sound, rendered(text, lang, _VOICES[lang]), RATE_HZ)
        machine.put(sound.read_bytes(), "/tmp/request.wav")
        script = _TALK.format(seconds=seconds, play=room.play, record=room.record)
        machine.run(script, user=room.user, seconds=seconds + 30)
        sound.write_bytes(machine.get("/tmp/reply.wav"))
        return heard(_trimmed(read(sound)))


def _trimmed(samples: bytes) -> bytes:
    """Without the silence before and after, of which recognition makes words."""
    loud = np.flatnonzero(np.abs(np.frombuffer(samples, "<i2").astype(int)) > _QUIET)
    assert loud.size, "nothing was said"
    return samples[2 * max(0, loud[0] - RATE_HZ // 2) : 2 * (loud[-1] + RATE_HZ // 2)]
