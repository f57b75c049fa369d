"""What a test may do with a machine, whatever makes it run."""

import shlex
from abc import ABC, abstractmethod

from tests.boot.image import present_checkout

# The router is written down, since nobody is there to answer for it, and the kernel looks for no other.
_PLUG_IN = """
cd /proc/sys/net/ipv6/conf/{0}; echo 1 > addr_gen_mode; echo 0 > router_solicitations
ip link set {0} up; ip address replace 192.0.2.2/24 dev {0}
ip neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:01 dev {0}; ip route replace default via 192.0.2.1
"""


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

    def plug_in(self) -> None:
        """Give it a network: addresses for documentation, a router, a name server."""
        self.run(_PLUG_IN.format(self.cable))

    def protocols(self) -> set[int]:
        """What was sent by IPv4 since packets were last looked at, by the numbers of the protocols."""
        return {packet[23] for packet in self.packets() if packet[12:14] == b"\x08\x00"}

    def update(self) -> None:
        """Bring the checkout in the machine to the present state."""
        self.run("tar --extract -C /; chown -R pi: /home/pi", given=present_checkout())
