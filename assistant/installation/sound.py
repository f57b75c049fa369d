"""How the service reaches the sound: the devices themselves, or the socket of a person's sound server."""

import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from assistant.errors import AudioError, UsageError


@dataclass(frozen=True, slots=True)
class Person:
    """Who installs, and may talk to the service afterwards."""

    name: str
    uid: int
    home: Path

    @classmethod
    def of(cls, uid: int) -> Self:
        """The person with a user number; raises UsageError for none."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError as error:
            raise UsageError(
                en=f"There is no user with the number {uid} here; use sudo as the one who will talk to it.",
                zh=f"这里没有编号为 {uid} 的用户；请以使用者的身份用 sudo 运行。",
            ) from error
        return cls(entry.pw_name, uid, Path(entry.pw_dir))


class Alsa:
    """The sound devices; for machines without a sound server, or whose sound nobody else uses."""

    unit: tuple[str, ...] = ()
    service = ("SupplementaryGroups=audio", "DeviceAllow=char-alsa rw", "BindPaths=-/dev/snd")


@dataclass(frozen=True, slots=True)
class SoundServer:
    """PipeWire or PulseAudio of a person.

    Both let everybody in who can open the socket; PulseAudio asks for its cookie besides. So the service
    keeps a user of its own: systemd shows it the socket, and hands the cookie over as a credential.
    """

    person: Person
    socket: Path
    cookie: Path | None

    @classmethod
    def of(cls, person: Person, root: Path) -> Self | None:
        """The sound server of a person who is logged in."""
        socket = root / f"run/user/{person.uid}/pulse/native"
        if not socket.is_socket():
            return None
        cookie = person.home / ".config/pulse/cookie"
        return cls(person, socket, cookie if cookie.is_file() else None)

    @property
    def unit(self) -> tuple[str, ...]:
        """The server runs in the person's own service manager, which must be there first."""
        manager = f"user@{self.person.uid}.service"
        return (f"Requires={manager}", f"After={manager}")

    @property
    def service(self) -> tuple[str, ...]:
        """Show the socket, and have ALSA know nothing but it."""
        cookie = (f"LoadCredential=pulse-cookie:{self.cookie}", "Environment=PULSE_COOKIE=%d/pulse-cookie")
        return (
            f"BindReadOnlyPaths={self.socket}",
            f"Environment=PULSE_SERVER=unix:{self.socket}",
            "Environment=ALSA_CONFIG_PATH=/etc/xiaoben/asound.conf",
            *(cookie if self.cookie else ()),
        )


Sound = Alsa | SoundServer


def choose(person: Person, wanted: str | None, root: Path = Path("/")) -> Sound:
    """The sound server where there is one, since it keeps the devices for itself; raises AudioError."""
    if wanted == "alsa":
        return Alsa()
    server = SoundServer.of(person, root)
    if server is None and wanted == "socket":
        raise AudioError(
            en=f"{person.name} has no sound server at /run/user/{person.uid}/pulse/native; "
            "log in as the user whose PipeWire or PulseAudio is to be used, or take `--sound alsa`.",
            zh=f"{person.name} 在 /run/user/{person.uid}/pulse/native 没有声音服务；"
            "请以使用 PipeWire 或 PulseAudio 的用户登录，或使用 `--sound alsa`。",
        )
    return server or Alsa()
