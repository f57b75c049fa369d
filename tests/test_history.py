"""The history: nobody but its owner reads it, and what is forgotten is gone."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assistant import history
from assistant.config import Config, HistoryConfig
from assistant.credentials import history_key
from assistant.errors import PrivacyError, StorageError, UsageError
from assistant.events import Intent, Reply, Transcript
from assistant.history import Entry, History, Recorded
from assistant.turns import Answer
from tests.fakes import Parrot

KEY = bytes(range(32))
CANARY = "紫色斑马"
EXCHANGE = Transcript(f"{CANARY} zebra", "zh", 1.0)


def entry(number: int) -> Entry:
    return Entry("2026-08-03T15:05:00+02:00", "zh", f"{CANARY} {number}", f"好的 {number}", "probe.ask")


@pytest.fixture
def folder() -> Iterator[Path]:
    # In memory where that is possible: waiting for a disk takes longer than the rest of a test.
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name, "state")


@pytest.fixture
def kept(folder: Path) -> Iterator[History]:
    opened = History(folder, KEY, days=30)
    yield opened
    opened.close()


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("CONFIGURATION_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "xiaoben" / "history.key"


@pytest.fixture
def config(folder: Path, key_file: Path) -> Config:
    return Config(state=folder, history=HistoryConfig(enabled=True))


def texts(kept: History) -> list[str]:
    return [one.text.removeprefix(f"{CANARY} ") for one in kept.page(100).entries]


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def alter(kept: History, sql: str) -> None:
    """As somebody who can write the file, but has no key."""
    with sqlite3.connect(kept.path) as intruder:
        intruder.execute(sql)
    intruder.close()


def test_what_was_kept_comes_back_newest_first_a_page_at_a_time(kept):
    for number in range(5):
        kept.add(entry(number))
    first = kept.page(3)
    assert first.entries == [entry(4), entry(3), entry(2)]
    second = kept.page(3, first.before)
    assert (second.entries, second.before) == ([entry(1), entry(0)], None)


def test_it_outlives_the_process(kept, folder):
    kept.add(entry(1))
    kept.close()
    again = History(folder, KEY, days=30)
    assert again.page(1).entries == [entry(1)]
    again.close()


def test_no_word_stands_in_any_file(kept, folder):
    kept.add(entry(1))
    for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
        assert CANARY.encode(encoding) not in everything(folder)
        assert "probe.ask".encode(encoding) not in everything(folder)


def test_only_its_owner_may_read_it_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        kept = History(folder, KEY, days=30)
        kept.add(entry(1))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
        kept.close()
    finally:
        os.umask(before)
    assert modes == {
        "state": 0o700, "history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600
    }  # fmt: skip


def test_another_key_opens_nothing_and_spoils_nothing(kept, folder, monkeypatch):
    kept.add(entry(1))
    with pytest.raises(PrivacyError, match="begun with another key"):
        History(folder, bytes(32), days=30)
    monkeypatch.setenv("XIAOBEN_LANG", "zh")
    with pytest.raises(PrivacyError, match="另一个密钥"):
        History(folder, bytes(32), days=30)
    assert texts(kept) == ["1"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET sealed = (SELECT sealed FROM entries WHERE number = 1) WHERE number = 2",
        "UPDATE entries SET day = day + 100 WHERE number = 2",
        "UPDATE entries SET sealed = substr(sealed, 1, 5) WHERE number = 2",
        "UPDATE entries SET sealed = zeroblob(length(sealed)) WHERE number = 2",
    ],
    ids=["copied from another", "made to last longer", "cut short", "wiped"],
)
def test_an_entry_that_was_tampered_with_is_left_out_and_counted(kept, change):
    for number in range(1, 4):
        kept.add(entry(number))
    alter(kept, change)
    page = kept.page(100)
    assert (page.entries, page.unreadable) == ([entry(3), entry(1)], 1)


def test_a_damaged_file_is_put_aside_and_a_new_one_begun(kept, folder, caplog):
    kept.add(entry(1))
    kept.close()
    (folder / "history.db").write_bytes(b"no database" * 1000)
    fresh = History(folder, KEY, days=30)
    assert texts(fresh) == []
    fresh.close()
    assert (next(folder.glob("history.db.damaged-*"))).read_bytes() == b"no database" * 1000
    assert "were damaged" in caplog.text


def test_what_is_too_old_is_let_go_of(kept, folder, monkeypatch):
    today = datetime.now().astimezone().toordinal()
    monkeypatch.setattr(history, "_today", lambda: today - 31)
    kept.add(entry(1))
    monkeypatch.setattr(history, "_today", lambda: today - 30)
    kept.add(entry(2))
    monkeypatch.setattr(history, "_today", lambda: today)
    kept.add(entry(3))
    assert texts(kept) == ["3", "2"]
    kept.close()
    monkeypatch.setattr(history, "_today", lambda: today + 1)
    later = History(folder, KEY, days=30)
    assert texts(later) == ["3"]
    later.close()


@pytest.mark.parametrize(
    ("forget", "left"),
    [
        (lambda kept: kept.forget_all(), []),
        (lambda kept: kept.forget_last(2), ["1"]),
        (lambda kept: kept.forget_last(99), []),
        (lambda kept: kept.forget_before(date.today() + timedelta(1)), []),  # noqa: DTZ011
        (lambda kept: kept.forget_before(date.today()), ["3", "2", "1"]),  # noqa: DTZ011
    ],
)
def test_what_is_forgotten_is_in_no_file_any_more(
    kept: History, folder: Path, forget: Callable[[History], int], left: list[str]
):
    for number in range(1, 4):
        kept.add(entry(number))
    sealed = kept.rows("SELECT sealed FROM entries WHERE number > 0 ORDER BY number DESC")
    assert sealed[0][0] in everything(folder)

    assert forget(kept) == 3 - len(left)

    assert texts(kept) == left
    gone = sealed[: 3 - len(left)]
    assert not [blob for (blob,) in gone if blob in everything(folder)]


def test_the_key_still_fits_when_all_is_forgotten(kept, folder):
    kept.add(entry(1))
    kept.forget_all()
    kept.close()
    with pytest.raises(PrivacyError):
        History(folder, bytes(32), days=30)


async def test_requests_and_answers_are_kept_and_pass_on_unchanged():
    entries: list[Entry] = []
    answer = await Recorded(Parrot(), entries.append).answer(EXCHANGE)
    assert [reply.text async for reply in answer.replies] == [CANARY, "zebra"]
    (one,) = entries
    assert (one.text, one.lang, one.reply, one.intent) == (
        EXCHANGE.text, "zh", f"{CANARY}zebra", "parrot.repeat"
    )  # fmt: skip
    assert datetime.fromisoformat(one.time).utcoffset() is not None


async def test_what_was_interrupted_is_kept_as_far_as_it_went():
    entries: list[Entry] = []
    answer = await Recorded(Parrot(), entries.append).answer(EXCHANGE)
    await anext(answer.replies)
    await answer.replies.aclose()
    assert [one.reply for one in entries] == [CANARY]


async def test_what_failed_is_kept_as_far_as_it_went():
    class Failing:
        async def answer(self, transcript: Transcript) -> Answer:
            async def replies():
                yield Reply("One.", "en")
                raise ValueError

            return Answer(Intent("probe"), replies())

    entries: list[Entry] = []
    answer = await Recorded(Failing(), entries.append).answer(EXCHANGE)
    with pytest.raises(ValueError):  # noqa: PT011
        [reply async for reply in answer.replies]
    assert [one.reply for one in entries] == ["One."]


async def exchange(config: Config) -> None:
    async with history.recording(config, Parrot()) as answerer:
        answer = await answerer.answer(EXCHANGE)
        [reply async for reply in answer.replies]


async def test_all_is_on_the_disk_when_recording_ends(config):
    await exchange(config)
    assert history.show(config, {})["entries"][0]["text"] == EXCHANGE.text


async def test_a_full_disk_is_a_warning_without_words(config, caplog, monkeypatch):
    def full(self: History, one: Entry) -> None:
        self._connection.execute("PRAGMA max_page_count = 4")
        add(self, Entry(one.time, one.lang, one.text * 9000, one.reply, one.intent))

    add = History.add
    monkeypatch.setattr(History, "add", full)
    await exchange(config)
    assert "database or disk is full" in caplog.text
    assert CANARY not in caplog.text


async def test_without_a_key_there_is_no_recording(config, key_file):
    key_file.parent.mkdir()
    key_file.write_bytes(b"short")
    with pytest.raises(PrivacyError, match="has 5 bytes instead of 32"):
        await exchange(config)


def test_a_key_of_our_own_is_made_once_and_is_private(key_file):
    before = os.umask(0)
    try:
        key = history_key()
    finally:
        os.umask(before)
    assert len(key) == 32
    assert history_key() == key == key_file.read_bytes()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert list(key_file.parent.iterdir()) == [key_file]


def test_the_service_managers_key_goes_before_our_own(tmp_path, key_file):
    (tmp_path / "xiaoben.history-key").write_bytes(KEY)
    assert history_key({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == KEY
    assert not key_file.exists()


def test_a_service_without_its_key_makes_none(tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        history_key({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_cannot_be_made_is_said_so(tmp_path, key_file):
    (tmp_path / "xiaoben").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be read or made"):
        history_key()


async def test_commands_show_and_forget(config):
    for _ in range(3):
        await exchange(config)
    page = history.show(config, {"count": 2})
    assert len(page["entries"]) == 2
    assert len(history.show(config, {"before": page["before"]})["entries"]) == 1
    assert history.forget(config, {"last": 1}) == {"forgotten": 1}
    assert history.forget(config, {"before": "2000-01-01"}) == {"forgotten": 0}
    assert history.forget(config, {"all": True}) == {"forgotten": 2}


@pytest.mark.parametrize(
    "fields",
    [{}, {"all": False}, {"last": 0}, {"last": "2"}, {"last": True}, {"before": "soon"}, {"last": 1e9}],
)
async def test_a_command_that_does_not_say_what_forgets_nothing(config, fields):
    await exchange(config)
    with pytest.raises(UsageError):
        history.forget(config, fields)
    assert len(history.show(config, {})["entries"]) == 1


@pytest.mark.parametrize(
    "fields", [{"count": 0}, {"count": "1"}, {"before": -1}, {"before": [1]}, {"count": 1 << 70}]
)
async def test_a_command_with_an_impossible_number_is_refused(config, fields):
    await exchange(config)
    with pytest.raises(UsageError):
        history.show(config, fields)


def test_where_there_is_no_history_none_is_begun(config, folder, key_file):
    with pytest.raises(UsageError, match="There is no history"):
        history.show(config, {})
    with pytest.raises(UsageError, match="There is no history"):
        history.forget(config, {"all": True})
    assert not folder.exists()
    assert not key_file.exists()


async def test_a_history_whose_key_was_lost_can_be_read_when_that_is_put_back(config, key_file):
    await exchange(config)
    key = key_file.read_bytes()
    key_file.unlink()
    with pytest.raises(PrivacyError):
        history.show(config, {})
    key_file.write_bytes(key)
    assert len(history.show(config, {})["entries"]) == 1


async def test_an_answer_that_nobody_pulls_is_no_entry():
    entries: list[Entry] = []
    await Recorded(Parrot(), entries.append).answer(EXCHANGE)
    assert entries == []
