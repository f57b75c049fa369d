"""A program that serves the proof: it speaks in lines, and ends when its input does."""

import subprocess
import sys
from collections.abc import Iterator
from typing import IO, Self, cast


class Helper:
    """`python -m MODULE ARGUMENTS…`, from entering to leaving."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._input, self._output = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        return self

    def __exit__(self, *_: object) -> None:
        self._input.close()
        self._process.wait()
        self._output.close()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def tell(self, line: str) -> None:
        """Send a line."""
        self._input.write(f"{line}\n")
        self._input.flush()

    def hear(self) -> str:
        """Wait for its next line; empty when it has ended."""
        return self._output.readline()

    def lines(self) -> Iterator[str]:
        """All that it says until it ends."""
        yield from self._output

    def wait(self) -> int:
        """Its exit status."""
        return self._process.wait()
