"""What `xiaoben privacy` shows, and its exit status."""

import argparse
import asyncio
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant import control
from assistant.app import Commands
from assistant.commands import privacy
from assistant.config import Config
from assistant.errors import ControlError, PrivacyError, StorageError, UsageError
from assistant.fence import Layer
from assistant.proof.report import Report, Row, Text
from assistant.proof.standing import LAYERS, Standing

HOLDS = Standing([Layer(name, True, "It holds.", "有效。") for name in LAYERS], [], [])
LAN = {"home": {"host": "192.168.1.5", "port": 8123}}
ABOUT = {"kernel": "Linux", "user": "ann", "sudo_user": ""}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def config(folder: Path, **settings: object) -> Config:
    return Config.model_validate({"state": folder / "state", "socket": folder / "control.sock", **settings})


def asked(**arguments: object) -> argparse.Namespace:
    return argparse.Namespace(**{"prove": False, "out": None, "json": False, **arguments})


def test_without_a_fence_it_says_what_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XIAOBEN_LANG", "zh")
    assert privacy.run(asked(), config(tmp_path, privacy={"fence": False})) == 1
    out = capsys.readouterr().out
    assert "小本没有运行" in out
    assert "✗ seccomp" in out
    assert "本应关闭却敞开：" in out


def test_the_status_says_whether_anything_is_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status = privacy.run(asked(json=True), config(tmp_path))
    shown = json.loads(capsys.readouterr().out)
    assert status == bool(shown["open"])
    assert shown["running"] is False
    assert {"layers", "sockets", "written", "lan", "history"} <= shown.keys()


def test_what_is_allowed_is_shown_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(privacy, "_would_stand", lambda _: HOLDS)
    assert privacy.run(asked(), config(tmp_path, lan=LAN, history={"enabled": True})) == 0
    out = capsys.readouterr().out
    assert "192.168.1.5:8123/tcp, through the broker, because of [lan.home]" in out
    assert "kept for 30 days" in out
    assert "Nothing is open that should be closed" in out


async def test_the_daemon_says_how_it_stands(tmp_path: Path):
    answer = await Commands(config(tmp_path), None).handlers["privacy"]({})
    assert Standing.from_json(json.loads(json.dumps(answer))).layers


def test_a_report_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    row = Row("escape", "tcp", *[Text("TCP", "TCP")] * 3, "open")
    monkeypatch.setattr(privacy, "rows", lambda _: iter([row]))
    monkeypatch.setattr(privacy, "about", lambda _: ABOUT)
    out = tmp_path / "report.json"
    assert privacy.run(asked(prove=True, json=True, out=out), config(tmp_path)) == 1
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text()) == Report(ABOUT, [row]).as_json()


def test_a_report_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be written"):
        privacy.run(asked(prove=True, out=tmp_path / "none" / "report"), config(tmp_path))


def test_a_report_without_a_proof_is_refused(tmp_path: Path):
    with pytest.raises(UsageError):
        privacy.run(asked(out=tmp_path / "report"), config(tmp_path))


async def test_a_running_daemon_is_asked_about_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    settings = config(tmp_path)
    async with control.serve(settings.socket, Commands(settings, None).handlers):
        status = await asyncio.to_thread(privacy.run, asked(), settings)
    out = capsys.readouterr().out
    assert f"it answers at {settings.socket}" in out
    assert f"control: {settings.socket}, srw------- " in out
    assert status == 1  # these tests have no fence


async def test_what_the_daemon_allows_is_shown_and_not_what_the_caller_would(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    theirs = config(tmp_path, lan=LAN, history={"enabled": True, "days": 7})
    async with control.serve(theirs.socket, Commands(theirs, None).handlers):
        await asyncio.to_thread(privacy.run, asked(), config(tmp_path))
        out = capsys.readouterr().out
        await asyncio.to_thread(privacy.run, asked(json=True), config(tmp_path))
        shown = json.loads(capsys.readouterr().out)
    assert "192.168.1.5:8123/tcp" in out
    assert "kept for 7 days" in out
    assert shown["history"] == {"enabled": True, "days": 7}
    assert shown["lan"]["home"]["host"] == "192.168.1.5"


def answering(monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]) -> None:
    monkeypatch.setattr(control, "is_running", lambda _: True)
    monkeypatch.setattr(control, "request", lambda *_: answer)


@pytest.mark.parametrize("missing", ["layers", "lan", "history"])
def test_a_daemon_of_another_version_is_told_apart(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    answer = {**asdict(HOLDS), "lan": {}, "history": {"enabled": False, "days": 30}}
    del answer[missing]
    answering(monkeypatch, answer)
    with pytest.raises(ControlError, match="another version"):
        privacy.run(asked(), config(tmp_path))


def test_a_layer_of_which_the_daemon_says_nothing_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    history = {"enabled": False, "days": 30}
    answering(monkeypatch, {"layers": [], "sockets": [], "written": [], "lan": {}, "history": history})
    assert privacy.run(asked(), config(tmp_path)) == 1
    out = capsys.readouterr().out
    assert "✗ seccomp: Nothing is said of it." in out
    assert f"Open that should be closed: {', '.join(LAYERS)}." in out


def test_a_report_that_was_there_is_kept_until_the_next_one_and_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "report.json"
    out.write_text("the earlier report, " * 500)
    out.chmod(0o644)

    def fails(_: Config) -> Iterator[Row]:
        raise PrivacyError(en="no", zh="否")

    monkeypatch.setattr(privacy, "rows", fails)
    monkeypatch.setattr(privacy, "about", lambda _: ABOUT)
    with pytest.raises(PrivacyError):
        privacy.run(asked(prove=True, json=True, out=out), config(tmp_path))
    assert out.read_text().startswith("the earlier report")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    monkeypatch.setattr(privacy, "rows", lambda _: iter([]))
    privacy.run(asked(prove=True, json=True, out=out), config(tmp_path))
    assert json.loads(out.read_text())["rows"] == []


def test_a_report_may_go_into_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(privacy, "rows", lambda _: iter([]))
    monkeypatch.setattr(privacy, "about", lambda _: ABOUT)
    assert privacy.run(asked(prove=True, out=Path(os.devnull)), config(tmp_path)) == 1
