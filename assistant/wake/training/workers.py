"""Runs jobs in processes of their own, one computing thread each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Takes how many steps are done, and of how many."""


def run_all(jobs: Sequence[Callable[[], Result]], workers: int, progress: Progress) -> list[Result]:
    """The jobs' results in order; jobs must be picklable."""
    with _one_thread_each(), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(job) for job in jobs]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                future.result()
                progress(done, len(running))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in running]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Numpy's libraries read this when the new processes load them; else they would fight for the cores."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
