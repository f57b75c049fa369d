"""What comes before the first word is heard or read: the process is closed off, or does not go on."""

import logging
import os
import pwd
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant import memory, paths
from assistant.config import Config
from assistant.errors import StorageError, UsageError, localized
from assistant.fence import Reach, enclose, observe
from assistant.fence.reach import of_run
from assistant.lan import broker
from assistant.lan.client import Lan
from assistant.weights.gate import require_private

_LOGGER = logging.getLogger(__name__)

_READ, _PASS = 0o4, 0o1


@contextmanager
def fenced(config: Config, recording: Path | None = None, outputs: Sequence[Path] = ()) -> Iterator[Lan]:
    """Fence this process in for good; within the block, the way into the LAN.

    What is heavy is to be imported in the block. A fence holds the thread that puts it up and those it
    starts: numpy and the engines start some when they are imported, which would be left outside.

    May start the process again, so nothing may have been read or printed. Raises UsageError, ModelError,
    StorageError or PrivacyError.
    """
    _wipe_memory()
    _check_models(config.models)
    with broker.started(config) as lan:  # before the fence, for it has the network that we shall not have
        os.umask(0o077)  # what we write is for the user's eyes only; the broker's bytecode is for everybody's
        if config.privacy.fence:
            _check_for_root([*_program(config), *outputs, *([recording] if recording else [])])
            reach = of_run(config, recording, outputs)
            _check_owner(paths.runtime_folder())
            _fence(reach + Reach(sockets=[lan.folder] if config.lan else []))
        else:
            _LOGGER.warning(
                localized(en="No fence: `privacy.fence` is off.", zh="没有围栏：`privacy.fence` 已关闭。")
            )
        memory.forbid_dumps()
        yield lan


def _wipe_memory() -> None:
    """Start again, once, with an allocator that overwrites what is freed; it is told at the start only."""
    if environment := memory.wiping_environment(os.environ):
        os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606 - our own command line


def _check_models(folder: Path) -> None:
    """Raise ModelError when everybody could exchange them; behind the fence the folders above are our own."""
    links = (path for path in folder.rglob("*") if path.is_symlink())
    for place in (folder, *links):
        if os.path.exists(place):  # noqa: PTH110 - which is no error where we may not look
            require_private(place)


def _program(config: Config) -> list[Path]:
    own = [config.skills.folder] if config.skills.folder else []
    return [paths.PACKAGE, Path(sys.prefix), Path(sys.base_prefix), config.models, *own]


def _check_for_root(places: Sequence[Path]) -> None:
    """Raise UsageError for what root reads by its privileges, which end at the fence."""
    if os.geteuid() != 0:
        return
    for place in filter(Path.exists, _ways(places)):
        if _is_closed(place, _READ if place in places else _PASS):
            owner = _name(place.stat().st_uid)
            raise UsageError(
                en=f"{place} can be read by {owner} alone, for behind the fence root is no more than others; "
                f"run `xiaoben` as {owner}, without sudo.",
                zh=f"{place} 只有 {owner} 能读取，因为在围栏内 root 没有特权；"
                f"请以 {owner} 的身份运行 `xiaoben`，不要用 sudo。",
            )


def _ways(places: Sequence[Path]) -> Iterator[Path]:
    """What one passes on the way to each place, over links and without, and the place itself."""
    for place in places:
        for path in (place.absolute(), Path(os.path.realpath(place))):
            yield from (*reversed(path.parents), path)


def _is_closed(place: Path, needed: int) -> bool:
    """Whether it is another's and its mode grants us less than is `needed`."""
    status = place.stat()
    of_group = status.st_gid in {os.getegid(), *os.getgroups()}
    granted = status.st_mode >> 3 if of_group else status.st_mode
    return status.st_uid != 0 and not granted & needed


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _check_owner(folder: Path) -> None:
    """Raise StorageError for a folder below /tmp that somebody else made for us, or a link there."""
    if folder.lstat().st_uid not in (os.geteuid(), 0):
        raise StorageError(
            en=f"The folder {folder} belongs to somebody else; set XDG_RUNTIME_DIR to a folder of yours.",
            zh=f"文件夹 {folder} 属于其他用户；请把 XDG_RUNTIME_DIR 设为你自己的文件夹。",
        )


def _fence(reach: Reach) -> None:
    enclose(reach)
    try:
        tempfile.gettempdir()  # a /tmp of our own, which ends with us
    except FileNotFoundError:  # where there are no namespaces it is everybody's, and out of reach
        tempfile.tempdir = str(paths.runtime_folder())
    layers = observe()
    _LOGGER.info("Fenced: %s", ", ".join(layer.name for layer in layers if layer.enforced) or "-")
    for layer in layers:
        if not layer.enforced:
            _LOGGER.warning("%s: %s", layer.name, localized(en=layer.en, zh=layer.zh))
