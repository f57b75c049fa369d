"""A view of the files in which nothing exists but what is within reach.

So the sockets of programs that have a network (D-Bus, the name resolver, ssh-agent, X11, docker …) are not
there to be connected to, wherever they lie. This is also what keeps files apart where there is no Landlock.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from platform import machine

from assistant.fence.kernel import AT_FDCWD, call, system_call
from assistant.fence.reach import Reach

TEMPORARY = Path("/tmp")  # noqa: S108 - one of our own, in which ALSA's dmix makes its socket

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
# The same on every architecture.
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_OPEN_TREE_CLONE, _AT_RECURSIVE, _AT_EMPTY_PATH, _MOVE_EMPTY_PATH = 0x1, 0x8000, 0x1000, 0x4
_READ_ONLY, _NO_SUID, _NO_EXEC = 0x1, 0x2, 0x8
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x8, 0x4000, 0x40000
_DETACH = 2

_STANDARD = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace"))


def build(reach: Reach) -> None:
    """Exchange the root folder; raises OSError, and then nothing has changed.

    Needs a user and a mount namespace of our own, and Linux 5.12.
    """
    folder, links = _current_folder(), _links(reach)
    with ExitStack() as opened:
        trees = [(path, _clone(path, attributes, opened)) for path, attributes in _places(reach)]
        call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
        root = TEMPORARY  # any folder would do: what is needed of it was cloned
        _mount_tmpfs(root, _MS_NOSUID | _MS_NODEV, "mode=755,size=16m")
        try:
            _furnish(root, trees, links)
            _folder(root, folder)
            _close(root)
            _change_root(root)
        except OSError:
            call("umount2", bytes(root), _DETACH)
            raise
    os.chdir(folder)


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def _places(reach: Reach) -> Iterator[tuple[Path, int]]:
    """What to show, parents first, and how; no more often than needed."""
    writable = {_real(path) for path in reach.writable}
    shown: dict[Path, bool] = {}
    for path in sorted(writable | {_real(path) for path in (*reach.readable, *reach.sockets)}):
        above = [shown[parent] for parent in path.parents if parent in shown]
        if os.path.exists(path) and not (above and (path not in writable or any(above))):  # noqa: PTH110
            shown[path] = path in writable
            yield path, _NO_SUID | (_NO_EXEC if path in writable else _READ_ONLY)


def _clone(path: Path, attributes: int, opened: ExitStack) -> int:
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE
    tree = system_call(_OPEN_TREE, AT_FDCWD, bytes(path), flags)
    opened.callback(os.close, tree)
    _set_attributes(tree, attributes, _AT_RECURSIVE)
    return tree


def _set_attributes(tree: int, attributes: int, flags: int = 0) -> None:
    wanted = _MountAttributes(set=attributes)
    size = ctypes.sizeof(wanted)
    system_call(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH | flags, ctypes.byref(wanted), size)


def _furnish(root: Path, trees: Iterable[tuple[Path, int]], links: Mapping[Path, Path]) -> None:
    _folder(root, Path("/run"))
    _mount_tmpfs(_folder(root, TEMPORARY), _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "mode=1777,size=64m")
    for path, tree in trees:
        _show(root, path, tree)
    for path, target in links.items():
        _link(root, path, target)


def _mount_tmpfs(place: Path, flags: int, options: str) -> None:
    call("mount", b"tmpfs", bytes(place), b"tmpfs", flags, options.encode())


def _folder(root: Path, path: Path) -> Path:
    made = root / path.relative_to("/")
    made.mkdir(parents=True, exist_ok=True)
    return made


def _show(root: Path, path: Path, tree: int) -> None:
    if stat.S_ISDIR(os.fstat(tree).st_mode):
        place = _folder(root, path)
    else:
        place = _folder(root, path.parent) / path.name
        if not place.exists():
            place.touch()
    system_call(_MOVE_MOUNT, tree, b"", AT_FDCWD, bytes(place), _MOVE_EMPTY_PATH)


def _links(reach: Reach) -> dict[Path, Path]:
    """The symbolic links on the way to what is within reach, and where they lead."""
    links: dict[Path, Path] = {}
    for path in (*reach.readable, *reach.writable, *reach.sockets):
        _follow(path, links)
    return links | {Path("/dev", name): Path(f"/proc/self/fd{end}") for name, end in _STANDARD.items()}


def _follow(path: Path, links: dict[Path, Path]) -> None:
    """Add each link that the kernel follows to `path`; its folder's own path has none in it."""
    for place in (path, *path.parents):
        link = _real(place.parent) / place.name
        if link not in links and os.path.islink(link):  # noqa: PTH114 - Path's raises for what is not ours
            links[link] = _real(link)
            _follow(link.parent / link.readlink(), links)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve raises for links that lead in a circle


def _link(root: Path, path: Path, target: Path) -> None:
    place = root / path.relative_to("/")
    if not os.path.lexists(place):
        _folder(root, path.parent)
        place.symlink_to(target)


def _close(root: Path) -> None:
    """Let nothing be added."""
    descriptor = os.open(root, os.O_PATH | os.O_CLOEXEC)
    _set_attributes(descriptor, _READ_ONLY)
    os.close(descriptor)


def _change_root(root: Path) -> None:
    if machine() not in _PIVOT_ROOT:
        raise OSError(errno.ENOSYS, f"the number of pivot_root on {machine()} is not known")
    os.chdir(root)
    system_call(_PIVOT_ROOT[machine()], b".", b".")  # see pivot_root(2): the old one now lies on the new one
    call("umount2", b".", _DETACH)
