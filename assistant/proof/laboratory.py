"""Makes the folders that the proof needs, runs it in a room of its own, and takes them away again."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from assistant.config import Config
from assistant.errors import PrivacyError, StorageError
from assistant.fence.reach import of_run
from assistant.proof import proof, room, standing
from assistant.proof.helper import Helper
from assistant.proof.proof import Order
from assistant.proof.report import Row


def rows(config: Config) -> Iterator[Row]:
    """What the proof finds, as it finds it; progress goes to standard error. Raises AssistantError."""
    with ExitStack() as stack:
        order = _order(config, stack)
        inside = stack.enter_context(Helper(room.__name__, sys.executable, "-m", proof.__name__))
        inside.tell(json.dumps(asdict(order)))
        for line in inside.lines():
            yield _row(json.loads(line))
        if status := inside.wait():
            raise _failed(status)


def _failed(status: int) -> PrivacyError:
    if status == os.EX_OSERR:
        return PrivacyError(
            en="The proof needs a user and a network namespace, and this kernel gave none; try sudo.",
            zh="证明需要用户和网络命名空间，但内核没有给；请用 sudo 再试。",
        )
    return PrivacyError(
        en=f"The proof broke off (status {status}), so nothing is proven; what went wrong stands above.",
        zh=f"证明中断（状态 {status}），因此什么都没有证明；原因见上文。",
    )


def _row(fields: dict[str, Any]) -> Row:
    if fields.keys() == {"en", "zh"}:
        raise PrivacyError(**fields)
    return Row.from_json(fields)


def _order(config: Config, stack: ExitStack) -> Order:
    reach = of_run(config)
    temporary, private, runtime = (
        _folder(stack, place) for place in (Path(gettempdir()), Path.home(), _runtime())
    )
    return Order(
        config=config.model_dump(mode="json"),
        reach=standing.to_json(reach) if config.privacy.fence else None,
        search=_outermost([Path.home(), config.state, config.socket.parent, _runtime(), *_SHARED]),
        runtime=str(runtime),
        temporary=str(temporary),
        private=str(private),
    )


_SHARED = (Path(gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # noqa: S108 - only read


def _runtime() -> Path:
    """Where programs of this user put their sockets."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or ("/run" if os.access("/run", os.W_OK) else gettempdir())
    return Path(folder)


def _folder(stack: ExitStack, place: Path) -> Path:
    try:
        return Path(stack.enter_context(TemporaryDirectory(prefix=".xiaoben-proof-", dir=place)))
    except OSError as error:
        raise StorageError(
            en=f"The proof needs a folder of its own in {place}: {error.strerror}; let it write there.",
            zh=f"证明需要在 {place} 中新建文件夹：{error.strerror}；请允许写入。",
        ) from error


def _outermost(folders: Iterable[Path]) -> list[str]:
    """Those that are there and that a search of the others, each on its file system, does not come to."""
    found = {folder.resolve() for folder in folders if folder.is_dir()}
    return sorted(str(folder) for folder in found if not found & set(_leading_to(folder)))


def _leading_to(folder: Path) -> Iterator[Path]:
    """The folders above, up to the border of the file system."""
    device = folder.stat().st_dev
    return takewhile(lambda above: above.stat().st_dev == device, folder.parents)
