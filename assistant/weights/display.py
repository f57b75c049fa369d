"""Shows how a pull goes on: to a person line by line, to a program as JSON."""

import json
import time
from dataclasses import asdict
from typing import TextIO

from assistant.errors import localized
from assistant.weights.progress import Advanced, Event, Fetching, Installed, Refused

_CLEAR = "\r\x1b[K"


def megabytes(count: int) -> str:
    """A number of bytes as a person reads it."""
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"


class JsonLines:
    """One object a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._percent: tuple[str, int] | None = None

    def show(self, event: Event) -> None:
        """Write what happened; of an advance, each new percent."""
        if isinstance(event, Advanced):
            percent = event.model, 100 * event.done // event.total
            if percent == self._percent:
                return
            self._percent = percent
        line = {"event": type(event).__name__.lower(), **asdict(event)}
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()


class Lines:
    """Lines, and at a terminal below them one that moves."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._moves = stream.isatty()
        self._told: set[str] = set()
        self._began: tuple[str, int, float] = ("", 0, 0.0)

    def show(self, event: Event) -> None:
        """Write what happened; what was said of one file is not said again of the next."""
        match event:
            case Fetching(model=model, source=source):
                self._tell(f"{model} ← {source}")
            case Refused(source=source, reason=reason):
                self._tell(f"  {source}: {reason}")
            case Installed(model=model):
                self._tell(localized(en=f"{model}: installed", zh=f"{model}：已安装"))
            case Advanced() if self._moves:
                self._stream.write(_CLEAR + self._bar(event))
                self._stream.flush()

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._stream.write(f"{_CLEAR if self._moves else ''}{line}\n")
            self._stream.flush()

    def _bar(self, event: Advanced) -> str:
        now = time.monotonic()
        if self._began[0] != event.model:
            self._began = event.model, event.done, now
        _, first, began = self._began
        rate = (event.done - first) / 1e6 / max(now - began, 1e-3)
        share = 100 * event.done // event.total
        return f"{event.model}  {share}%  {megabytes(event.done)} / {megabytes(event.total)}  {rate:.1f} MB/s"
