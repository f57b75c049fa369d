"""What `xiaoben privacy` shows, and its exit status."""

import argparse
import asyncio
import json
import stat
from pathlib import Path

import pytest

from assistant import control
from assistant.app import Commands
from assistant.commands import privacy
from assistant.config import Config
from assistant.errors import StorageError, UsageError
from assistant.fence import Layer
from assistant.proof.report import Report, Row, Text
from assistant.proof.standing import Standing


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
    holds = Standing([Layer("seccomp", True, "It holds.", "有效。")], [], [])
    monkeypatch.setattr(privacy, "_would_stand", lambda _: holds)
    lan = {"home": {"host": "192.168.1.5", "port": 8123}}
    assert privacy.run(asked(), config(tmp_path, lan=lan, history={"enabled": True})) == 0
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
    monkeypatch.setattr(privacy, "about", lambda _: {"kernel": "Linux"})
    out = tmp_path / "report.json"
    assert privacy.run(asked(prove=True, json=True, out=out), config(tmp_path)) == 1
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text()) == Report({"kernel": "Linux"}, [row]).as_json()


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
