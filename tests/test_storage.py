import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.errors import StorageError
from assistant.schedule import Schedule
from assistant.storage import Storage

HOUR = timedelta(hours=1)


def keep(storage: Storage, skill: str = "probe", **values: object) -> None:
    records = storage.records(skill)
    records.update(values)
    storage.save(skill, records, Schedule(skill, "en", lambda: None))  # type: ignore[arg-type, return-value]


def test_values_outlive_the_process(tmp_path):
    first = Storage(tmp_path)
    keep(first, words=["牛奶", "eggs"], number=1.5, nothing=None)
    first.close()

    second = Storage(tmp_path)
    assert second.records("probe") == {"words": ["牛奶", "eggs"], "number": 1.5, "nothing": None}
    second.close()


def test_values_may_be_changed_in_place_and_removed(storage, clock):
    keep(storage, items=["a"], gone=1, same=2)
    records = storage.records("probe")
    records["items"].append("b")
    del records["gone"]

    assert records.changed() == {"items": '["a", "b"]'}
    storage.save("probe", records, Schedule("probe", "en", clock.now))

    assert storage.records("probe") == {"items": ["a", "b"], "same": 2}


def test_a_skill_sees_only_its_own(storage, clock):
    keep(storage, "mine", secret=1)
    schedule = Schedule("mine", "en", clock.now)
    schedule.after(HOUR)
    storage.save("mine", storage.records("mine"), schedule)

    assert storage.records("yours") == {}
    assert storage.pending("yours") == []


def test_what_cannot_be_kept_changes_nothing(storage, clock):
    records = storage.records("probe")
    records["good"] = 1
    records["bad"] = object()

    with pytest.raises(TypeError):
        storage.save("probe", records, Schedule("probe", "en", clock.now))
    assert storage.records("probe") == {}


def test_what_is_due_comes_back_as_it_was(storage, clock):
    schedule = Schedule("probe", "zh", clock.now)
    schedule.after(HOUR, {"name": "面条"})
    (before,) = schedule.pending()
    storage.save("probe", storage.records("probe"), schedule)

    assert storage.pending("probe") == [before]
    assert storage.next_due() == before.when


def test_what_is_claimed_is_no_longer_pending(storage, clock):
    schedule = Schedule("probe", "en", clock.now)
    schedule.after(HOUR)
    storage.save("probe", storage.records("probe"), schedule)

    (due,) = storage.claim(clock.now() + HOUR, HOUR)

    assert storage.pending("probe") == []
    assert storage.next_due() is None
    assert storage.claim(clock.now() + HOUR, HOUR) == []
    storage.finish(due)


def test_only_the_owner_may_read_it(tmp_path):
    folder = tmp_path / "a" / "state"
    storage = Storage(folder)
    keep(storage, number=1)

    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3  # the write-ahead log and its index too
    storage.close()


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be looked at" * 100, b"SQLite format 3\0" * 300]
)
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(tmp_path, caplog, content):
    path = tmp_path / "xiaoben.db"
    path.write_bytes(content)

    storage = Storage(tmp_path)
    keep(storage, number=1)

    assert storage.records("probe") == {"number": 1}
    (kept,) = tmp_path.glob("xiaoben.db.damaged-*")
    assert kept.read_bytes() == content
    assert "were damaged; the file is kept as" in caplog.text
    storage.close()


def test_damage_in_the_middle_is_found(tmp_path):
    storage = Storage(tmp_path)
    keep(storage, **{f"number{number}": "x" * 500 for number in range(100)})
    storage.close()
    path = tmp_path / "xiaoben.db"
    content = bytearray(path.read_bytes())
    content[5000:30_000] = os.urandom(25_000)
    path.write_bytes(content)

    storage = Storage(tmp_path)

    assert storage.records("probe") == {}
    assert len(list(tmp_path.glob("xiaoben.db.damaged-*"))) == 1
    storage.close()


@pytest.mark.parametrize("folder", ["/proc/xiaoben", "/dev/null/state"])
def test_a_folder_that_cannot_be_written_is_one_clear_sentence(folder):
    with pytest.raises(StorageError) as caught:
        Storage(Path(folder))

    assert caught.value.en.startswith(f"Nothing can be kept in {folder}/xiaoben.db (")
    assert caught.value.en.endswith("; make room, or let me write there.")
    assert "无法写入" in caught.value.zh


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow, as on a full disk; only inside a test, for pytest writes files too."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_at_the_start_is_one_clear_sentence(tmp_path):
    with pytest.raises(StorageError, match=r"Nothing can be kept in .*; make room"), full_disk():
        Storage(tmp_path)


def test_a_disk_that_fills_up_later_fails_the_turn_and_not_the_ring(tmp_path, clock, caplog):
    storage = Storage(tmp_path)
    schedule = Schedule("probe", "en", clock.now)
    schedule.after(HOUR, "ring")
    storage.save("probe", storage.records("probe"), schedule)

    with full_disk():
        with pytest.raises(StorageError, match="make room"):
            keep(storage, text="x" * 10_000)
        (due,) = storage.claim(clock.now() + HOUR, HOUR)
        again = storage.claim(clock.now() + HOUR, HOUR)

    assert due.payload == "ring"
    assert again == []
    assert "Nothing can be kept in" in caplog.text
    storage.close()


KILLED = """
import os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path
from assistant.schedule import Schedule
from assistant.storage import Storage

storage = Storage(Path(sys.argv[1]))
now = lambda: datetime.now().astimezone()
for number in range(3):
    records, schedule = storage.records("probe"), Schedule("probe", "en", now)
    records["number"] = number
    schedule.after(timedelta(hours=1), number)
    storage.save("probe", records, schedule)
storage._connection.execute("BEGIN IMMEDIATE")
storage._connection.execute("DELETE FROM due")
storage._connection.execute("DELETE FROM records")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_confirmed_survives_being_killed_in_the_middle_of_a_write(tmp_path):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path], cwd=Path(__file__).parents[1], check=False
    )
    assert killed.returncode == -signal.SIGKILL

    storage = Storage(tmp_path)
    assert storage.records("probe") == {"number": 2}
    assert [due.payload for due in storage.pending("probe")] == [0, 1, 2]
    storage.close()


def test_two_processes_may_write(tmp_path):
    daemon, command = Storage(tmp_path), Storage(tmp_path)

    keep(command, number=1)

    assert daemon.records("probe") == {"number": 1}
    daemon.close()
    command.close()


def test_what_cannot_be_read_any_more_is_said_in_a_sentence(tmp_path):
    storage = Storage(tmp_path)
    storage.rows("DROP TABLE records")
    with pytest.raises(StorageError, match=r"cannot be read \(no such table"):
        storage.records("probe")
    storage.close()
