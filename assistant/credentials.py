"""The keys that Xiaoben is trusted with: from the service manager, else from files of the user's."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from assistant import paths
from assistant.errors import PrivacyError, StorageError

HISTORY_KEY = "xiaoben.history-key"
"""Name of the service's credential: 32 random bytes."""
KEY_BYTES = 32


def history_key(environ: Mapping[str, str] = os.environ) -> bytes:
    """The key of the history; raises PrivacyError for one that is none, StorageError for one out of reach.

    Under a service manager it is a credential, which systemd can keep encrypted to the machine (its TPM) and
    shows to the service alone. Otherwise it is a file beside the user's configuration, made when it is first
    asked for. That protects a copy of the state folder, a backup or a synchronised disk. It does not protect
    from whoever can read all of the user's files, such as a program of the user's, or root.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder, HISTORY_KEY) if folder else paths.config_folder() / "history.key"
    try:
        if not folder:
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise _out_of_reach(path, error) from error
    if len(key) != KEY_BYTES:
        raise PrivacyError(
            en=f"The key of the history, {path}, has {len(key)} bytes instead of {KEY_BYTES}; "
            "put back the right one.",
            zh=f"对话记录的密钥 {path} 有 {len(key)} 字节，应为 {KEY_BYTES} 字节；请放回正确的密钥。",
        )
    return key


def _make(path: Path) -> None:
    """Make a key where there is none; it appears whole or not at all."""
    if path.exists():
        return
    paths.make_private(path.parent)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _out_of_reach(path: Path, error: OSError) -> StorageError:
    return StorageError(
        en=f"The key of the history, {path}, cannot be read or made: {error.strerror}; "
        "let me write there, or turn the history off.",
        zh=f"无法读取或创建对话记录的密钥 {path}：{error.strerror}；请允许我写入，或关闭对话记录。",
    )
