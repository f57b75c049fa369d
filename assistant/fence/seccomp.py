"""The system calls that stay closed. The only module that knows pyseccomp.

All but these pass: the engines use many, and new C libraries new ones. What is closed leads to a network,
into other programs, out of the fence, or past this filter.
"""

import errno
import socket
import termios
from collections.abc import Collection

try:
    import pyseccomp
except RuntimeError:  # there is no libseccomp: `observe` says so
    pyseccomp = None

_CLOSED = (
    # Runs other system calls where no filter sees them.
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    # Other programs: their memory, descriptors and keys.
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp"),
    *("add_key", "request_key", "keyctl"),
    # Another view of the files or the network than the one that the fence gives.
    *("mount", "umount2", "pivot_root", "chroot", "mount_setattr", "move_mount", "open_tree"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "name_to_handle_at", "open_by_handle_at"),
    *("unshare", "setns"),
    # The kernel itself, and what attacks on it begin with.
    *("bpf", "perf_event_open", "userfaultfd", "personality", "init_module", "finit_module"),
    *("delete_module", "kexec_load", "kexec_file_load"),
)
# CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
_TIOCLINUX = 0x541C


UNIX = (socket.AF_UNIX,)
INTERNET = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
_FAMILIES = 64  # more than Linux knows (AF_MAX)


def load(families: Collection[int] = UNIX) -> None:
    """Close them, and sockets of other families; raises OSError."""
    if pyseccomp is None:
        raise OSError(errno.ENOSYS, "libseccomp is not installed")
    filter_ = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # 32-bit calls have other numbers, one of them (socketcall) for all of the network: none pass.
    filter_.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.ERRNO(errno.EPERM))
    _close_calls(filter_)
    _close_networks(filter_, families)
    _close_namespaces(filter_)
    _close_typing(filter_)
    filter_.load()


def _close_calls(filter_: "pyseccomp.SyscallFilter") -> None:
    for name in _CLOSED:
        filter_.add_rule(pyseccomp.ERRNO(errno.EPERM), name)


def _close_networks(filter_: "pyseccomp.SyscallFilter", families: Collection[int]) -> None:
    """The error is that of a kernel without the family, which libraries know."""
    refuse = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    others = [pyseccomp.Arg(0, pyseccomp.EQ, each) for each in set(range(_FAMILIES)) - set(families)]
    for name in ("socket", "socketpair"):
        for other in (*others, pyseccomp.Arg(0, pyseccomp.GE, _FAMILIES)):
            filter_.add_rule(refuse, name, other)


def _close_namespaces(filter_: "pyseccomp.SyscallFilter") -> None:
    # A filter cannot read what clone3 points to; without it the C library takes clone, whose flags it can.
    filter_.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for flag in _NAMESPACES:
        filter_.add_rule(
            pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag)
        )


def _close_typing(filter_: "pyseccomp.SyscallFilter") -> None:
    """Nobody types into the terminal that we were started from: its shell has a network."""
    for request in (termios.TIOCSTI, _TIOCLINUX):
        asked = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request)
        filter_.add_rule(pyseccomp.ERRNO(errno.EPERM), "ioctl", asked)
