"""Where files lie: what we ship, what we fetch, what we keep."""

import os
from pathlib import Path

from assistant.errors import ConfigError

PACKAGE = Path(__file__).parent


def bundled(name: str) -> Path:
    """A folder that ships with Xiaoben (`models` or `skills`): in the wheel, or at the top of a checkout."""
    inside = PACKAGE / "_bundled" / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def own_home() -> Path:
    """The user's home; raises ConfigError when there is none, as for a number without a name."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise ConfigError(
            en="Your user has no home folder; set the environment variable HOME.",
            zh="当前用户没有主目录；请设置环境变量 HOME。",
        ) from error


def _base(systemd: str, xdg: str, home: str) -> Path:
    # systemd names the service's own folders (StateDirectory= and the like), possibly several with colons.
    if folder := os.environ.get(systemd):
        return Path(folder.split(":")[0])
    return Path(os.environ.get(xdg) or own_home() / home) / "xiaoben"


def make_private(folder: Path) -> None:
    """Make a folder for its owner only, and so what is missing above it; raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def state_folder() -> Path:
    """What must survive a restart: timers, lists, the user's settings."""
    return _base("STATE_DIRECTORY", "XDG_STATE_HOME", ".local/state")


def config_folder() -> Path:
    """What the user has written or chosen: configuration, skills, the key of the history."""
    return _base("CONFIGURATION_DIRECTORY", "XDG_CONFIG_HOME", ".config")


def config_file() -> Path:
    """The user's configuration, else the machine's."""
    own = config_folder() / "config.toml"
    machine = Path("/etc/xiaoben/config.toml")
    return machine if machine.is_file() and not own.is_file() else own


def runtime_folder() -> Path:
    """The control socket's folder; gone after a reboot."""
    if os.environ.get("RUNTIME_DIRECTORY") or os.environ.get("XDG_RUNTIME_DIR"):
        return _base("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "")
    return Path(f"/tmp/xiaoben-{os.getuid()}")  # noqa: S108 - created 0700 and its owner checked by control


def lan_folder() -> Path | None:
    """The sockets of the service's broker for the LAN; None: a run that needs a broker starts its own."""
    folder = os.environ.get("XIAOBEN_LAN_FOLDER")
    return Path(folder) if folder else None


def models_folder() -> Path:
    """Where fetched weights lie: the checkout's `models/`, else the user's data folder."""
    checkout = PACKAGE.parent / "models"
    if (checkout / "models.toml").is_file() and os.access(checkout, os.W_OK):
        return checkout
    return _base("STATE_DIRECTORY", "XDG_DATA_HOME", ".local/share") / "models"
