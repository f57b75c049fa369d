import os

import pytest

from assistant.config import Config
from assistant.proof.about import about


@pytest.mark.parametrize(
    ("uid", "sudo_uid", "user", "sudo_user"),
    [
        (0, None, "root", ""),
        (0, "4000000000", "root", "4000000000"),  # nobody has it
        (0, "?", "root", ""),
        (4_000_000_000, "0", "4000000000", ""),  # `sudo -u` to somebody else
    ],
)
def test_it_is_told_whose_run_it_was(
    uid: int, sudo_uid: str | None, user: str, sudo_user: str, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    monkeypatch.setattr(os, "getuid", lambda: uid)
    if sudo_uid is None:
        monkeypatch.delenv("SUDO_UID", raising=False)
    else:
        monkeypatch.setenv("SUDO_UID", sudo_uid)
    told = about(Config(models=tmp_path))
    assert (told["user"], told["sudo_user"]) == (user, sudo_user)
