"""The order of the proof: `python -m assistant.proof.proof`, in the room, reads an Order and writes Rows.

Both are JSON, a line each; progress goes to standard error.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, localized
from assistant.fence import landlock
from assistant.proof import escapes, neighbour, room, silence, traces, yard
from assistant.proof.attempt import Outcome, attempt
from assistant.proof.capture import Capture
from assistant.proof.helper import Helper
from assistant.proof.recording import Canary, Speaker, save
from assistant.proof.report import Row, Text, Verdict
from assistant.proof.subject import Subject

_ACCEPTING = "00010000"  # __SO_ACCEPTCON
_LANDLOCK_OF_SIGNALS = 6  # the first version that holds them back; Linux 6.12


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be proven."""

    config: dict[str, Any]
    """The user's settings."""
    reach: dict[str, list[str]] | None
    """What the fence lets through; None: there is none."""
    search: list[str]
    """Folders in which something could have been written."""
    runtime: str
    """The user's runtime folder."""
    temporary: str
    """A folder for the proof, emptied afterwards."""
    private: str
    """A folder in the user's home, likewise."""


def prove(order: Order) -> Iterator[Row]:
    """Try everything; rows as they are found. Raises AssistantError when the proof cannot be made at all."""
    with Capture() as capture, surroundings(order) as outside:
        canaries, recording = _record(order)
        with room.resolvers_hidden():
            capture.wait_until_quiet()
            yield from _turns(order, capture, canaries, recording)
            yield from _escapes(outside, order.reach)
        everything = replace(outside, programs=_programs(order.reach or {}))  # the resolvers among them
        yield try_out(everything, order.reach, escapes.PROGRAMS)


def _record(order: Order) -> tuple[Sequence[Canary], Path]:
    """The requests, and the file that holds all of the recording."""
    folder = Path(order.temporary)
    _tell("speaking the requests that will be looked for", "正在合成待查找的语音请求")
    recording = Speaker(_config(order, folder / "voice.toml"), folder).record()
    file = folder / "request.wav"
    save(file, recording.samples)
    return recording.canaries, file


def _turns(order: Order, capture: Capture, canaries: Sequence[Canary], recording: Path) -> Iterator[Row]:
    folder = Path(order.temporary)
    search = [Path(each) for each in order.search]
    _tell("a spoken turn without the fence, its packets captured", "不设围栏对话一次，捕获数据包")
    capture.packets()
    open_config = _config(order, folder / "open.toml", fence=False)
    with Subject(open_config, recording, folder) as subject:
        answered = sum(event["event"] == "reply_end" for event in subject.events())
    unfenced = capture.packets()
    _tell("a spoken turn, its memory and files searched", "对话一次，搜查内存和文件")
    own_config = _config(order, folder / "own.toml")
    with Subject(own_config, recording, folder) as subject:
        seen = traces.observe(subject, canaries, search)
    fenced = capture.packets()
    missed = silence.control(capture) or ("" if answered and seen.turns else "the turn")
    yield silence.row("unfenced", Text("packets without the fence", "不设围栏时的数据包"), unfenced, missed)
    yield silence.row("fenced", Text("packets", "数据包"), fenced, missed)
    yield from traces.rows(subject, seen, search)


def _escapes(outside: escapes.Outside, reach: dict[str, list[str]] | None) -> Iterator[Row]:
    _tell("every way out, without the fence and with it", "逐一尝试各种出路，先不设围栏，再设围栏")
    ways = [escape for escape in escapes.ESCAPES.values() if escape != escapes.PROGRAMS]
    with ThreadPoolExecutor(os.cpu_count()) as attempts:
        yield from attempts.map(partial(try_out, outside, reach), ways)


def _programs(reach: Mapping[str, list[str]]) -> list[str]:
    """Where programs of this machine listen, but for what Xiaoben is meant to use."""
    own = [*reach.get("sockets", []), *reach.get("writable", [])]
    # Ours lists the sockets of the room; whoever started us is outside of it.
    sockets = [
        line.split(maxsplit=7) for line in Path(f"/proc/{os.getppid()}/net/unix").read_text().splitlines()
    ]
    paths = [fields[7] for fields in sockets if len(fields) > 7 and fields[3] == _ACCEPTING]
    return [
        path for path in paths if os.access(path, os.W_OK) and not any(map(Path(path).is_relative_to, own))
    ]


def try_out(outside: escapes.Outside, reach: dict[str, list[str]] | None, escape: escapes.Escape) -> Row:
    """Attempt it twice: free, as the control, and fenced in with `reach`."""
    row = judge(escape, attempt(escape.name, outside, None), attempt(escape.name, outside, reach))
    return explained(row, landlock.version())


def explained(row: Row, version: int) -> Row:
    """With the reason, where signals get out because the kernel's Landlock, of `version`, is too old."""
    if row.name != escapes.SIGNALS.name or row.verdict != "open" or version >= _LANDLOCK_OF_SIGNALS:
        return row
    why = Text(
        f"Landlock holds signals back from version {_LANDLOCK_OF_SIGNALS} (Linux 6.12) on, "
        f"here it is version {version}",
        f"Landlock 从版本 {_LANDLOCK_OF_SIGNALS}（Linux 6.12）起才能拦住信号，此处为版本 {version}",
    )
    return replace(row, result=Text(f"{row.result.en}: {why.en}", f"{row.result.zh}：{why.zh}"))


def judge(escape: escapes.Escape, control: Outcome, outcome: Outcome) -> Row:
    """What an attempt shows, given what the same code did without the fence."""
    held = outcome.result in {"blocked", "absent"}
    verdict: Verdict
    if outcome.result == "reached" or (control.result == "reached" and not held):
        verdict = "open"
    elif control.result == "absent":
        verdict = "absent"
    else:
        verdict = "held" if control.result == "reached" else "unproven"
    return Row("escape", escape.name, escape.title, control.text, outcome.text, verdict)


@contextmanager
def surroundings(order: Order) -> Iterator[escapes.Outside]:
    """Everything outside the fence: the yard behind the exit, the neighbour, and what belongs to the user."""
    folder, private = Path(order.temporary), Path(order.private)
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {yard.IPV4}\n")
    room.bind(resolver, Path("/etc/resolv.conf"))
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    secret = private / "secret"
    secret.write_text("private")
    with yard.behind_the_exit(), Helper(neighbour.__name__, order.runtime, order.temporary) as beside:
        description = json.loads(beside.hear())
        with socket.create_connection((yard.IPV4, yard.PORT)) as connection:
            yield escapes.Outside(
                ipv4=yard.IPV4, ipv6=yard.IPV6 if yard.has_ipv6() else "", port=yard.PORT,
                hostname=silence.HOSTNAME, interface=yard.EXIT, inherited=connection.fileno(),
                private_file=str(secret), folder=order.private, programs=[], **description,
            )  # fmt: skip


def _config(order: Order, path: Path, *, fence: bool | None = None) -> Path:
    """The user's settings, with a state of its own and perhaps another fence, as a file."""
    settings = {**order.config, "state": str(path.with_suffix("")), "socket": str(path.with_suffix(".sock"))}
    if fence is not None:
        settings["privacy"] = {**order.config["privacy"], "fence": fence}
    path.write_text(
        "".join(f"{key} = {toml(value)}\n" for key, value in settings.items() if value is not None)
    )
    return path


def toml(value: object) -> str:
    """A value as TOML; what is None is left out of tables."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml(each)}" for key, each in value.items() if each is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _tell(en: str, zh: str) -> None:
    sys.stderr.write(f"  … {localized(en=en, zh=zh)}\n")
    sys.stderr.flush()


def main() -> None:
    """Prove what standard input asks for; the last line is an error's sentences if it could not be done."""
    order = Order(**json.loads(sys.stdin.readline()))
    try:
        for row in prove(order):
            _say(asdict(row))
    except AssistantError as error:
        _say({"en": error.en, "zh": error.zh})
    except KeyboardInterrupt:  # whoever started us got it too, and says so
        sys.exit(os.EX_TEMPFAIL)


def _say(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
