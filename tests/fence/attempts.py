"""Ways out of the fence, and the world in which each of them leads somewhere."""

import ctypes
import errno
import fcntl
import os
import pty
import signal
import socket
import subprocess
import tempfile
import termios
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from platform import machine

from assistant.fence import Reach, kernel

_IO_URING_SETUP = 425
_SOCKET = {"x86_64": 41, "aarch64": 198}
_CLONE = {"x86_64": 56, "aarch64": 220}
_NEWUSER = 0x10000000
_TRACE_ME = 0

REACHED = "reached"


@dataclass(frozen=True)
class World:
    """What is there to be reached."""

    folder: Path
    port: int
    abstract: str
    inherited: int
    """A connection."""
    opened: int
    """A folder."""
    terminal: int

    @property
    def reach(self) -> Reach:
        read, write = ("models", "link", "absent"), ("state", "output")
        return Reach(self._in(read), self._in(write), [self.folder / "sound"])

    def _in(self, names: Iterable[str]) -> list[Path]:
        return [self.folder / name for name in names]


@contextmanager
def world() -> Iterator[World]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("models", "state", "other"):
            (folder / name).mkdir()
            (folder / name / "file").write_text(name)
        (folder / "output").touch()
        (folder / "linked").mkdir()
        (folder / "linked" / "file").touch()
        (folder / "link").symlink_to("linked")
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = f"\0xiaoben-test-{os.getpid()}"
        for address in (abstract, f"{folder}/helper", f"{folder}/sound"):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen(20)
        inherited = stack.enter_context(socket.create_connection(tcp.getsockname()))
        ours, theirs = pty.openpty()
        opened = os.open(folder / "other", os.O_RDONLY | os.O_DIRECTORY)
        for descriptor in (ours, theirs, opened):
            stack.callback(os.close, descriptor)
        yield World(folder, tcp.getsockname()[1], abstract, inherited.fileno(), opened, theirs)


WAYS_OUT: dict[str, Callable[[World], object]] = {
    "tcp": lambda there: _connect(socket.AF_INET, ("127.0.0.1", there.port)),
    "waiting for tcp": lambda there: socket.create_server(("127.0.0.1", 0)).close(),
    "udp": lambda there: _send_datagram(("127.0.0.1", there.port)),
    "raw": lambda there: _open(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "packet": lambda there: _open(socket.AF_PACKET, socket.SOCK_RAW),
    "netlink": lambda there: _open(socket.AF_NETLINK, socket.SOCK_RAW),
    "c library": lambda there: os.close(kernel.call("socket", 2, 1, 0)),
    "system call": lambda there: os.close(kernel.system_call(_SOCKET[machine()], 2, 1, 0)),
    "io_uring": lambda there: os.close(kernel.system_call(_IO_URING_SETUP, 1, (ctypes.c_uint32 * 30)())),
    "abstract socket": lambda there: _connect(socket.AF_UNIX, there.abstract),
    "path socket": lambda there: _connect(socket.AF_UNIX, f"{there.folder}/helper"),
    "inherited connection": lambda there: _send(there.inherited),
    "inherited folder": lambda there: os.close(os.open("file", os.O_RDONLY, dir_fd=there.opened)),
    "another program": lambda there: _run("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{there.port}"),
    "root's own means": lambda there: _run("unshare", "--net", "true"),
    "reading": lambda there: (there.folder / "other" / "file").read_text(),
    "listing": lambda there: list((there.folder / "other").iterdir()),
    "writing": lambda there: _touch(there.folder / "other" / "new"),
    "writing to the system": lambda there: _touch(Path("/etc/xiaoben-test")),
    "writing what may be read": lambda there: (there.folder / "models" / "file").write_text("changed"),
    "memory of another": lambda there: _read_parent(),
    "being traced": lambda there: _in_fork(lambda: kernel.call("ptrace", _TRACE_ME, 0, 0, 0)),
    "signals": lambda there: os.kill(os.getppid(), 0),
    "namespaces": lambda there: _cloned(_NEWUSER),
    "mounts": lambda there: _mounted(),
    "typing": lambda there: fcntl.ioctl(there.terminal, termios.TIOCSTI, b"x"),
}

NEEDED: dict[str, Callable[[World], object]] = {
    "the sound server": lambda there: _connect(socket.AF_UNIX, f"{there.folder}/sound"),
    "a socket of our own": lambda there: _bound(there.folder / "state" / "own"),
    "a pair of sockets": lambda there: [end.close() for end in socket.socketpair()],
    "reading models": lambda there: (there.folder / "models" / "file").read_text(),
    "reading by a link": lambda there: (there.folder / "link" / "file").read_text(),
    "writing state": lambda there: (there.folder / "state" / "new").write_text("kept"),
    "renaming state": lambda there: (there.folder / "state" / "new").rename(there.folder / "state" / "newer"),
    "writing an output": lambda there: (there.folder / "output").write_text("heard"),
    "the null device": lambda there: Path(os.devnull).write_bytes(b"gone"),
    "a child that is ended": lambda there: _end_a_child(),
    "a thread": lambda there: threading.Thread(target=os.getpid).start(),
}


def tried(attempts: Mapping[str, Callable[[World], object]], there: World) -> dict[str, str]:
    """What became of each: REACHED, or the name of the error."""
    return {name: _outcome(attempt, there) for name, attempt in attempts.items()}


def _outcome(attempt: Callable[[World], object], there: World) -> str:
    try:
        attempt(there)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, repr(error))
    return REACHED


def _connect(family: int, address: object) -> None:
    with socket.socket(family) as connection:
        connection.settimeout(1)
        connection.connect(address)


def _send_datagram(address: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"out", address)


def _send(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.sendall(b"out")


def _open(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def _bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        _connect(socket.AF_UNIX, str(path))
    path.unlink()


def _run(*command: str) -> None:
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise PermissionError(1, "refused")


def _touch(path: Path) -> None:
    path.touch()
    path.unlink()


def _read_parent() -> None:
    found = ctypes.create_string_buffer(8)
    here = (ctypes.c_size_t * 2)(ctypes.addressof(found), 8)
    there = (ctypes.c_size_t * 2)(ctypes.addressof(found), 8)  # a fork has the same addresses
    kernel.call("process_vm_readv", os.getppid(), here, 1, there, 1, 0)


def _cloned(spaces: int) -> None:
    """As fork(2), into namespaces of its own."""
    child = kernel.system_call(_CLONE[machine()], spaces | int(signal.SIGCHLD), 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _in_fork(work: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        try:
            work()
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if number := os.waitstatus_to_exitcode(status):
        raise OSError(number, os.strerror(number))


def _mounted() -> None:
    kernel.call("mount", b"none", b"/mnt", b"tmpfs", 0, None)
    kernel.call("umount2", b"/mnt", 0)


def _end_a_child() -> None:
    child = subprocess.Popen(["sleep", "60"])
    child.terminate()
    assert child.wait(5) == -signal.SIGTERM
