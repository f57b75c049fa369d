"""Has what nobody vouches for loaded in a process of its own: what crashes there harms nothing else."""

import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.errors import ModelError

_LONGEST_SECONDS = 180.0  # a large model on a slow machine


def attempt(load: Callable[..., object], *args: Any) -> None:
    """Call `load`, a function of a module, in a new process; raises ModelError when that fails or dies."""
    process = multiprocessing.get_context("spawn").Process(target=_alone, args=(load, *args), daemon=True)
    process.start()
    process.join(_LONGEST_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    if process.exitcode:
        raise _failed(process.exitcode)


def _alone(load: Callable[..., object], *args: Any) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Path("/proc/self/oom_score_adj").write_text(
        "1000"
    )  # if memory runs out, let it be this process that ends
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # the engines' own words help nobody
    load(*args)


def _failed(status: int) -> ModelError:
    if status > 0:
        return ModelError(
            en="A trial load in a process of its own failed: this is no such model; it is not trusted.",
            zh="在单独的进程中试加载失败：这不是此类模型；未予信任。",
        )
    name = signal.Signals(-status).name
    return ModelError(
        en=f"A trial load in a process of its own crashed ({name}): the file is broken or malicious; "
        "it is not trusted.",
        zh=f"在单独的进程中试加载时崩溃（{name}）：文件已损坏或怀有恶意；未予信任。",
    )
