"""What the person at the machine does: choose a sound server, install the service, talk to it."""

import tempfile
from pathlib import Path
from typing import Literal

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
_ROOM = """
sudo true  # it notes its first use
mkdir -p ~/.config/pulse; echo exit-idle-time=-1 > ~/.config/pulse/daemon.conf
systemctl --user mask --now {others}; systemctl --user unmask {units}; systemctl --user restart {units}
until pactl info; do sleep 0.2; done
for sink in speaker mic; do pactl load-module module-null-sink sink_name=$sink rate=48000 channels=2; done
pactl load-module module-remap-source master=mic.monitor source_name=microphone
pactl set-default-sink speaker; pactl set-default-source microphone
"""
_CONVERSATION = """
timeout {seconds} parecord --device=speaker.monitor --file-format=wav /tmp/reply.wav &
sleep 1; paplay --device=mic /tmp/request.wav; wait
"""


def furnish(machine: Machine, server: Server) -> None:
    """Log `pi` in with a sound server of two virtual devices."""
    (other,) = set(SERVERS) - {server}
    machine.run(_ROOM.format(units=_UNITS[server], others=_UNITS[other]), user="pi")


def install(machine: Machine) -> str:
    """As `pi`; what the installation says."""
    return machine.run(f"sudo {XIAOBEN} install-service", user="pi", seconds=180)


def remove(machine: Machine) -> None:
    """As `pi`, with all that was kept."""
    machine.run(f"sudo {XIAOBEN} install-service --remove --purge", user="pi")


def talk(machine: Machine, text: str, lang: Language, voice: str, *, seconds: int) -> str:
    """Say something; what Xiaoben is heard to say within so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "sound.wav")
        write(sound, rendered(text, lang, voice), RATE_HZ)
        machine.put(sound.read_bytes(), "/tmp/request.wav")
        machine.run(_CONVERSATION.format(seconds=seconds), user="pi", seconds=seconds + 30)
        sound.write_bytes(machine.get("/tmp/reply.wav"))
        return heard(read(sound))
