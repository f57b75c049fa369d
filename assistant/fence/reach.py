"""What is within reach of a run: the files and sockets without which it could not work, and no others."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import paths
from assistant.credentials import history_key
from assistant.errors import StorageError

if TYPE_CHECKING:  # what is tried behind the fence starts faster without pydantic
    from assistant.config import Config


@dataclass(frozen=True, slots=True)
class Reach:
    """Absolute paths; a folder stands for all that is in it. What does not exist is left out."""

    readable: Sequence[Path] = ()
    writable: Sequence[Path] = ()
    sockets: Sequence[Path] = ()
    """Unix sockets of other programs, or folders of them."""

    def __add__(self, other: "Reach") -> "Reach":
        return Reach(
            (*self.readable, *other.readable),
            (*self.writable, *other.writable),
            (*self.sockets, *other.sockets),
        )


_SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/proc"),
    *("/sys/devices", "/sys/bus", "/sys/class", "/sys/fs/cgroup"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/snd")


def system() -> Reach:
    """What any Python program needs of the machine, with Xiaoben itself."""
    return Reach([*map(Path, _SYSTEM), *_python()], [*map(Path, _DEVICES)])


def _python() -> list[Path]:
    # `python -m` puts the current folder in front, which may be the user's home.
    modules = [path for path in map(Path, sys.path) if path.is_absolute() and path != Path.cwd()]
    return [Path(sys.prefix), Path(sys.base_prefix), paths.PACKAGE.parent, *modules]


def of_run(config: "Config", recording: Path | None = None, outputs: Sequence[Path] = ()) -> Reach:
    """What `xiaoben run` needs; makes the folders and `outputs`, for what does not exist cannot be let in.

    With a `recording` in place of the microphone neither the sound devices are needed nor the user's state,
    apart from the checksums of the models. Raises StorageError for what cannot be made.
    """
    own = [_made_folder(paths.runtime_folder()), *(_made_file(path.absolute()) for path in outputs)]
    readable = [*_linked(config.models), *_skills(config), *_credentials(os.environ)]
    if recording:
        return Reach([*readable, recording.absolute(), config.state / "models.json"], own)
    if config.history.enabled:
        history_key()  # made when it is first asked for, which cannot be behind the fence
    state = [_made_folder(folder) for folder in (config.state, config.socket.parent)]
    return Reach(readable, [*own, *state], _service(os.environ)) + sound(os.environ, paths.own_home())


def sound(environ: Mapping[str, str], home: Path) -> Reach:
    """What PulseAudio's, PipeWire's and ALSA's libraries use."""
    settings = [home / name for name in (".asoundrc", ".config/alsa", ".config/pulse", ".config/pipewire")]
    named = [environ.get(name, "") for name in ("ALSA_CONFIG_PATH", "PULSE_COOKIE", "PULSE_CLIENTCONFIG")]
    settings += [Path(path) for value in named for path in value.split(":") if path]
    servers = [Path("/run/pulse"), *(home / ".config/pulse").glob("*-runtime")]
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        # The folder, not the socket in it: a server that is started anew makes a new one.
        servers += [Path(runtime, "pulse"), Path(runtime, "pipewire-0")]
    return Reach(settings, sockets=[*servers, *_servers(environ.get("PULSE_SERVER", ""))])


def _servers(names: str) -> Iterator[Path]:
    """The Unix sockets among PulseAudio's server names, such as `{machine}unix:/path tcp:host`."""
    for name in names.split():
        path = re.sub(r"^(\{.*?\})?(unix:)?", "", name)
        if path.startswith("/"):
            yield Path(path)


def _skills(config: "Config") -> Iterator[Path]:
    yield from _linked(paths.config_folder())  # `skills` in it, if no other folder is configured
    if config.skills.folder:
        yield from _linked(config.skills.folder)


def _linked(folder: Path) -> Iterator[Path]:
    """A folder, and the links in it and in the folders that they lead to."""
    waiting, known = [folder], set[str]()
    while waiting:
        yield (path := waiting.pop())
        if (real := os.path.realpath(path)) not in known:
            known.add(real)
            with suppress(OSError):  # what we may not read is out of reach anyhow
                waiting += filter(Path.is_symlink, Path(real).rglob("*"))


def _credentials(environ: Mapping[str, str]) -> list[Path]:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    return [Path(folder)] if folder else []


def _service(environ: Mapping[str, str]) -> list[Path]:
    """Where the service manager hears that we are alive."""
    address = environ.get("NOTIFY_SOCKET", "")
    return [Path(address)] if address.startswith("/") else []


def _made_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            en=f"The folder {folder} cannot be made: {error.strerror}; configure another one.",
            zh=f"无法创建文件夹 {folder}：{error.strerror}；请配置另一个。",
        ) from error
    return folder


def _made_file(file: Path) -> Path:
    try:
        file.touch(mode=0o600)
    except OSError as error:
        raise StorageError(
            en=f"The file {file} cannot be written: {error.strerror}; choose another place.",
            zh=f"无法写入文件 {file}：{error.strerror}；请换一个位置。",
        ) from error
    return file
