"""Fetches what is missing of models: all of a model's files are checked before the first is put in place."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from assistant.weights.catalogue import Entry
from assistant.weights.delivery import Delivery
from assistant.weights.packages import Archives, Registry
from assistant.weights.progress import Advanced, Installed, Report
from assistant.weights.staging import require_space, staging
from assistant.weights.store import Store
from assistant.weights.upstream import Upstream


def pull(
    store: Store,
    entries: Sequence[Entry],
    report: Report,
    upstream: Upstream | None = None,
    registry: Callable[[Path], Archives] = Registry,
) -> None:
    """Install the models that are not; a second call for whole ones does nothing.

    Raises ModelError when no source has a file, StorageError when the disk does not take it. What has arrived
    of a file stays in the hidden folder, and the next call goes on from there.
    """
    entries = [entry for entry in entries if store.missing(entry)]
    if not entries:
        return
    with staging(store.folder) as stage:
        require_space(store.folder, sum(_bytes_missing(store, entry) for entry in entries))
        delivery = Delivery(upstream or Upstream(), registry(stage.scratch), report)
        for entry in entries:
            _pull(store, entry, delivery, stage.parts / entry.id, report)


def _pull(store: Store, entry: Entry, delivery: Delivery, folder: Path, report: Report) -> None:
    done = entry.bytes - _bytes_missing(store, entry)
    ready = {}
    for file in store.missing(entry):
        ready[file.path] = delivery.bring(entry, file, folder, partial(_advance, report, entry, done))
        done += file.bytes
    store.place(entry, ready)
    shutil.rmtree(folder, ignore_errors=True)
    report(Installed(entry.id))


def _advance(report: Report, entry: Entry, before: int, here: int) -> None:
    report(Advanced(entry.id, before + here, entry.bytes))


def _bytes_missing(store: Store, entry: Entry) -> int:
    return sum(file.bytes for file in store.missing(entry))
