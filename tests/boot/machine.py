"""What a test may do with a machine, whatever makes it run."""

import shlex
from abc import ABC, abstractmethod

from tests.boot.image import present_checkout


class Machine(ABC):
    """A Debian that has been booted by its own systemd."""

    cable: str
    """Its network interface. The cable has no other end."""

    @abstractmethod
    def execute(self, command: list[str], given: bytes, seconds: float) -> tuple[int, bytes]:
        """Run a program as root; its status and output."""

    @abstractmethod
    def packets(self) -> list[bytes]:
        """What the machine has sent into its cable since the last call, seen from outside of it."""

    def tried(
        self, script: str, *, user: str = "root", given: bytes = b"", seconds: float = 120
    ) -> tuple[int, str]:
        """The status of a shell script, and what it prints, both streams."""
        login = ["runuser", "-l", user, "-c"] if user != "root" else ["bash", "-c"]
        status, output = self.execute([*login, f"({script}\n) 2>&1"], given, seconds)
        return status, output.decode(errors="replace")

    def run(self, script: str, *, user: str = "root", given: bytes = b"", seconds: float = 120) -> str:
        """What a shell script prints; AssertionError when it fails."""
        status, output = self.tried(script, user=user, given=given, seconds=seconds)
        assert status == 0, f"{script}: status {status}\n{output}"
        return output

    def put(self, content: bytes, path: str) -> None:
        """Write a file that everybody may read."""
        self.run(f"install -D -m 644 /dev/stdin {shlex.quote(path)}", given=content)

    def get(self, path: str) -> bytes:
        """Read a file."""
        status, content = self.execute(["cat", path], b"", 60)
        assert status == 0, path
        return content

    def update(self) -> None:
        """Bring the checkout in the machine to the present state."""
        self.run("tar --extract -C /; chown -R pi: /home/pi", given=present_checkout())
