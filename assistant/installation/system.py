"""The service of the machine: what is written where, and what is taken away again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.config import Config
from assistant.installation import dropins, files
from assistant.installation.sound import Person, Sound, SoundServer

_KINDS = (".service", ".socket")
_LINGER = "By `xiaoben install-service`, which takes it away with --remove.\n"


class Manager(Protocol):
    """The service manager."""

    def start(self, units: Sequence[str]) -> None:
        """Start units, now and at boot, by their present files; returns when they are ready."""

    def stop(self, units: Sequence[str]) -> None:
        """Stop units, now and at boot."""

    def reload(self) -> None:
        """Take note that files have gone."""

    def encrypt_key(self, path: Path) -> None:
        """Write a new key that only the manager can read."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken away, and what was left."""

    removed: list[Path]
    kept: list[Path]


@dataclass(frozen=True, slots=True)
class System:
    """The machine, or what lies below another root folder."""

    manager: Manager
    root: Path = Path("/")

    def settings_for(self, person: Person) -> Path | None:
        """The service's configuration file or, before it has one, the person's."""
        own = person.home / ".config/xiaoben/config.toml"
        return next((path for path in (self._settings, own) if path.is_file()), None)

    def install(self, config: Config, source: Path | None, person: Person, sound: Sound) -> list[Path]:
        """Write the units and start them; raises AssistantError, before anything is written if it can.

        `source` is the file that `config` was read from: the service gets a copy. Returns what was written.
        """
        dropins.check_readable([*dropins.program(), config.models])
        texts = self._texts(config, source, person, sound)
        if config.history.enabled and not self._history_key.exists():
            self.manager.encrypt_key(self._history_key)
        self._take_away([path for path in self._ours() if path not in texts])
        files.write(texts)
        self.manager.start([path.name for path in texts if path.suffix == ".service"])
        return list(texts)

    def remove(self, *, purge: bool) -> Removal:
        """Stop the service and delete what `install` wrote; `purge`: also settings, key and what was kept."""
        lasting = [*self._lasting(), self.root / "var/lib/xiaoben"] if purge else []
        runtime = [self.root / "run" / name for name in ("xiaoben", "xiaoben-lan", "private/xiaoben-lan")]
        removed = self._take_away([*self._ours(), *runtime, *lasting])
        self.manager.reload()
        return Removal(removed, [path for path in self._lasting() if path.exists()])

    def _take_away(self, unwanted: Sequence[Path]) -> list[Path]:
        """Delete what is there of `unwanted`, once its units have stopped."""
        self.manager.stop([path.name for path in unwanted if path.suffix in _KINDS and path.exists()])
        return files.remove(unwanted)

    def _texts(self, config: Config, source: Path | None, person: Person, sound: Sound) -> dict[Path, str]:
        shipped = files.shipped("xiaoben.*")
        facts = {
            files.beside("xiaoben.service"): dropins.service(config, person, sound),
            files.beside("xiaoben.socket"): dropins.control_socket(person),
        }
        if config.lan:
            shipped |= files.shipped("xiaoben-lan.*")
            facts[files.beside("xiaoben-lan.service")] = dropins.broker(config)
        texts = {self._units / name: text for name, text in (shipped | facts).items()}
        if source:
            texts[self._settings] = source.read_text()
        if isinstance(sound, SoundServer):
            texts |= {self._configuration / name: text for name, text in files.shipped("asound.conf").items()}
            texts |= self._lingering(person)
        return texts

    def _lingering(self, person: Person) -> dict[Path, str]:
        """What keeps a person's own manager, and so their sound server, from boot on.

        It is as `loginctl enable-linger` does it: the file's existence counts. Its text says that it is ours.
        """
        file = self._lingerers / person.name
        return {} if file.exists() and file not in self._ours() else {file: _LINGER}

    def _ours(self) -> list[Path]:
        """All that an installation may have written, but for what outlasts it."""
        names = files.shipped("xiaoben*")
        units = [self._units / name for name in (*names, *map(files.beside, names))]
        lingering = [path for path in self._lingerers.glob("*") if path.read_bytes() == _LINGER.encode()]
        return [*units, self._configuration / "asound.conf", *lingering]

    def _lasting(self) -> list[Path]:
        return [self.root / "var/lib/private/xiaoben", self._configuration, self._history_key]

    @property
    def _units(self) -> Path:
        return self.root / "etc/systemd/system"

    @property
    def _lingerers(self) -> Path:
        return self.root / "var/lib/systemd/linger"

    @property
    def _configuration(self) -> Path:
        return self.root / "etc/xiaoben"

    @property
    def _settings(self) -> Path:
        return self._configuration / "config.toml"

    @property
    def _history_key(self) -> Path:
        return self.root / "etc/credstore.encrypted/xiaoben.history-key"
