"""Keeps what must survive a restart, in SQLite files. The only module that knows sqlite3.

A change is on the disk when its call returns; what a skill changes in one turn is kept whole or not at all.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.errors import StorageError, localized
from assistant.schedule import Due, Schedule

_LOGGER = logging.getLogger(__name__)

FILE_NAME = "xiaoben.db"
_BUSY_SECONDS = 5.0  # another process, such as `xiaoben ask`, may be writing

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    skill TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (skill, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS due (
    id TEXT PRIMARY KEY, skill TEXT NOT NULL, seconds REAL NOT NULL, payload TEXT NOT NULL,
    lang TEXT NOT NULL, countdown INTEGER NOT NULL, claimed INTEGER NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = 1; -- written at every start: a full or read-only disk shows now, not when it matters
"""


class Records(dict[str, Any]):
    """A skill's own values by name. They may be anything that JSON can hold, and changed in place."""

    def __init__(self, encoded: Mapping[str, str]) -> None:
        super().__init__({key: json.loads(value) for key, value in encoded.items()})
        self._before = encoded

    def changed(self) -> dict[str, str]:
        """What differs from what was read, as JSON."""
        now = {key: _encoded(value) for key, value in self.items()}
        return {key: value for key, value in now.items() if self._before.get(key) != value}

    def removed(self) -> list[str]:
        """The names that are gone."""
        return [key for key in self._before if key not in self]


class Database:
    """One SQLite file for its owner's eyes only. A change is on the disk when its call returns."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or create `path`; raises StorageError when nothing can be written there.

        A damaged file is put aside, and a new one begun.
        """
        self.path = path
        self._schema = schema
        try:
            paths.make_private(path.parent)
            path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
            self._connection = self._opened()
        except (OSError, sqlite3.OperationalError) as error:
            raise _cannot_write(path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """What a query finds; raises StorageError."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _cannot_read(self.path, error) from error

    def write(self, *changes: tuple[str, Iterable[tuple[Any, ...]]]) -> None:
        """Do all `changes`, each a statement and its rows, or raise StorageError and do none."""
        try:
            with self._connection:
                for sql, rows in changes:
                    self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _cannot_write(self.path, error) from error

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._put_aside()
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        """Raises DatabaseError for a damaged file, its subclass OperationalError for one out of reach."""
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            ((found,),) = connection.execute("PRAGMA quick_check(1)")
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            connection.executescript(self._schema)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _put_aside(self) -> None:
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        kept = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        for suffix in ("-wal", "-shm", ""):
            beside = self.path.with_name(self.path.name + suffix)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + suffix))
        _LOGGER.error(
            localized(
                en="The records in %s were damaged; the file is kept as %s and a new one is begun.",
                zh="%s 中的记录已损坏；原文件保留为 %s，现已新建一个。",
            ),
            self.path,
            kept.name,
        )
        self.path.touch(mode=0o600)


class Storage(Database):
    """What skills keep and what they have scheduled."""

    def __init__(self, folder: Path) -> None:
        """Open or create the file in `folder`; raises StorageError when nothing can be written there."""
        super().__init__(folder / FILE_NAME, _SCHEMA)
        self._claimed_here: set[str] = set()

    def records(self, skill: str) -> Records:
        """The values that a skill keeps."""
        return Records(dict(self.rows("SELECT key, value FROM records WHERE skill = ?", skill)))

    def pending(self, skill: str) -> list[Due]:
        """What a skill has scheduled and has not fallen due."""
        return self._due("skill = ? AND NOT claimed", skill)

    def save(self, skill: str, records: Records, schedule: Schedule) -> None:
        """Keep what a skill has changed; raises StorageError, and then nothing is changed."""
        changed, removed = records.changed(), records.removed()
        if not (changed or removed or schedule.added or schedule.cancelled):
            return
        self.write(
            ("REPLACE INTO records VALUES (?, ?, ?)", [(skill, *item) for item in changed.items()]),
            ("DELETE FROM records WHERE skill = ? AND key = ?", [(skill, key) for key in removed]),
            ("INSERT INTO due VALUES (?, ?, ?, ?, ?, ?, FALSE)", map(_row, schedule.added.values())),
            ("DELETE FROM due WHERE id = ? AND NOT claimed", [(gone,) for gone in schedule.cancelled]),
        )

    def next_due(self) -> datetime | None:
        """When the next of those falls due that nobody has claimed."""
        ((seconds,),) = self.rows("SELECT min(seconds) FROM due WHERE NOT claimed")
        return None if seconds is None else _local(seconds)

    def claim(self, now: datetime, late: timedelta) -> list[Due]:
        """What has fallen due and this process has not claimed before, marked as claimed.

        What is `late`, or was claimed by a process that did not finish it, counts as missed.
        """
        found = [
            due
            for due in self._due("seconds <= ?", now.timestamp(), missed_before=now - late)
            if due.id not in self._claimed_here
        ]
        self._claimed_here.update(due.id for due in found)
        self._try_to_write("UPDATE due SET claimed = 1 WHERE id = ?", [(due.id,) for due in found])
        return found

    def finish(self, due: Due) -> None:
        """Forget what was announced."""
        self._try_to_write("DELETE FROM due WHERE id = ?", [(due.id,)])

    def settle_countdowns(self) -> None:
        """Let countdowns end at the wall-clock time they have now."""
        self._try_to_write("UPDATE due SET countdown = 0 WHERE countdown", [()])

    def shift_countdowns(self, step: timedelta) -> None:
        """Move the others, for the wall clock was set by `step`."""
        self._try_to_write(
            "UPDATE due SET seconds = seconds + ? WHERE countdown AND NOT claimed", [(step.total_seconds(),)]
        )

    def _due(self, where: str, value: Any, missed_before: datetime | None = None) -> list[Due]:
        rows = self.rows(f"SELECT * FROM due WHERE {where} ORDER BY seconds", value)  # noqa: S608 - constants
        return [_from_row(row, missed_before) for row in rows]

    def _try_to_write(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        # Ringing matters more than noting that it rang: without the note it is told again as missed.
        try:
            self.write((sql, rows))
        except StorageError as error:
            _LOGGER.error("%s", error)


def _encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _local(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()


def _row(due: Due) -> tuple[Any, ...]:
    return due.id, due.skill, due.when.timestamp(), _encoded(due.payload), due.lang, due.countdown


def _from_row(row: tuple[Any, ...], missed_before: datetime | None) -> Due:
    due_id, skill, seconds, payload, lang, countdown, claimed = row
    when = _local(seconds)
    return Due(
        id=due_id,
        skill=skill,
        when=when,
        payload=json.loads(payload),
        lang=lang,
        countdown=bool(countdown),
        missed=bool(claimed) or (missed_before is not None and when < missed_before),
    )


def _cannot_write(path: Path, error: Exception) -> StorageError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return StorageError(
        en=f"Nothing can be kept in {path} ({reason}); make room, or let me write there.",
        zh=f"无法写入 {path}（{reason}）；请腾出空间或允许我写入。",
    )


def _cannot_read(path: Path, error: Exception) -> StorageError:
    return StorageError(
        en=f"{path} cannot be read ({error}); try again, or restore it from a backup.",
        zh=f"无法读取 {path}（{error}）；请再试一次，或从备份恢复。",
    )
