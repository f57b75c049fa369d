"""The history: what was said and answered, if the user turned it on. The only module that knows cryptography.

Every entry is sealed with ChaCha20-Poly1305 (RFC 8439), its number and its day with it: it cannot be altered,
nor pass for another, unnoticed. Without the key one can read its day, by which it expires, and its length,
and take it away unnoticed.
"""

import json
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from assistant.config import Config
from assistant.credentials import history_key
from assistant.errors import PrivacyError, StorageError, UsageError
from assistant.events import Language, Reply, Transcript
from assistant.storage import Database
from assistant.threads import Worker
from assistant.turns import Answer, Answerer, joined

_LOGGER = logging.getLogger(__name__)

FILE_NAME = "history.db"
PAGE = 100
"""Entries that are read at once."""
_NONCE_BYTES = 12
_KEY_CHECK = 0  # the number of an empty entry, which only the right key opens

_SCHEMA = """
PRAGMA secure_delete = ON; -- what is deleted is overwritten
CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, day INTEGER NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS days ON entries (day);
PRAGMA user_version = 1;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and its answer."""

    time: str
    """ISO 8601, local, with its zone."""
    lang: Language
    text: str
    reply: str
    """As far as it was written: the wake word may have stopped it."""
    intent: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the history."""

    entries: list[Entry]
    """The newest first."""
    unreadable: int
    """Entries that were damaged or tampered with."""
    before: int | None
    """Where the next page begins; None: this was the last one."""


class History(Database):
    """The open file."""

    def __init__(self, folder: Path, key: bytes, days: int) -> None:
        """Open or create the file in `folder`, and let go of what is older than `days`.

        Raises StorageError when nothing can be written there, PrivacyError when `key`, 32 bytes, is another
        than the file was begun with.
        """
        super().__init__(folder / FILE_NAME, _SCHEMA)
        self._cipher = ChaCha20Poly1305(key)
        self._days = days
        try:
            self._check_key()
            self._forget("day < ?", _today() - days)
        except BaseException:
            self.close()
            raise

    def add(self, entry: Entry) -> None:
        """Keep an entry, and let go of those that have become too old; raises StorageError."""
        ((last,),) = self.rows("SELECT max(number) FROM entries")
        plain = json.dumps(asdict(entry), ensure_ascii=False).encode()
        self.write(
            ("INSERT INTO entries VALUES (?, ?, ?)", [self._sealed(last + 1, _today(), plain)]),
            ("DELETE FROM entries WHERE number > 0 AND day < ?", [(_today() - self._days,)]),
        )

    def page(self, count: int, before: int | None = None) -> Page:
        """The newest `count` entries, or the newest of those before number `before`."""
        rows = self.rows(
            "SELECT number, day, sealed FROM entries WHERE number > 0 AND number < ? "
            "ORDER BY number DESC LIMIT ?",
            before or 1 << 62,
            count,
        )
        opened = [self._opened_entry(*row) for row in rows]
        entries = [entry for entry in opened if entry]
        return Page(entries, len(rows) - len(entries), rows[-1][0] if len(rows) == count else None)

    def forget_all(self) -> int:
        """Forget everything; how many entries that were. Raises StorageError, as the others."""
        return self._forget("TRUE")

    def forget_before(self, day: date) -> int:
        """Forget what was said before a day; how many entries that were."""
        return self._forget("day < ?", day.toordinal())

    def forget_last(self, count: int) -> int:
        """Forget the newest `count` entries; how many there were."""
        newest = "number IN (SELECT number FROM entries WHERE number > 0 ORDER BY number DESC LIMIT ?)"
        return self._forget(newest, count)

    def _forget(self, where: str, *values: int) -> int:
        ((count,),) = self.rows(f"SELECT count(*) FROM entries WHERE number > 0 AND {where}", *values)  # noqa: S608 - constants
        if count:
            self.write((f"DELETE FROM entries WHERE number > 0 AND {where}", [values]))  # noqa: S608
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")  # they stand in the log, too
        return int(count)

    def _check_key(self) -> None:
        self.write(("INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", [self._sealed(_KEY_CHECK, 0, b"")]))
        ((number, day, sealed),) = self.rows("SELECT * FROM entries WHERE number = ?", _KEY_CHECK)
        if self._plain(number, day, sealed) is None:
            raise PrivacyError(
                en=f"The history {self.path} was begun with another key; put that key back, "
                "or move the file away to begin a new one.",
                zh=f"对话记录 {self.path} 使用的是另一个密钥；请放回原来的密钥，或移走该文件以新建记录。",
            )

    def _sealed(self, number: int, day: int, plain: bytes) -> tuple[int, int, bytes]:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return number, day, nonce + self._cipher.encrypt(nonce, plain, _place(number, day))

    def _plain(self, number: int, day: int, sealed: bytes) -> bytes | None:
        """What was sealed; None when that was altered, or with another key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(number, day))
        except (InvalidTag, ValueError):
            return None

    def _opened_entry(self, number: int, day: int, sealed: bytes) -> Entry | None:
        plain = self._plain(number, day, sealed)
        return None if plain is None else Entry(**json.loads(plain))


class Recorded:
    """An answerer of which every answer is kept, with the request."""

    def __init__(self, answerer: Answerer, keep: Callable[[Entry], object]) -> None:
        """`keep` must not wait for a disk."""
        self._answerer = answerer
        self._keep = keep

    async def answer(self, transcript: Transcript) -> Answer:
        """The answer of the answerer."""
        answer = await self._answerer.answer(transcript)
        return replace(answer, replies=self._replies(transcript, answer))

    async def _replies(self, transcript: Transcript, answer: Answer) -> AsyncGenerator[Reply, None]:
        time = datetime.now().astimezone().isoformat(timespec="seconds")
        said: list[Reply] = []
        try:
            async with aclosing(answer.replies) as replies:
                async for reply in replies:
                    said.append(reply)
                    yield reply
        finally:
            self._keep(Entry(time, transcript.lang, transcript.text, joined(said), answer.intent.name))


@asynccontextmanager
async def recording(config: Config, answerer: Answerer) -> AsyncIterator[Answerer]:
    """`answerer`, its answers kept by a thread of their own: no turn waits for the disk, or fails with it.

    Raises StorageError or PrivacyError when there can be no history.
    """
    with closing(Worker("history")) as worker:
        history = await worker.call(_opened, config)
        try:
            yield Recorded(answerer, partial(worker.later, _keep, history))
        finally:
            await worker.call(history.close)


def _keep(history: History, entry: Entry) -> None:
    try:
        history.add(entry)
    except StorageError as error:
        _LOGGER.warning("%s", error)


def _opened(config: Config) -> History:
    return History(config.state, history_key(), config.history.days)


def show(config: Config, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a command `history`: a page of at most `count` entries, as `Page` with dictionaries."""
    count, before = _number(fields, "count") or PAGE, _number(fields, "before")
    with closing(_existing(config)) as history:
        return asdict(history.page(min(count, PAGE), before))


def forget(config: Config, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a command `forget`: of `last` entries, of those before the ISO date `before`, or of `all`."""
    with closing(_existing(config)) as history:
        match fields:
            case {"last": _}:
                count = history.forget_last(_number(fields, "last") or 1)
            case {"before": day}:
                count = history.forget_before(_date(day))
            case {"all": True}:
                count = history.forget_all()
            case _:
                raise UsageError(
                    en="Say what to forget: `last`, `before` or `all`.",
                    zh="请说明要忘记哪些：`last`、`before` 或 `all`。",
                )
    return {"forgotten": count}


def _existing(config: Config) -> History:
    if not (config.state / FILE_NAME).exists():
        raise UsageError(
            en=f"There is no history in {config.state}; `enabled = true` under [history] in the "
            "configuration begins one, and that of a service can be read while it runs.",
            zh=f"{config.state} 中没有对话记录；在配置的 [history] 下写 `enabled = true` 即开始记录，"
            "服务的记录只能在服务运行时查看。",
        )
    return _opened(config)


def _number(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is not None and (type(value) is not int or not 0 < value < 1 << 62):
        raise UsageError(en=f"'{name}' must be a whole number above 0.", zh=f"“{name}”必须是大于 0 的整数。")
    return value


def _date(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise UsageError(
            en=f"{text!r} is no date; write it like 2026-08-31.", zh=f"{text!r} 不是日期；请写成 2026-08-31。"
        ) from error


def _today() -> int:
    return datetime.now().astimezone().toordinal()


def _place(number: int, day: int) -> bytes:
    return f"{number} {day}".encode()
