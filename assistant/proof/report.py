"""What the proof found, row by row, and what follows from it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from assistant.errors import localized

Verdict = Literal["held", "open", "absent", "unproven"]
"""Held back or silent or clean, and the control worked; not so; no such thing here; the control failed."""

_FEWEST_ESCAPES = 15  # with fewer that could be shown, a machine is no fit place for the proof
_MARKS: dict[Verdict, str] = {"held": "✓", "open": "✗", "absent": "–", "unproven": "?"}


@dataclass(frozen=True, slots=True)
class Text:
    """The same in two languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        return localized(en=self.en, zh=self.zh)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was tried."""

    part: Literal["escape", "silence", "trace"]
    name: str
    """As a program reads it."""
    title: Text
    control: Text
    """What the same attempt gave where it must succeed."""
    result: Text
    """What it gave under test."""
    verdict: Verdict

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The reverse of `asdict`."""
        texts = {key: Text(**fields[key]) for key in ("title", "control", "result")}
        return cls(**{**fields, **texts})


@dataclass(frozen=True, slots=True)
class Report:
    """A whole proof."""

    about: dict[str, Any]
    """When, where and of what."""
    rows: Sequence[Row]

    @property
    def proven(self) -> bool:
        """Whether nothing got out, every control worked and enough could be tried."""
        verdicts = [row.verdict for row in self.rows]
        shown = sum(row.part == "escape" and row.verdict == "held" for row in self.rows)
        parts = {row.part for row in self.rows if row.verdict == "held"}
        return (
            not {"open", "unproven"} & set(verdicts)
            and shown >= _FEWEST_ESCAPES
            and parts == {"escape", "silence", "trace"}
        )

    def as_json(self) -> dict[str, Any]:
        """For programs; `sha256` is that of the rest as canonical JSON: sorted keys, no spaces, UTF-8."""
        content = {"about": self.about, "rows": list(map(asdict, self.rows)), "proven": self.proven}
        return {**content, "sha256": hashlib.sha256(canonical(content)).hexdigest()}

    def as_text(self) -> Iterator[str]:
        """For a person, line by line."""
        for name, value in self.about.items():
            yield f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        yield ""
        yield from map(describe, self.rows)
        yield ""
        yield from self.conclusion
        yield f"SHA-256 {self.as_json()['sha256']}"

    @property
    def conclusion(self) -> list[str]:
        """The verdict, and what it does not speak of."""
        scope = localized(
            en="What was tried is a run on a recording, not the service: no audio process, no history.",
            zh="所尝试的是处理录音的一次运行，而不是系统服务：没有音频进程，也没有历史记录。",
        )
        return [self.verdict, scope, *self._of_sudo()]

    def _of_sudo(self) -> Iterator[str]:
        if person := self.about.get("sudo_user"):
            yield localized(
                en=f"It ran by sudo: an ordinary run of {person} may have fewer layers; "
                "`xiaoben privacy` without sudo shows them.",
                zh=f"这是用 sudo 运行的：{person} 平常运行时的防护可能更少；"
                "不用 sudo 运行 `xiaoben privacy` 可以看到。",
            )

    @property
    def verdict(self) -> str:
        """What follows, in a sentence or three."""
        user = self.about["user"]
        count = {verdict: sum(row.verdict == verdict for row in self.rows) for verdict in _MARKS}
        counted = localized(
            en=f"{count['held']} held, {count['open']} open, {count['unproven']} unproven, "
            f"{count['absent']} not on this machine",
            zh=f"{count['held']} 项守住，{count['open']} 项敞开，{count['unproven']} 项未能证明，"
            f"{count['absent']} 项本机没有",
        )
        if self.proven:
            return localized(
                en=f"Proven: nothing leaves when {user} runs it. {counted}.",
                zh=f"已证明：由 {user} 运行时，什么都出不去。{counted}。",
            )
        return localized(
            en=f"NOT proven for {user}. {self._opened.en}{counted}.",
            zh=f"未能为 {user} 证明。{self._opened.zh}{counted}。",
        )

    @property
    def _opened(self) -> Text:
        """A sentence that names all that is open; empty when nothing is."""
        titles = [row.title for row in self.rows if row.verdict == "open"]
        if not titles:
            return Text("", "")
        en, zh = "; ".join(title.en for title in titles), "；".join(title.zh for title in titles)
        return Text(f"Open: {en}. ", f"敞开：{zh}。")


def describe(row: Row) -> str:
    """A row as a line."""
    match row.verdict:
        case "absent":
            details = Text(f"not shown here: {row.control.en}", f"此处无法展示：{row.control.zh}")
        case "unproven":
            details = Text(f"UNPROVEN, the control: {row.control.en}", f"未能证明，对照：{row.control.zh}")
        case _:
            details = Text(
                f"{row.result.en} (control: {row.control.en})", f"{row.result.zh}（对照：{row.control.zh}）"
            )
    return f"{_MARKS[row.verdict]} {Text(f'{row.title.en}: {details.en}', f'{row.title.zh}：{details.zh}')}"


def canonical(content: Any) -> bytes:
    """The one way to write `content` as JSON."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
