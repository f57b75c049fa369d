"""`xiaoben install-service` as a person meets it."""

import json
import os
from pathlib import Path

import pytest

from assistant import cli
from assistant.commands import install_service
from assistant.installation.sound import Alsa
from assistant.installation.system import Removal, System
from assistant.installation.user import User

UNIT, STATE = Path("/etc/systemd/system/xiaoben.service"), Path("/var/lib/private/xiaoben")


@pytest.fixture
def booted(tmp_path, monkeypatch):
    """A machine that systemd has started."""
    monkeypatch.setattr(install_service, "_RUNNING_SYSTEMD", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SUDO_UID", raising=False)


@pytest.fixture
def root(booted, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def nobody(booted, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_without_systemd_it_says_what_to_use(monkeypatch, capsys):
    monkeypatch.setattr(install_service, "_RUNNING_SYSTEMD", Path("/nowhere"))
    assert cli.main(["install-service"]) == 64
    assert "not started by systemd, which would run the service; use `xiaoben run`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "installed by root (`sudo xiaoben install-service`)"),
        (["--purge"], "--purge goes with --remove"),
        (["--user", "--sound", "alsa"], "--user goes with neither"),
        (["--user", "--remove", "--purge"], "--user goes with neither"),
    ],
)
def test_what_cannot_be_is_one_sentence(nobody, capsys, arguments, said):
    assert cli.main(["install-service", *arguments]) == 64
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_root_has_no_service_of_their_own(root, capsys):
    assert cli.main(["install-service", "--user"]) == 64
    assert "your own without" in capsys.readouterr().err


def test_it_tells_what_it_has_written(root, monkeypatch, capsys):
    monkeypatch.setattr(System, "install", lambda *_: [UNIT])
    monkeypatch.setattr(System, "settings_for", lambda *_: None)
    assert cli.main(["install-service", "--sound", "alsa", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["installed"], told["sound"]) == ([str(UNIT)], "alsa")
    assert cli.main(["install-service", "--sound", "alsa"]) == 0
    assert f"whenever this machine has started. Written were\n  {UNIT}\n" in capsys.readouterr().out


def test_the_settings_are_those_of_the_one_who_used_sudo(root, monkeypatch, tmp_path):
    settings = tmp_path / "config.toml"
    settings.write_text('languages = ["zh"]\n[skills]\nfolder = "~/skills"\n')
    seen = []
    monkeypatch.setattr(System, "settings_for", lambda *_: settings)
    monkeypatch.setattr(System, "install", lambda _, *arguments: seen.append(arguments) or [])
    monkeypatch.setenv("SUDO_UID", str(os.getuid()))
    assert cli.main(["install-service", "--sound", "alsa"]) == 0
    [(config, source, person, sound)] = seen
    assert (config.languages, source, person.uid) == (["zh"], settings, os.getuid())
    assert config.skills.folder == person.home / "skills"
    assert isinstance(sound, Alsa)


def test_settings_that_are_wrong_install_nothing(root, monkeypatch, tmp_path, capsys):
    settings = tmp_path / "config.toml"
    settings.write_text("[audio]\nmicrofone = 1\n")
    monkeypatch.setattr(System, "settings_for", lambda *_: settings)
    monkeypatch.setattr(System, "install", lambda *_: pytest.fail("installed"))
    assert cli.main(["install-service", "--sound", "alsa"]) == 78
    assert "microfone" in capsys.readouterr().err


@pytest.mark.parametrize(("locale", "word"), [("en", "Kept were"), ("zh_CN", "已保留")])
def test_removing_tells_what_is_left(root, monkeypatch, capsys, locale, word):
    monkeypatch.setenv("XIAOBEN_LANG", locale)
    monkeypatch.setattr(System, "remove", lambda *_, purge: Removal([UNIT], [] if purge else [STATE]))
    assert cli.main(["install-service", "--remove"]) == 0
    told = capsys.readouterr().out
    assert word in told
    assert str(STATE) in told
    assert cli.main(["install-service", "--remove", "--purge"]) == 0
    assert word not in capsys.readouterr().out


def test_removing_nothing_says_so(nobody, monkeypatch, capsys):
    monkeypatch.setattr(User, "remove", lambda _: Removal([], []))
    assert cli.main(["install-service", "--user", "--remove"]) == 0
    assert capsys.readouterr().out == "There is no service to remove.\n"
    assert cli.main(["install-service", "--user", "--remove", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"removed": [], "kept": []}
