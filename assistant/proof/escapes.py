"""Every way out that we know, each as a function that returns when it got out.

It raises OSError when it was held back, Absent when this machine has no such way at all, and TimeoutError
when it sent something and does not know what became of it, which is not counted as held back. What the C
library offers is called there and not through Python, so that the answer is the kernel's.
"""

import errno
import os
import platform
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.proof import libc, netlink, uring
from assistant.proof.neighbour import SECRET, THIS_MACHINE
from assistant.proof.report import Text

_TOKEN = b"let me out"
_SECONDS = 2.0
_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17
_ANY_CHILD = 0x40000000  # __WALL
_PIDFD_GETFD = 438
_SOCKET = {"x86_64": 41, "aarch64": 198}
_CONNECT = {"x86_64": 42, "aarch64": 203}
_SOCKET_32 = 359
_FAMILIES = 64  # more than there are
_KINDS = tuple(map(int, (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)))


class Absent(Exception):  # noqa: N818 - no error: there is nothing to hold back
    """This machine has no such way out: the reason."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.text = Text(en, zh)


@dataclass(frozen=True, slots=True)
class Outside:
    """What waits outside the fence."""

    ipv4: str
    ipv6: str
    """Empty: the kernel has no IPv6."""
    port: int
    """Where the yard echoes, by TCP and UDP."""
    hostname: str
    """A name that the yard's name server knows."""
    interface: str
    """The room's exit."""
    pid: int
    """The neighbour, and below what it offers."""
    address: int
    descriptor: int
    abstract: str
    relays: list[str]
    vsock_port: int
    """0: there is none."""
    system_v: int
    shared: str
    inherited: int
    """A connection to the yard that was open when the program started."""
    private_file: str
    """What only the user may read."""
    folder: str
    """A folder that the user may write to, but Xiaoben has no business in."""
    programs: list[str]
    """Sockets at which other programs of this machine listen."""


Attempt = Callable[[Outside], str | None]
"""Returns what it got to, where that is not plain."""


@dataclass(frozen=True, slots=True)
class Escape:
    """A way out."""

    name: str
    title: Text
    attempt: Attempt


ESCAPES: dict[str, Escape] = {}


def _escape(zh: str) -> Callable[[Attempt], Attempt]:
    """Register the attempt below under its name; its docstring is what it is called in English."""

    def register(attempt: Attempt) -> Attempt:
        name, en = attempt.__name__, (attempt.__doc__ or "").rstrip(".")
        ESCAPES[name] = Escape(name, Text(en, zh), attempt)
        return attempt

    return register


@_escape("IPv4 上的 TCP")
def tcp_ipv4(outside: Outside) -> None:
    """TCP over IPv4."""
    _connect(socket.AF_INET, _ipv4(outside))


@_escape("IPv6 上的 TCP")
def tcp_ipv6(outside: Outside) -> None:
    """TCP over IPv6."""
    _connect(socket.AF_INET6, _ipv6(outside))


@_escape("IPv4 上的 UDP")
def udp_ipv4(outside: Outside) -> None:
    """UDP over IPv4."""
    _send(socket.AF_INET, socket.SOCK_DGRAM, 0, _ipv4(outside), _TOKEN)


@_escape("IPv6 上的 UDP")
def udp_ipv6(outside: Outside) -> None:
    """UDP over IPv6."""
    _send(socket.AF_INET6, socket.SOCK_DGRAM, 0, _ipv6(outside), _TOKEN)


@_escape("查询域名（DNS）")
def dns(outside: Outside) -> None:
    """Looking up a name (DNS)."""
    libc.look_up(outside.hostname)


@_escape("ping（ICMP）")
def icmp(outside: Outside) -> None:
    """Ping (ICMP)."""
    _send(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP, _ipv4(outside), _echo_request())


@_escape("原始 ICMP 数据包")
def icmp_raw(outside: Outside) -> None:
    """Raw ICMP packet."""
    _send(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP, _ipv4(outside), _echo_request())


@_escape("原始以太网帧")
def raw_frame(outside: Outside) -> None:
    """Raw frame on the wire."""
    wire = libc.call("socket", int(socket.AF_PACKET), int(socket.SOCK_RAW), 0)
    index = libc.call("if_nametoindex", outside.interface.encode())
    libc.call("bind", wire, struct.pack("=HHiHBB8s", socket.AF_PACKET, 0, index, 0, 0, 0, b""), 20)
    os.write(wire, b"\xff" * 6 + b"\2\0\0\0\0\2" + b"\x88\xb5" + _TOKEN.ljust(46))


@_escape("等待外部连接（TCP）")
def listening(_: Outside) -> None:
    """Waiting to be connected to (TCP)."""
    listener = libc.call("socket", int(socket.AF_INET), int(socket.SOCK_STREAM), 0)
    libc.call("bind", listener, bytes([socket.AF_INET]) + bytes(15), 16)
    libc.call("listen", listener, 1)


@_escape("读取网络设置（netlink）")
def netlink_read(outside: Outside) -> None:
    """Reading the network's settings (netlink)."""
    if outside.interface not in netlink.links():
        raise OSError(errno.ENODEV, "only a loopback")


@_escape("创建网络接口（netlink）")
def netlink_write(_: Outside) -> None:
    """Making a network interface (netlink)."""
    netlink.make_pair()


@_escape("进入其他程序的网络（setns）")
def join_network(outside: Outside) -> None:
    """Joining another program's network (setns)."""
    with Path(f"/proc/{outside.pid}/ns/net").open("rb") as network:
        libc.call("setns", network.fileno(), _NEWNET)
    tcp_ipv4(outside)


@_escape("新的用户命名空间")
def user_namespace(_: Outside) -> None:
    """A new user namespace."""
    libc.call("unshare", _NEWUSER)


@_escape("更改挂载")
def mounting(_: Outside) -> None:
    """Changing mounts."""
    libc.call("mount", b"none", b"/", None, libc.ulong(_MS_REC | _MS_PRIVATE), None)


@_escape("助手程序的 Unix 套接字（抽象名称）")
def unix_abstract(outside: Outside) -> None:
    """Unix socket of a helper, abstract name."""
    _connect(socket.AF_UNIX, _unix(outside.abstract))


@_escape("助手程序的 Unix 套接字（运行时文件夹）")
def unix_runtime(outside: Outside) -> None:
    """Unix socket of a helper, in the runtime folder."""
    _connect(socket.AF_UNIX, _unix(outside.relays[0]))


@_escape("助手程序的 Unix 套接字（临时文件夹）")
def unix_temporary(outside: Outside) -> None:
    """Unix socket of a helper, in the temporary folder."""
    _connect(socket.AF_UNIX, _unix(outside.relays[1]))


@_escape("本机程序的套接字（D-Bus、域名解析等）")
def unix_programs(outside: Outside) -> str:
    """Sockets of this machine's programs (D-Bus, resolver …)."""
    if not outside.programs:
        raise Absent("no other program listens", "没有其他程序在监听")
    for path in outside.programs:
        with suppress(OSError):
            _reach(path)
            return path
    raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))


PROGRAMS = ESCAPES[unix_programs.__name__]


@_escape("虚拟机套接字（vsock）")
def vsock(outside: Outside) -> None:
    """Virtual machine socket (vsock)."""
    if not outside.vsock_port:
        raise Absent("the kernel has no vsock to itself", "内核没有通向自身的 vsock")
    address = struct.pack("=HHIIBxxx", socket.AF_VSOCK, 0, outside.vsock_port, THIS_MACHINE, 0)
    _connect(socket.AF_VSOCK, address)


@_escape("其他各类套接字（蓝牙、CAN、AF_ALG 等）")
def other_families(_: Outside) -> None:
    """Socket of any other family (Bluetooth, CAN, AF_ALG …)."""
    families = range(socket.AF_UNIX + 1, _FAMILIES)
    _any_of([partial(libc.call, "socket", family, kind, 0) for family in families for kind in _KINDS])


@_escape("io_uring（系统调用过滤器看不到）")
def io_uring(outside: Outside) -> None:
    """io_uring, which no filter of calls sees."""
    try:
        uring.connect(_ipv4(outside))
    except OSError as error:
        if error.errno == errno.ENOSYS:
            raise Absent("the kernel has no io_uring", "内核没有 io_uring") from error
        raise


@_escape("Python 自带的套接字")
def python(outside: Outside) -> None:
    """Python's own sockets."""
    socket.create_connection((outside.ipv4, outside.port), _SECONDS).close()


@_escape("绕过 C 库的系统调用")
def system_call(outside: Outside) -> None:
    """System calls, past the C library."""
    machine = platform.machine()
    if machine not in _SOCKET:
        raise Absent(f"the numbers of {machine} are not known", f"不知道 {machine} 的调用号")
    descriptor = libc.call("syscall", _SOCKET[machine], int(socket.AF_INET), int(socket.SOCK_STREAM), 0)
    address = _ipv4(outside)
    libc.call("syscall", _CONNECT[machine], descriptor, address, len(address))


@_escape("32 位程序的系统调用")
def system_call_32(outside: Outside) -> None:
    """System calls of 32-bit programs."""
    if platform.machine() != "x86_64":
        raise Absent("only x86-64 has them", "只有 x86-64 才有")
    try:
        descriptor = libc.call_32(_SOCKET_32, int(socket.AF_INET), int(socket.SOCK_STREAM), 0)
    except OSError as error:
        if error.errno == errno.ENOSYS:
            raise Absent("the kernel has none", "内核没有") from error
        raise
    address = _ipv4(outside)
    libc.call("connect", descriptor, address, len(address))


@_escape("其他程序：bash")
def bash(outside: Outside) -> None:
    """Another program: bash."""
    _program("bash", "-c", f"exec 3<>/dev/tcp/{outside.ipv4}/{outside.port}; echo out >&3; read -t 2 <&3")


@_escape("其他程序：perl")
def perl(outside: Outside) -> None:
    """Another program: perl."""
    code = f"IO::Socket::INET->new(PeerAddr=>'{outside.ipv4}',PeerPort=>{outside.port}) or die $!"
    _program("perl", "-MIO::Socket::INET", "-e", code)


@_escape("带特权的其他程序：ping")
def ping(outside: Outside) -> None:
    """Another program, with privileges: ping."""
    _program("ping", "-c", "1", "-W", "2", outside.ipv4)


@_escape("启动时已打开的连接")
def inherited(outside: Outside) -> None:
    """A connection that was open at the start."""
    _talk(outside.inherited)


@_escape("夺取其他程序的连接（pidfd_getfd）")
def steal_connection(outside: Outside) -> None:
    """Taking a connection from another program (pidfd_getfd)."""
    process = os.pidfd_open(outside.pid)
    _talk(libc.call("syscall", _PIDFD_GETFD, process, outside.descriptor, 0))


@_escape("控制其他程序（ptrace）")
def ptrace(outside: Outside) -> None:
    """Controlling another program (ptrace)."""
    libc.call("ptrace", libc.long(_PTRACE_ATTACH), outside.pid, None, None)
    os.waitpid(outside.pid, _ANY_CHILD)
    libc.call("ptrace", libc.long(_PTRACE_DETACH), outside.pid, None, None)


@_escape("读取其他程序的内存（process_vm_readv）")
def read_memory(outside: Outside) -> None:
    """Reading another program's memory (process_vm_readv)."""
    _must_be_secret(libc.read_of(outside.pid, outside.address, len(SECRET)))


@_escape("读取其他程序的内存（/proc）")
def read_memory_file(outside: Outside) -> None:
    """Reading another program's memory (/proc)."""
    with Path(f"/proc/{outside.pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(outside.address)
        _must_be_secret(memory.read(len(SECRET)))


@_escape("向其他程序发信号")
def signal(outside: Outside) -> None:
    """Signals to another program."""
    os.kill(outside.pid, 0)


SIGNALS = ESCAPES[signal.__name__]


@_escape("共享内存（System V）")
def shared_memory_system_v(outside: Outside) -> None:
    """Shared memory (System V)."""
    _must_be_secret(libc.attached(outside.system_v, len(SECRET)))


@_escape("共享内存（/dev/shm）")
def shared_memory(outside: Outside) -> None:
    """Shared memory (/dev/shm)."""
    with Path(outside.shared).open("r+b") as file:
        _must_be_secret(file.read())


@_escape("读取用户的私人文件")
def read_private(outside: Outside) -> None:
    """Reading the user's private files."""
    Path(outside.private_file).read_bytes()


@_escape("给其他程序留下文件")
def write_outside(outside: Outside) -> None:
    """Leaving a file for another program."""
    Path(outside.folder, "left").write_bytes(_TOKEN)


def _ipv4(outside: Outside) -> bytes:
    where = struct.pack("!H", outside.port) + socket.inet_aton(outside.ipv4)
    return struct.pack("=H", socket.AF_INET) + where + bytes(8)


def _ipv6(outside: Outside) -> bytes:
    if not outside.ipv6:
        raise Absent("the kernel has no IPv6", "内核没有 IPv6")
    where = socket.inet_pton(socket.AF_INET6, outside.ipv6)
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", outside.port, 0) + where + bytes(4)


def _unix(path: str) -> bytes:
    end = b"" if path.startswith("\0") else b"\0"
    return struct.pack("=H", socket.AF_UNIX) + os.fsencode(path) + end


def _connect(family: int, address: bytes) -> None:
    descriptor = libc.call("socket", int(family), int(socket.SOCK_STREAM), 0)
    libc.call("connect", descriptor, address, len(address))
    _talk(descriptor)


def _talk(descriptor: int) -> None:
    os.write(descriptor, _TOKEN)
    libc.wait_for_input(descriptor, _SECONDS)
    if os.read(descriptor, len(_TOKEN)) != _TOKEN:
        raise ConnectionError("no echo")


def _send(family: int, kind: int, protocol: int, address: bytes, data: bytes) -> None:
    descriptor = libc.call("socket", int(family), int(kind), protocol)
    libc.call("sendto", descriptor, data, len(data), 0, address, len(address))
    libc.wait_for_input(descriptor, _SECONDS)


def _reach(path: str) -> None:
    """Connect, whatever kind of socket it is, and say nothing."""
    _any_of([partial(_open, kind, _unix(path)) for kind in _KINDS])


def _open(kind: int, address: bytes) -> None:
    descriptor = libc.call("socket", int(socket.AF_UNIX), kind, 0)
    libc.call("connect", descriptor, address, len(address))


def _any_of(ways: list[Callable[[], object]]) -> None:
    """Get out by one of them; raises the last one's OSError."""
    for way in ways[:-1]:
        try:
            way()
        except OSError:
            continue
        return
    ways[-1]()


def _echo_request() -> bytes:
    message = struct.pack("!BBHHH", 8, 0, 0, 0, 1)
    return message[:2] + struct.pack("!H", ~sum(struct.unpack("!4H", message)) & 0xFFFF) + message[4:]


def _program(name: str, *arguments: str) -> None:
    path = shutil.which(name)
    if path is None:
        raise Absent(f"{name} is not installed", f"没有安装 {name}")
    done = subprocess.run(
        [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        complaint = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise ConnectionError(complaint[0])


def _must_be_secret(found: bytes) -> None:
    if found != SECRET:
        raise OSError(errno.EIO, "read something else")
