"""Tries one way out, in a process of its own: the same code with the fence and without it.

`python -m assistant.proof.attempt NAME` reads a Setting as JSON and writes an Outcome as JSON.
"""

import errno
import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any, Literal

from assistant.fence import enclose
from assistant.proof import standing
from assistant.proof.escapes import ESCAPES, Absent, Outside
from assistant.proof.report import Text

_SECONDS = 15

Result = Literal["reached", "blocked", "absent", "unclear"]


_PLAIN = Text("", "")
_RESULTS: dict[Result, Text] = {
    "reached": Text("reached", "出去了"),
    "blocked": Text("blocked", "被挡住"),
    "absent": Text("not there", "不存在"),
    "unclear": Text("unclear", "不明"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt."""

    result: Result
    details: Text = _PLAIN
    """What held it back, the kernel's error; or what it got to; or why nothing is known."""

    @property
    def text(self) -> Text:
        """In words."""
        result = _RESULTS[self.result]
        if self.details == _PLAIN:
            return result
        return Text(f"{result.en}, {self.details.en}", f"{result.zh}，{self.details.zh}")


def attempt(name: str, outside: Outside, reach: dict[str, list[str]] | None) -> Outcome:
    """Try the way called `name`, fenced in with `reach`, or without a fence."""
    setting = json.dumps({"outside": asdict(outside), "reach": reach})
    command = [sys.executable, "-m", __name__, name]
    try:
        done = subprocess.run(
            command, input=setting, capture_output=True, text=True, timeout=_SECONDS, check=False,
            pass_fds=[outside.inherited],
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Outcome("unclear", Text(f"no end after {_SECONDS} s", f"{_SECONDS} 秒后仍未结束"))
    if done.returncode < 0:
        return _killed(-done.returncode)
    try:
        fields = json.loads(done.stdout)
        return Outcome(fields["result"], Text(**fields["details"]))
    except (ValueError, TypeError, KeyError):
        return _unclear((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])


def _killed(number: int) -> Outcome:
    name = signal.Signals(number).name
    return Outcome("blocked", Text(name, name)) if number == signal.SIGSYS else _unclear(name)


def _unclear(reason: str) -> Outcome:
    return Outcome("unclear", Text(reason, reason))


def _try(name: str, outside: Outside) -> Outcome:
    try:
        reached = ESCAPES[name].attempt(outside) or ""
    except Absent as reason:
        return Outcome("absent", reason.text)
    except TimeoutError:
        return Outcome("unclear", Text("no answer", "没有应答"))
    except OSError as error:
        by = errno.errorcode.get(error.errno or 0, str(error))
        return Outcome("blocked", Text(by, by))
    return Outcome("reached", Text(reached, reached))


def main(name: str) -> None:
    """Say what became of it."""
    setting: dict[str, Any] = json.load(sys.stdin)
    if reach := setting["reach"]:
        enclose(standing.from_json(reach))
    json.dump(asdict(_try(name, Outside(**setting["outside"]))), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
