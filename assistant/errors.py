"""What can go wrong, in one sentence a person can act on, in their language. Imports nothing of ours.

Every message says what was found, where, and what to do. The exit status follows sysexits.h, so that
systemd can tell a broken configuration (which a restart does not mend) from a device that may come back.
"""

import os
from collections.abc import Mapping


def speaks_chinese(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the person at the terminal reads Chinese, by XIAOBEN_LANG or the POSIX locale variables."""
    for name in ("XIAOBEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return value.lower().startswith("zh")
    return False


def localized(*, en: str, zh: str) -> str:
    """The one of two texts that the person at the terminal reads."""
    return zh if speaks_chinese() else en


class AssistantError(Exception):
    """Base of every error that a person or the environment caused; anything else is a bug."""

    exit_status = 1

    def __init__(self, *, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.en = en
        self.zh = zh

    def __str__(self) -> str:
        return localized(en=self.en, zh=self.zh)


class UsageError(AssistantError):
    """The command line asks for something that cannot be."""

    exit_status = 64  # EX_USAGE


class InputError(AssistantError):
    """A file given to us cannot be read as what it should be."""

    exit_status = 65  # EX_DATAERR


class ModelError(AssistantError):
    """A model is missing, damaged or not loadable."""

    exit_status = 69  # EX_UNAVAILABLE


class AudioError(AssistantError):
    """The microphone or the speaker is not there or stopped working."""

    exit_status = 74  # EX_IOERR


class StorageError(AssistantError):
    """A file or folder of ours cannot be written: full, read-only, not permitted."""

    exit_status = 73  # EX_CANTCREAT


class ControlError(AssistantError):
    """The running daemon cannot be reached, or one is running already."""

    exit_status = 75  # EX_TEMPFAIL


class SkillError(AssistantError):
    """A skill is declared wrongly or failed."""

    exit_status = 70  # EX_SOFTWARE


class PrivacyError(AssistantError):
    """What the privacy of the user forbids, or a protection that cannot be had."""

    exit_status = 77  # EX_NOPERM


class ConfigError(AssistantError):
    """The configuration cannot be used."""

    exit_status = 78  # EX_CONFIG
