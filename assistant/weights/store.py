"""The folder of installed models: `<folder>/<id>/<path>`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from assistant.errors import ModelError
from assistant.weights.catalogue import Catalogue, Entry, File
from assistant.weights.checksum import Pin, sha256_of
from assistant.weights.staging import settle, storing

State = Literal["installed", "missing", "damaged"]

_RECORD = ".verified.json"
"""Keeps, beside a model, what upstream said of the files for which the catalogue has no checksum."""


class Store:
    """The models of a catalogue as far as they are on this machine."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        """`folder` need not be there yet."""
        self.folder = folder
        self.catalogue = catalogue

    def path(self, model_id: str) -> Path:
        """The folder of an installed model; raises ModelError when it is unknown, missing or not whole.

        Looks at sizes only: `verify` reads the files.
        """
        entry = self.catalogue.find(model_id)
        if missing := self.missing(entry):
            raise ModelError(
                en=f"The model '{model_id}' is not installed or not whole "
                f"({self.folder / model_id / missing[0].path}); run `xiaoben models pull {model_id}`.",
                zh=f"模型“{model_id}”未安装或不完整（{self.folder / model_id / missing[0].path}）；"
                f"请运行 `xiaoben models pull {model_id}`。",
            )
        return self.folder / model_id

    def missing(self, entry: Entry) -> list[File]:
        """The model's files that are not there at their size."""
        pins = self._pins(entry)
        return [
            file
            for file in entry.files
            if file.path not in pins or _length(self.folder / entry.id / file.path) != pins[file.path].bytes
        ]

    def state(self, entry: Entry) -> State:
        """How the model is, by its files' sizes; damaged when some are whole, or one has the wrong size."""
        missing = self.missing(entry)
        if not missing:
            return "installed"
        there = any((self.folder / entry.id / file.path).exists() for file in entry.files)
        return "damaged" if there else "missing"

    def verify(self, entry: Entry) -> list[str]:
        """Read all the model's files and give the paths of those that are not what they must be.

        A damaged file is taken out, so that the next pull brings it anew; raises StorageError if it cannot.
        """
        pins = self._pins(entry)
        damaged = [file.path for file in entry.files if not self._is_whole(entry, file.path, pins)]
        with storing(self.folder):
            for path in pins.keys() & damaged:  # not what a person put there and nothing is known of
                (self.folder / entry.id / path).unlink(missing_ok=True)
        return damaged

    def place(self, entry: Entry, files: Mapping[str, tuple[Path, Pin]]) -> None:
        """Move checked files, by their paths in the model, to where they belong."""
        if not files:
            return
        pins = self._pins(entry) | {path: pin for path, (_, pin) in files.items()}
        record = {
            file.path: [pins[file.path].bytes, pins[file.path].sha256]
            for file in entry.files
            if file.path in pins and not file.sha256
        }
        for path, (source, _) in files.items():
            settle(source, self.folder / entry.id / path)
        if record:
            draft = self.folder / entry.id / f"{_RECORD}.new"
            draft.write_text(json.dumps(record), encoding="utf-8")
            settle(draft, self.folder / entry.id / _RECORD)

    def _is_whole(self, entry: Entry, path: str, pins: Mapping[str, Pin]) -> bool:
        file = self.folder / entry.id / path
        return path in pins and file.is_file() and sha256_of(file) == pins[path].sha256

    def _pins(self, entry: Entry) -> dict[str, Pin]:
        known = {file.path: Pin(file.bytes, file.sha256) for file in entry.files if file.sha256}
        return self._recorded(entry) | known

    def _recorded(self, entry: Entry) -> dict[str, Pin]:
        try:
            record = json.loads((self.folder / entry.id / _RECORD).read_text(encoding="utf-8"))
            return {path: Pin(*pin) for path, pin in record.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # without a record the files count as missing, and are pulled again


def _length(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
