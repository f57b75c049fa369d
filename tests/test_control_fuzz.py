"""A daemon that is sent nonsense stays well; `python -m bench.fuzz` sends more of it."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assistant import control, credentials
from assistant.errors import UsageError
from assistant.requests import Ask, Request, Say
from bench.fuzz.attack import Attacker, Outcome
from bench.fuzz.daemon import serving
from bench.fuzz.messages import MARK, Messages


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """For a daemon's files: in memory where that is possible, a disk would be waited for."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        Path(name, credentials.HISTORY_KEY).write_bytes(bytes(credentials.KEY_BYTES))
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", name)
        yield Path(name)


def test_the_same_seed_gives_the_same_messages():
    one, other = Messages(7), Messages(7)
    assert [one.next() for _ in range(100)] == [other.next() for _ in range(100)]


async def test_the_daemon_survives_two_thousand_messages(folder: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    outcome = Outcome()
    async with serving(folder) as path:
        before = await census(path)
        await asyncio.gather(*(Attacker(path, seed, outcome).attack(2000, 20) for seed in range(4)))
        await asyncio.sleep(0.05)
        assert outcome.findings == []
        assert outcome.answers["done"] > 50
        assert outcome.answers["error"] > 200
        assert (await asyncio.to_thread(control.request, path, "status"))["state"] == "listening"
        after = await census(path)
    assert after["tasks"] == before["tasks"]
    # Not one a message: SQLite keeps a file open while another connection to it has a lock.
    assert after["descriptors"] <= before["descriptors"] + 16
    assert MARK not in caplog.text
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def census(path: Path) -> dict[str, float]:
    return await asyncio.to_thread(control.request, path, "census")


async def raw(path: Path, line: bytes) -> bytes:
    """What comes back for one line."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    try:
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


async def unanswerable(request: Request) -> dict[str, object]:
    pytest.fail("this should not have been let in")


async def say(request: Say) -> dict[str, object]:
    return {"text": request.text}


HANDLERS = {
    "status": control.checked(Request, unanswerable),
    "say": control.checked(Say, say),
    "ask": control.checked(Ask, unanswerable),
}


@pytest.mark.parametrize(
    "line",
    [
        b'{"command": "status", "command": "ask"}',
        b'{"command": "say", "text": "a", "text": "b"}',
        b'{"command": "say", "text": NaN}',
        b'{"command": "say", "text": Infinity}',
        b'{"command": "say", "text": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        '{"command": "status"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"command": "status"}',
        b'{"command": "status"}\0',
        b'{"command": "status"} {"command": "status"}',
        b'{"command": "say", "text": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_plain_json_is_no_command(line: bytes, tmp_path: Path):
    async with control.serve(tmp_path / "socket", HANDLERS):
        answer = json.loads(await raw(tmp_path / "socket", line + b"\n"))
    assert answer["error"]["en"] == "This is no command; there are status, say, ask."


@pytest.mark.parametrize(
    ("fields", "en"),
    [
        ({"command": "status", "x": 1}, "There is a field too many; this command knows none."),
        (
            {"command": "say", "text": "a", MARK: 1},
            "There is a field too many; this command knows text, lang.",
        ),
        (
            {"command": "say", "text": "a", "\ud800": 1},
            "There is a field too many; this command knows text, lang.",
        ),
        ({"command": "say"}, "The field 'text' is wrong: Field required."),
        ({"command": "say", "text": 1}, "The field 'text' is wrong: Input should be a valid string."),
        (
            {"command": "say", "text": "a", "lang": "fr"},
            "The field 'lang' is wrong: Input should be 'zh' or 'en'.",
        ),
        (
            {"command": "ask", "text": "a", "speak": 1},
            "The field 'speak' is wrong: Input should be a valid boolean.",
        ),
    ],
)
async def test_a_wrong_field_is_told_in_one_sentence_that_repeats_nothing(
    fields: dict[str, object], en: str, tmp_path: Path
):
    async with control.serve(tmp_path / "socket", HANDLERS):
        answer = json.loads(await raw(tmp_path / "socket", json.dumps(fields).encode() + b"\n"))
    assert answer["error"]["en"] == en
    assert answer["error"]["exit_status"] == UsageError.exit_status
    assert "字段" in answer["error"]["zh"]
    assert MARK not in json.dumps(answer)


async def test_a_crowd_is_told_to_wait_and_the_next_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(control, "_MOST_CONNECTIONS", 2)
    path = tmp_path / "socket"
    async with control.serve(path, HANDLERS):
        held = [await asyncio.open_unix_connection(path) for _ in range(2)]
        answer = json.loads(await raw(path, b""))
        assert "talks to 2 programs already" in answer["error"]["en"]
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.01)
        assert await asyncio.to_thread(control.request, path, "say", text="好") == {"text": "好"}


async def test_a_peer_that_falls_asleep_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(control, "_PATIENCE_SECONDS", 0.05)
    async with control.serve(tmp_path / "socket", HANDLERS):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
        writer.write(b'{"command": "say"')
        assert await asyncio.wait_for(reader.read(), 2) == b""
        writer.close()
        await writer.wait_closed()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def flood(request: Request) -> dict[str, object]:
    return {"much": "x" * 1_000_000}


async def test_a_peer_that_never_reads_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(control, "_PATIENCE_SECONDS", 0.05)
    descriptors = open_files()
    async with control.serve(tmp_path / "socket", {"flood": control.checked(Request, flood)}):
        _, writer = await asyncio.open_unix_connection(tmp_path / "socket", limit=1)
        writer.write(b'{"command": "flood"}\n')
        await asyncio.sleep(0.2)
        assert len(asyncio.all_tasks()) == 1
        writer.transport.abort()
    await asyncio.sleep(0)
    assert open_files() == descriptors


async def test_the_daemon_ends_at_once_though_a_peer_does_not_read(tmp_path: Path):
    async with (
        asyncio.timeout(2),
        control.serve(tmp_path / "socket", {"flood": control.checked(Request, flood)}),
    ):
        _, writer = await asyncio.open_unix_connection(tmp_path / "socket", limit=1)
        writer.write(b'{"command": "flood"}\n')
        await asyncio.sleep(0.05)
    writer.transport.abort()
