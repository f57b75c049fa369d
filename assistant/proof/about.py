"""What a report is about: when, on which machine, of which program, with which models and settings."""

import hashlib
import importlib.metadata
import os
import platform
import pwd
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant import __version__, paths
from assistant.config import Config


def about(config: Config) -> dict[str, Any]:
    """All that is needed to make the same proof again."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "xiaoben privacy --prove",
        "xiaoben": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": sorted(f"{each.name} {each.version}" for each in importlib.metadata.distributions()),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "user": _name_of(os.getuid()),
        "sudo_user": _sudo_user(),
        "config": config.model_dump(mode="json"),
        "models": _models(config),
    }


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # as for the dynamic user of a service
        return str(uid)


def _sudo_user() -> str:
    """Who became root by sudo for this; empty: nobody."""
    uid = os.environ.get("SUDO_UID", "")
    return _name_of(int(uid)) if uid.isdecimal() and os.getuid() == 0 else ""


def _commit() -> str:
    """Of a checkout; empty when it is none, with a `+` when its files are not the commit's."""
    folder = paths.PACKAGE.parent
    if not (folder / ".git").exists():
        return ""
    git = ["git", "-C", str(folder)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout
        changes = subprocess.run(
            [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return commit.strip() + ("+" if changes else "")


def _models(config: Config) -> dict[str, str]:
    """SHA-256 of the files of the models in use."""
    names = [config.asr.model, config.llm.model, config.tts.zh, config.tts.en]
    folders = [config.models / name.partition("/")[0] for name in dict.fromkeys(names)]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(config.models)): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
