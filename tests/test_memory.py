"""What is freed is overwritten, and nobody dumps what is not."""

import asyncio
import gc
import os
import re
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from assistant import memory

GLIBC = memory.wiping_environment({}) is not None
glibc = pytest.mark.skipif(not GLIBC, reason="only glibc's allocator can overwrite what is freed")

SAYS_AND_FORGETS = """
import sys
from assistant import memory
memory.settle()
def say(codes):
    text = "".join(chr(int(code) - 1) for code in codes.split())
    return text, text + ".", [text[start:] for start in range(3)], text.split()
kept = say(sys.stdin.readline())
if "forget" in sys.argv:
    del kept
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def speaker(text: str, environment: dict[str, str], *arguments: str) -> Iterator[int]:
    """A process that has had `text` in its memory: neither its code nor its command line names it."""
    codes = " ".join(str(ord(character) + 1) for character in text)
    with subprocess.Popen(
        [sys.executable, "-c", SAYS_AND_FORGETS, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        cwd=Path(__file__).parent.parent,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        print(codes, file=process.stdin, flush=True)
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        process.stdin.close()


def found(pid: int, text: str) -> bool:
    """Whether `text` stands anywhere in the writable memory of a process."""
    needles = [text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-32-le")]
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end = (int(address, 16) for address in line.split()[0].split("-"))
            if re.match(r"\S+ rw", line) and "[v" not in line:
                memory.seek(start)
                with suppress(OSError):  # a page that nobody ever touched
                    content = memory.read(end - start)
                    if any(needle in content for needle in needles):
                        return True
    return False


@pytest.fixture(scope="module")
def wiping() -> dict[str, str]:
    environment = memory.wiping_environment({**os.environ, "GLIBC_TUNABLES": ""})
    assert environment
    return environment


@glibc
@pytest.mark.parametrize(
    "text",
    ["the zebra wears a purple umbrella", "紫色的斑马打着一把银色的雨伞"],
    ids=["en", "zh"],  # pytest writes the name of a test into its environment, and that into memory
)
def test_nothing_is_left_of_what_was_freed(text, wiping):
    with speaker(text, wiping, "forget") as pid:
        assert not found(pid, text)


@glibc
def test_what_is_kept_is_found_and_so_is_what_was_freed_without_wiping(wiping):
    text = "the zebra wears a purple umbrella"
    with speaker(text, wiping) as pid:
        assert found(pid, text)
    plain = {name: value for name, value in wiping.items() if name not in {"PYTHONMALLOC", "GLIBC_TUNABLES"}}
    with speaker(text, plain, "forget") as pid:
        assert found(pid, text)


@glibc
def test_an_environment_is_made_once_and_keeps_what_else_was_asked():
    first = memory.wiping_environment({"HOME": "/h", "GLIBC_TUNABLES": "glibc.malloc.arena_max=2"})
    assert first
    assert first["HOME"] == "/h"
    assert "glibc.malloc.arena_max=2" in first["GLIBC_TUNABLES"].split(":")
    assert memory.can_wipe(first)
    assert memory.wiping_environment(first) is None


@pytest.mark.parametrize(
    "environment", [{}, {"PYTHONMALLOC": "malloc"}, {"PYTHONMALLOC": "debug", "GLIBC_TUNABLES": "x"}]
)
def test_an_environment_that_does_not_suffice_is_none(environment):
    assert not memory.can_wipe(environment)


def test_without_glibc_nothing_is_promised(monkeypatch, wiping):
    monkeypatch.setattr(os, "confstr", lambda _: None)
    assert memory.wiping_environment({}) is None
    assert not memory.can_wipe(wiping)


def test_no_core_file_is_written_and_no_other_user_may_look():
    script = (
        "import ctypes, resource; from assistant import memory; memory.forbid_dumps(); get_dumpable = 3;"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0))"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout == "(0, 0) 0\n"


async def test_what_holds_itself_is_let_go(monkeypatch):
    class Word:
        def __init__(self) -> None:
            self.itself = self

    monkeypatch.setattr(memory, "_COLLECT_SECONDS", 0)
    gc.disable()
    try:
        gone = weakref.ref(Word())
        assert gone()
        collecting = asyncio.create_task(memory.let_go_of_cycles())
        async with asyncio.timeout(5):
            while gone():
                await asyncio.sleep(0)
        collecting.cancel()
    finally:
        gc.enable()
