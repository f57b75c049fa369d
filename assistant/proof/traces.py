"""Looks for what was said: in memory while it is said and long after, in files, in the log, the journal."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.proof import secret
from assistant.proof.recording import Canary
from assistant.proof.report import Row, Text
from assistant.proof.scanner import Find, Scanner, written_by, written_since
from assistant.proof.secret import Secret
from assistant.proof.subject import Subject

_MOST_FINDS = 12  # listed in a row


@dataclass
class Observation:
    """What was seen of one run."""

    secrets: list[Secret]
    """The sounds, and what was recognised so far."""
    began: float = field(default_factory=time.time)
    turns: int = 0
    """Requests that were answered."""
    in_use: set[str] = field(default_factory=set)
    """Names of the secrets that were in memory while they were in use."""
    after: list[Find] = field(default_factory=list)
    """What was still in memory in the end."""
    files: list[Find] = field(default_factory=list)
    complete: bool = False
    """Whether it lived until the bell, and was searched then."""


def observe(subject: Subject, canaries: Sequence[Canary], folders: Sequence[Path]) -> Observation:
    """Follow a run until the bell that ends it, a bare wake word, and search it at the right moments."""
    seen = Observation([secret.sound(f"sound {canary.lang}", canary.samples) for canary in canaries])
    woken = 0
    for event in subject.events():
        woken += event["event"] == "wake"
        if woken > len(canaries):
            _search_in_the_end(subject, seen, folders)
            break
        if now := _in_use(event, seen.secrets[woken - 1]):
            _search_now(subject, seen, now)
        seen.turns += event["event"] == "reply_end"
    return seen


def _in_use(event: Mapping[str, Any], heard: Secret) -> Secret | None:
    """The secret that must be in memory at an event; `heard` is the last request's sound.

    Replies are left out: what a language model or a skill says may well stand in some other text.
    """
    match event:
        case {"event": "endpoint"}:
            return heard
        case {"event": "transcript", "text": text, "lang": lang}:
            return secret.words(f"request {lang}", text)
    return None


def _search_now(subject: Subject, seen: Observation, now: Secret) -> None:
    """The control: a secret that is in use must be found."""
    if now not in seen.secrets:
        seen.secrets.append(now)
    scanner = Scanner([now])
    if any(True for pid in subject.freeze() for _ in scanner.memory(pid)):
        seen.in_use.add(now.name)
    subject.thaw()


def _search_in_the_end(subject: Subject, seen: Observation, folders: Sequence[Path]) -> None:
    scanner = Scanner(seen.secrets)
    for pid in subject.freeze():
        seen.after += scanner.memory(pid)
        for path in written_by(pid):
            seen.files += scanner.file(path, str(path.readlink()))
    seen.files += _in_files(scanner, seen.began, folders)
    seen.complete = True


def _in_files(scanner: Scanner, began: float, folders: Sequence[Path]) -> Iterator[Find]:
    for path in written_since(began, folders):
        yield from scanner.file(path)


def rows(subject: Subject, seen: Observation, folders: Sequence[Path]) -> Iterator[Row]:
    """What follows from an observation; the run has ended."""
    scanner = Scanner(seen.secrets)
    yield _memory(seen)
    yield _files(seen, scanner, folders)
    yield _log(subject.log, scanner)
    yield _journal(seen.began, scanner)


def _memory(seen: Observation) -> Row:
    missed = sorted({each.name for each in seen.secrets} - seen.in_use)
    proper = seen.complete and seen.turns > 0 and not missed
    control = Text("found during the turn", "对话时找得到")
    if not proper:
        names = ", ".join(missed) or "turn"
        control = Text(f"not found during the turn: {names}", f"对话时没有找到：{names}")
    title = Text("words and sound in memory after the turn", "对话结束后内存中的话与声音")
    return _row("memory", title, control, seen.after, proper=proper)


def _files(seen: Observation, scanner: Scanner, folders: Sequence[Path]) -> Row:
    with _planted(seen.secrets, folders) as planted:
        finds = [*seen.files, *_in_files(scanner, seen.began, folders)]
    wanted = {(path.name, each.name) for path in planted for each in seen.secrets}
    # By their names: the same folder may be mounted at two places.
    missed = wanted - {(Path(find.place).name, find.secret) for find in finds}
    names = {path.name for path in planted}
    others = [find for find in finds if Path(find.place).name not in names]
    control = _found_again(planted, missed)
    title = Text("words and sound in files written", "写入的文件中的话与声音")
    return _row("files", title, control, others, proper=seen.complete and bool(wanted) and not missed)


@contextmanager
def _planted(secrets: Sequence[Secret], folders: Sequence[Path]) -> Iterator[list[Path]]:
    """A file with the secrets in each folder that lets us write; one too short to be found adds nothing."""
    content = b"".join(next(iter(each.needles.values()), b"") for each in secrets)
    planted: list[Path] = []
    try:
        for folder in folders:
            path = folder / f"xiaoben-proof-{uuid.uuid4().hex}"
            with suppress(OSError):
                path.touch(0o600)
                planted.append(path)
                path.write_bytes(content)
        yield planted
    finally:
        for path in planted:
            path.unlink()


def _found_again(planted: Sequence[Path], missed: set[tuple[str, str]]) -> Text:
    if missed or not planted:
        names = ", ".join(sorted({secret for _, secret in missed})) or "no folder"
        return Text(f"planted, but not found: {names}", f"放置后没有找到：{names}")
    places = ", ".join(str(path.parent) for path in planted)
    return Text(f"found where planted: {places}", f"放置处都找得到：{places}")


def _log(log: Path, scanner: Scanner) -> Row:
    proper = "assistant" in log.read_text(errors="replace")
    control = Text("written and read", "有内容且已查") if proper else Text("the log is empty", "日志是空的")
    return _row(
        "log", Text("words in the log", "日志中的话"), control, list(scanner.file(log)), proper=proper
    )


def _journal(began: float, scanner: Scanner) -> Row:
    title = Text("words in the system's journal", "系统日志中的话")
    mark = f"xiaoben privacy proof {uuid.uuid4().hex}"
    text = _journal_since(began, mark)
    if mark.encode() not in text:
        control = Text("no journal that this user may read and write", "没有此用户可读写的系统日志")
        return Row("trace", "journal", title, control, Text("", ""), "absent")
    finds = list(scanner.chunks([(0, text)], "journal"))
    return _row("journal", title, Text("planted line found", "放置的一行找得到"), finds, proper=True)


def _journal_since(began: float, mark: str) -> bytes:
    """What the journal took in, `mark` as the last; empty without a journal."""
    if not shutil.which("journalctl") or not shutil.which("systemd-cat"):
        return b""
    if subprocess.run(["systemd-cat", "echo", mark], check=False, capture_output=True).returncode:
        return b""
    time.sleep(0.5)  # the journal takes its time
    command = ["journalctl", "--since", f"@{int(began)}", "--output", "json", "--no-pager", "--quiet"]
    return subprocess.run(command, check=False, capture_output=True).stdout


def _row(name: str, title: Text, control: Text, finds: Sequence[Find], *, proper: bool) -> Row:
    places = sorted({f"{find.secret} as {find.needle.partition(' ')[0]} in {find.place}" for find in finds})
    listed = "; ".join(places[:_MOST_FINDS])
    result = Text("nothing found", "没有找到")
    if finds:
        result = Text(f"{len(finds)} found: {listed}", f"找到 {len(finds)} 处：{listed}")
    return Row("trace", name, title, control, result, "open" if finds else "held" if proper else "unproven")
