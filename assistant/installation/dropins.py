"""What a unit cannot know before it is installed: where Xiaoben lies and how it hears, as drop-in files."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant import paths
from assistant.config import Config
from assistant.errors import ConfigError, ModelError, StorageError
from assistant.installation.sound import Person, Sound
from assistant.lan.addresses import allowed_addresses

_HEAD = "# Written by `xiaoben install-service`, and replaced by it: put changes into another file here."
_STATE = Path("/var/lib/private/xiaoben")
"""StateDirectory= with DynamicUser=; `/var/lib/xiaoben` is a link to it, which no mount can lie below."""
_ALWAYS_SHOWN = Path("/usr")
_SPEAKABLE = re.compile(r"[\w@+=,./%-]+")  # what needs no quoting in a unit


@dataclass(frozen=True, slots=True)
class Shown:
    """A folder that the service may read, and where it finds it."""

    folder: Path
    at: Path

    @property
    def line(self) -> str:
        """As a setting of the unit."""
        place = "" if self.at == self.folder else f":{_unit_path(self.at)}"
        return f"BindReadOnlyPaths={_unit_path(self.folder)}{place}"


def service(config: Config, person: Person, sound: Sound) -> str:
    """The drop-in of xiaoben.service; raises ConfigError, ModelError or StorageError."""
    _check_own_folders(config)
    check_models(config)
    lines = [
        _command("assistant run"),
        f"Environment=HOME={_unit_path(person.home)}",  # the `~` of the configuration
        *(shown.line for shown in _shown(config, person)),
        *sound.service,
        *(f"LoadCredentialEncrypted=xiaoben.lan.{name}" for name in config.lan),
    ]
    return _drop_in({"Unit": sound.unit, "Service": lines})


def control_socket(person: Person) -> str:
    """The drop-in of xiaoben.socket."""
    return _drop_in({"Socket": [f"SocketUser={person.name}"]})


def broker(config: Config) -> str:
    """The drop-in of xiaoben-lan.service."""
    shown = [Shown(folder, folder).line for folder in program()]
    return _drop_in({"Service": [_command("assistant.lan"), *shown, *_addresses(config)]})


def user_service(config: Config) -> str:
    """The drop-in of a user's own xiaoben.service."""
    families = ["RestrictAddressFamilies=AF_INET AF_INET6"] if config.lan else []
    return _drop_in({"Service": [_command("assistant run"), *families]})


def program() -> list[Path]:
    """The folders in which Xiaoben itself lies: its code, its virtual environment, the Python below it."""
    ours = [paths.PACKAGE, paths.bundled("models"), paths.bundled("skills")]
    python = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_prefix).resolve()]
    return _outermost(folder for folder in [*ours, *python] if not folder.is_relative_to(_ALWAYS_SHOWN))


def check_readable(folders: Iterable[Path]) -> None:
    """Raise StorageError for a file that the service, a user of its own, could not read."""
    for folder in folders:
        for path in _entries(folder):
            needed = 0o005 if path.is_dir() else 0o004
            if not path.is_symlink() and path.stat().st_mode & needed != needed:
                raise StorageError(
                    en=f"{path} cannot be read by other users, of whom the service is one; "
                    f"run `chmod -R o+rX {folder}`.",
                    zh=f"其他用户（服务即是其中之一）无法读取 {path}；请运行 `chmod -R o+rX {folder}`。",
                )


def _entries(folder: Path) -> Iterator[Path]:
    yield folder
    for parent, folders, files in os.walk(folder):
        folders[:] = (name for name in folders if name != "__pycache__")  # Python does without
        yield from (Path(parent, name) for name in [*folders, *files])


def _check_own_folders(config: Config) -> None:
    for key in ("state", "socket"):
        if key in config.model_fields_set:
            raise ConfigError(
                en=f"'{key}' cannot be set for the service, whose place systemd gives it; "
                "take it out of /etc/xiaoben/config.toml, or out of yours if that is to be copied.",
                zh=f"服务的“{key}”由 systemd 指定，不能设置；"
                "请从 /etc/xiaoben/config.toml（或将要复制的你的配置）中删除它。",
            )


def check_models(config: Config) -> None:
    """Raise ModelError when there are none."""
    if not config.models.is_dir():
        raise ModelError(
            en=f"There are no models at {config.models}; run `xiaoben models pull` first.",
            zh=f"{config.models} 处没有模型；请先运行 `xiaoben models pull`。",
        )


def _shown(config: Config, person: Person) -> Iterator[Shown]:
    yield from (Shown(folder, folder) for folder in program())
    # Where the service looks by default is not where the person keeps them.
    in_place = "models" in config.model_fields_set
    yield Shown(config.models, config.models if in_place else _STATE / "models")
    own = config.skills.folder or person.home / ".config/xiaoben/skills"
    if own.is_dir():
        yield Shown(own, config.skills.folder or Path("/etc/xiaoben/skills"))


def _addresses(config: Config) -> list[str]:
    """Where the kernel lets the broker send to."""
    return ["IPAddressAllow=", f"IPAddressAllow={' '.join(allowed_addresses(config.lan))}"]


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """`folders` without those that lie within another."""
    every = dict.fromkeys(folders)
    return [folder for folder in every if not any(other in every for other in folder.parents)]


def _command(module: str) -> str:
    # -P: the folder in which systemd starts us is no place to import from.
    return f"ExecStart={_unit_path(Path(sys.executable))} -P -m {module}"


def _unit_path(path: Path) -> str:
    if not _SPEAKABLE.fullmatch(str(path)):
        raise StorageError(
            en=f"The path {path} has a space or another sign that no unit can hold; move Xiaoben elsewhere.",
            zh=f"路径 {path} 含有空格或单元文件无法使用的字符；请把小本移到别处。",
        )
    return str(path).replace("%", "%%")


def _drop_in(sections: dict[str, Iterable[str]]) -> str:
    blocks = ["\n".join([f"[{name}]", *lines]) for name, lines in sections.items() if lines]
    return "\n\n".join([_HEAD, *blocks]) + "\n"
