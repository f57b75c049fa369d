"""How a pull looks."""

import io
import json

from assistant.weights.display import JsonLines, Lines
from assistant.weights.progress import Advanced, Event, Fetching, Installed, Refused

PULL: list[Event] = [
    Fetching("kokoro", "voices/a.bin", "hub"),
    Refused("kokoro", "voices/a.bin", "hub", "no connection"),
    Fetching("kokoro", "voices/b.bin", "hub"),
    Refused("kokoro", "voices/b.bin", "hub", "no connection"),
    Fetching("kokoro", "voices/b.bin", "npm voices"),
    *[Advanced("kokoro", done, 100_000_000) for done in range(0, 100_000_001, 100_000)],
    Installed("kokoro"),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(display: Lines | JsonLines, stream: io.StringIO) -> str:
    for event in PULL:
        display.show(event)
    return stream.getvalue()


def test_what_is_said_of_one_file_is_not_said_of_all():
    stream = io.StringIO()
    assert shown(Lines(stream), stream).splitlines() == [
        "kokoro ← hub",
        "  hub: no connection",
        "kokoro ← npm voices",
        "kokoro: installed",
    ]


def test_a_terminal_shows_one_line_that_moves():
    stream = Terminal()
    *_, half, full, installed = shown(Lines(stream), stream).split("\r\x1b[K")
    assert half.startswith("kokoro  99%  100 MB / 100 MB  ")
    assert full.startswith("kokoro  100%  100 MB / 100 MB  ")
    assert full.endswith(" MB/s")
    assert installed == "kokoro: installed\n"


def test_a_program_gets_each_percent_once():
    stream = io.StringIO()
    objects = [json.loads(line) for line in shown(JsonLines(stream), stream).splitlines()]
    assert objects[0] == {"event": "fetching", "model": "kokoro", "path": "voices/a.bin", "source": "hub"}
    assert objects[-1] == {"event": "installed", "model": "kokoro"}
    assert [each["done"] // 1_000_000 for each in objects if each["event"] == "advanced"] == list(range(101))
