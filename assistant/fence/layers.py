"""Which layers hold: asked of the kernel each time, so true whoever put them up, systemd included."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.fence import kernel, landlock, tripwire

# What the kernel puts into every network namespace, turned off and without an address: the loopback and, if
# their modules are loaded, the ends of tunnels.
_ALONE = {
    "lo", "tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6tnl0", "ip6gre0", "ip6_vti0",
}  # fmt: skip
_IO_URING_SETUP = 425
_REFUSALS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT}

_OBSTACLES = (
    # What forbids user namespaces, the value that does, and how to say it.
    (
        "kernel/apparmor_restrict_unprivileged_userns", "1",
        "AppArmor forbids programs to make user namespaces", "AppArmor 禁止程序创建用户命名空间",
    ),
    (
        "kernel/unprivileged_userns_clone", "0",
        "kernel.unprivileged_userns_clone is 0", "kernel.unprivileged_userns_clone 为 0",
    ),
    (
        "user/max_user_namespaces", "0",
        "user.max_user_namespaces is 0", "user.max_user_namespaces 为 0",
    ),
)  # fmt: skip

_HELPERS = (
    "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/resolve/io.systemd.Resolve",
    "/run/avahi-daemon/socket", "/run/nscd/socket", "/run/docker.sock", "/run/containerd/containerd.sock",
    "/run/podman/podman.sock", "/run/snapd.socket", "/run/cups/cups.sock", "@/tmp/.X11-unix/X0",
    "/tmp/.X11-unix/X0",  # noqa: S108 - only connected to
)  # fmt: skip
_USER_HELPERS = ("bus", "systemd/private", "gnupg/S.gpg-agent", "keyring/ssh", "wayland-0", "docker.sock")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the fence: what it stops here, or why it cannot be had."""

    name: str
    enforced: bool
    en: str
    zh: str


def observe() -> tuple[Layer, ...]:
    """Ask the kernel, for this process; harmless, and takes a few milliseconds."""
    return _network(), _view(), _landlock(), _seccomp(), _privileges(), _tripwire()


def _network() -> Layer:
    interfaces = {line.split(":")[0].strip() for line in _lines("/proc/self/net/dev")[2:]}
    if interfaces <= _ALONE:
        return Layer(
            "network namespace", True,
            en="No network interface exists for it but a loopback of its own: there is nowhere to send to.",
            zh="除自己的回环外，它没有任何网络接口：无处可发。",
        )  # fmt: skip
    return _without_namespaces(
        "network namespace",
        en=f"It sees the machine's network ({', '.join(sorted(interfaces - _ALONE))})",
        zh=f"它看得到本机的网络（{'、'.join(sorted(interfaces - _ALONE))}）",
    )


def _view() -> Layer:
    open_ = [path for path in _helpers() if _answers(path)]
    if not open_ and os.statvfs("/run").f_flag & os.ST_RDONLY:
        return Layer(
            "mount namespace", True,
            en="Files and sockets out of reach do not exist for it: no D-Bus, no resolver, no ssh-agent.",
            zh="范围以外的文件和套接字对它不存在：没有 D-Bus、域名解析、ssh-agent。",
        )  # fmt: skip
    return _without_namespaces(
        "mount namespace",
        en=f"It can ask other programs to pass something on ({', '.join(open_) or 'none is known here'})",
        zh=f"它可以请其他程序转发（{'、'.join(open_) or '未发现已知的'}）",
    )


def _without_namespaces(name: str, *, en: str, zh: str) -> Layer:
    for setting, value, why_en, why_zh in _OBSTACLES:
        if _lines(f"/proc/sys/{setting}") == [value]:
            return Layer(name, False, f"{en}, because {why_en}.", f"{zh}，因为 {why_zh}。")
    return Layer(
        name, False,
        f"{en}, because no fence was put up or the kernel grants no user namespace.",
        f"{zh}，因为没有启用围栏，或内核不允许用户命名空间。",
    )  # fmt: skip


def _landlock() -> Layer:
    version = landlock.version()
    if _refused(lambda: os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))):
        return Layer(
            "Landlock", True,
            en=f"It reads only the system, Xiaoben and models, and writes only its own (version {version}).",
            zh=f"它只能读取系统、小本自身和模型，只能写入自己的文件（版本 {version}）。",
        )  # fmt: skip
    if version:
        return Layer(
            "Landlock", False,
            en="It may read and write what its user may, because no fence was put up.",
            zh="它可以读写其用户可读写的文件，因为没有启用围栏。",
        )  # fmt: skip
    return Layer(
        "Landlock", False,
        en="This kernel has no Landlock, or it is not in its list of security modules (lsm=).",
        zh="此内核没有 Landlock，或未列入安全模块（lsm=）。",
    )  # fmt: skip


def _seccomp() -> Layer:
    if kernel.status().get("Seccomp") == "2" and all(map(_refused, _forbidden_calls())):
        return Layer(
            "seccomp", True,
            en="The kernel opens only Unix sockets for it, and no way round: io_uring, ptrace and such.",
            zh="内核只为它打开 Unix 套接字，io_uring、ptrace、命名空间等旁路也已关闭。",
        )  # fmt: skip
    return Layer(
        "seccomp", False,
        en="It may open network sockets, because no fence was put up or libseccomp is not installed.",
        zh="它可以打开网络套接字，因为没有启用围栏，或没有安装 libseccomp。",
    )  # fmt: skip


def _forbidden_calls() -> Iterator[Callable[[], object]]:
    """By the C library, so that the answer is the kernel's and not the tripwire's."""
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
        yield partial(_open_socket, family)
    yield partial(kernel.system_call, _IO_URING_SETUP, 0, None)


def _open_socket(family: int) -> None:
    os.close(kernel.call("socket", int(family), int(socket.SOCK_DGRAM), 0))


def _privileges() -> Layer:
    status = kernel.status()
    capable = [name for name in ("CapEff", "CapPrm", "CapInh", "CapAmb") if int(status[name], 16)]
    if not capable and status.get("NoNewPrivs") == "1":
        return Layer(
            "privileges", True,
            en="It has no privilege and cannot get one, not by a set-user-ID program either.",
            zh="它没有任何特权，也无法获得（包括通过 set-user-ID 程序）。",
        )  # fmt: skip
    return Layer(
        "privileges", False,
        en=f"It has or may get privileges, because no fence was put up ({', '.join(capable) or 'sudo'}).",
        zh=f"它拥有或可以获得特权，因为没有启用围栏（{'、'.join(capable) or 'sudo'}）。",
    )  # fmt: skip


def _tripwire() -> Layer:
    if tripwire.is_set_up():
        return Layer(
            "tripwire", True,
            en=f"Python code that tries to use a network is refused and logged ({tripwire.tries()} so far).",
            zh=f"尝试联网的 Python 代码会被拒绝并记入日志（至今 {tripwire.tries()} 次）。",
        )  # fmt: skip
    return Layer(
        "tripwire", False,
        en="Nobody watches whether Python code tries to use a network, because no fence was put up.",
        zh="没有监视 Python 代码是否尝试联网，因为没有启用围栏。",
    )  # fmt: skip


def _helpers() -> Iterator[str]:
    """Where programs that could pass something on listen, if they are there."""
    yield from _HELPERS
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield from (f"{runtime}/{name}" for name in _USER_HELPERS)
    if agent := os.environ.get("SSH_AUTH_SOCK"):
        yield agent


def _answers(path: str) -> bool:
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        try:
            connection.connect(address)
        except BlockingIOError:  # its queue is full: it is there
            return True
        except OSError:
            return False
        return True


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno in _REFUSALS
    return False


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
