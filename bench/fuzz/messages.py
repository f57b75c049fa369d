"""Messages for the control socket as somebody would send them who wants to break it."""

import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

MARK = "quetzalcoatlus"
"""Stands in many texts, and must never stand in a log."""

SEEDS: tuple[dict[str, Any], ...] = (
    {"command": "status"},
    {"command": "privacy"},
    {"command": "say", "text": f"The {MARK} flies."},
    {"command": "say", "text": "今天天气很好。", "lang": "zh"},
    {"command": "ask", "text": "what time is it", "lang": None, "speak": False},
    {"command": "ask", "text": "定一个十分钟的计时器", "speak": True},
    {"command": "ask", "text": "set a timer for one hour and five minutes"},
    {"command": "ask", "text": "cancel all timers"},
    {"command": "ask", "text": f"tell me about the {MARK}"},
    {"command": "history", "count": 10, "before": 5},
    {"command": "forget", "last": 1},
    {"command": "forget", "before": "2026-08-31"},
    {"command": "forget", "all": True},
)
_NAMES = (
    "command",
    "text",
    "lang",
    "speak",
    "count",
    "before",
    "last",
    "all",
    "",
    "__class__",
    "\ud800",
    MARK,
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**400, 1e308, -0.0, math.nan, math.inf),
    *("", " ", "\0", "\x1b[2J", "\ud800", "\udc80\udc80", "\u202e", "﷽" * 200, "e" + "\u0301" * 500),
    *("status", "zh", "en", "ZH", "../../etc/passwd", "%s%n{0}", "'; DROP TABLE entries; --", "2026-02-30"),
    *([], {}, [[]], {"": {}}, [None] * 500, {"command": "status"}, "请" * 2000, "please " * 300, "1" * 5000),
    *("a" * 70_000, f"{MARK} " * 100, "set a timer for " + "1 hour " * 250),
)
_RAW = (
    *(b"", b"null", b"[]", b'""', b"{", b"}", b"0", b"-", b"1e999", b"\r", b"\0" * 100, b"GET / HTTP/1.1\r"),
    *(b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'"' + b"\\ud800" * 5_000 + b'"', b"x" * 70_000, b"9" * 60_000),
    *(b"[" * 50_000, b'{"a":' * 10_000, b"[" * 900 + b"]" * 900, b'{"command": NaN}'),
    b'{"command": "status", "command": "ask"}',
    *('{"command": "status"}'.encode(encoding) for encoding in ("utf-16", "utf-32-be")),
)


class Messages:
    """An endless supply; the same seed gives the same messages."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._ways: tuple[Callable[[], bytes], ...] = (
            self._good, self._changed, self._changed, self._changed, self._damaged, self._damaged, self._raw,
        )  # fmt: skip

    def next(self) -> bytes:
        """One message with the end of its line; noise may have further ends of lines in it."""
        return self.random.choice(self._ways)() + b"\n"

    def _good(self) -> bytes:
        return json.dumps(self.random.choice(SEEDS)).encode()

    def _changed(self) -> bytes:
        """A message whose fields were put in, taken out or given other values."""
        fields = dict(self.random.choice(SEEDS))
        for _ in range(self.random.randint(1, 3)):
            if fields and self.random.random() < 0.2:
                del fields[self.random.choice(list(fields))]
            else:
                name = self.random.choice([*fields, self.random.choice(_NAMES)])
                fields[name] = self._value()
        return json.dumps(fields, ensure_ascii=self.random.random() < 0.7).encode(errors="surrogatepass")

    def _value(self) -> Any:
        value = self.random.choice(_VALUES)
        for _ in range(self.random.choice((0, 0, 0, 1, 30))):
            value = [value]
        return value

    def _damaged(self) -> bytes:
        """A message of which bytes were changed, taken out, doubled or put in."""
        data = bytearray(self._good() if self.random.random() < 0.5 else self._changed())
        for _ in range(self.random.randint(1, 4)):
            start = self.random.randrange(len(data) + 1)
            end = start + self.random.choice((0, 1, 1, 2, 8, 64))
            data[start:end] = self.random.choice(
                (b"", self._noise(3), data[start:end] * 2, b'"', b"\\u", b"\n")
            )
        return bytes(data)

    def _raw(self) -> bytes:
        return self.random.choice(_RAW) if self.random.random() < 0.3 else self._noise(200)

    def _noise(self, longest: int) -> bytes:
        return self.random.randbytes(self.random.randint(1, longest))
