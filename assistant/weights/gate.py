"""What must hold before a model is loaded: its files are those that are meant, and others cannot change them.

The engines parse their files in C++ within the daemon, where a broken one may crash it and a malicious one
may do worse. So nothing but known bytes reaches them.
"""

import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from assistant.errors import ModelError
from assistant.weights.catalogue import Entry
from assistant.weights.checksum import Pin


def check(entry: Entry, folder: Path, pins: Mapping[str, Pin], sha256_of: Callable[[Path], str]) -> None:
    """Raise ModelError unless `folder` has the model's files, as `pins` say, and none besides."""
    for file in entry.files:
        place = folder / file.path
        found = _digest(place, sha256_of)
        if found != pins[file.path].sha256:
            raise _stranger(place, entry.id, pins[file.path].sha256, found)
        require_private(place)
    for stray in _strays(entry, folder):
        raise _part_of_nothing(stray, entry.id)


def _digest(place: Path, sha256_of: Callable[[Path], str]) -> str:
    try:
        return sha256_of(place)
    except OSError as error:
        raise ModelError(
            en=f"The model file {place} cannot be read: {error.strerror}; make it readable.",
            zh=f"无法读取模型文件 {place}：{error.strerror}；请使其可读。",
        ) from error


def _strays(entry: Entry, folder: Path) -> Iterator[Path]:
    """Visible files that are none of the model's: an engine that is given the folder might read them."""
    known = {folder / file.path for file in entry.files}
    for path in sorted(folder.rglob("[!.]*")):
        if path.is_file() and path not in known:
            yield path


def require_private(path: Path) -> None:
    """Raise ModelError when everybody could change the file, or put another in its place."""
    whole = path.resolve()
    for place in dict.fromkeys((path, *path.parents, whole, *whole.parents)):
        mode = place.stat().st_mode
        if mode & stat.S_IWOTH and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
            raise ModelError(
                en=f"Everybody on this machine may change {place}, so no model is loaded from there; "
                f"run `chmod o-w {place}` and `xiaoben models verify`.",
                zh=f"本机任何人都能修改 {place}，因此不从那里加载模型；"
                f"请运行 `chmod o-w {place}` 和 `xiaoben models verify`。",
            )


def not_whole(place: Path, model_id: str) -> ModelError:
    """A file is missing or has the wrong size."""
    return ModelError(
        en=f"The model '{model_id}' is not installed or not whole ({place}); "
        f"run `xiaoben models pull {model_id}`.",
        zh=f"模型“{model_id}”未安装或不完整（{place}）；请运行 `xiaoben models pull {model_id}`。",
    )


def unvouched(place: Path, model_id: str) -> ModelError:
    """Nothing is known of a file that is there."""
    return ModelError(
        en=f"Nothing vouches for the model file {place}; `xiaoben models pull {model_id}` fetches the "
        f"maker's own, `xiaoben models trust {model_id}` takes it as it is.",
        zh=f"模型文件 {place} 来源无从核实；`xiaoben models pull {model_id}` 下载原版，"
        f"`xiaoben models trust {model_id}` 表示信任现有文件。",
    )


def _stranger(place: Path, model_id: str, expected: str, found: str) -> ModelError:
    return ModelError(
        en=f"The model file {place} is not the one it must be (SHA-256 {found} instead of {expected}); run "
        f"`xiaoben models verify {model_id}` and pull it again, or `xiaoben models trust {model_id}` "
        "if it is yours.",
        zh=f"模型文件 {place} 不是应有的文件（SHA-256 为 {found}，应为 {expected}）；请运行 "
        f"`xiaoben models verify {model_id}` 并重新下载；若是你自己的文件，请运行 "
        f"`xiaoben models trust {model_id}`。",
    )


def _part_of_nothing(stray: Path, model_id: str) -> ModelError:
    return ModelError(
        en=f"The file {stray} is no part of the model '{model_id}', yet would be loaded with it; "
        "move it away and start again.",
        zh=f"文件 {stray} 不属于模型“{model_id}”，却可能随之加载；请移走它再启动。",
    )
