"""The service of one person, in their own service manager."""

from dataclasses import dataclass
from pathlib import Path

from assistant.config import Config
from assistant.installation import dropins, files
from assistant.installation.system import Manager, Removal

_UNIT = "xiaoben.service"


@dataclass(frozen=True, slots=True)
class User:
    """A person's own units."""

    manager: Manager
    configuration: Path
    """Usually ~/.config."""

    def install(self, config: Config) -> list[Path]:
        """Write the unit and start it; returns what was written; raises AssistantError."""
        dropins.check_models(config)
        texts = {
            self._units / _UNIT: files.shipped("user/*")[_UNIT],
            self._units / files.beside(_UNIT): dropins.user_service(config),
        }
        files.write(texts)
        self.manager.start([_UNIT])
        return list(texts)

    def remove(self) -> Removal:
        """Stop the service and delete what `install` wrote; settings and what was kept are the person's."""
        self.manager.stop([_UNIT] if (self._units / _UNIT).exists() else [])
        removed = files.remove([self._units / _UNIT, self._units / files.beside(_UNIT)])
        self.manager.reload()
        return Removal(removed, [])

    @property
    def _units(self) -> Path:
        return self.configuration / "systemd/user"
