"""The folder of installed models: `<folder>/<id>/<path>`, and what each file must be.

That is what the catalogue says, what the maker's server named when it was fetched, or what the user trusted.
"""

import json
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Literal

from assistant.weights import gate
from assistant.weights.catalogue import Catalogue, Entry, File
from assistant.weights.checksum import Pin, sha256_of
from assistant.weights.staging import settle, storing

State = Literal["installed", "missing", "damaged", "untrusted"]

_VERIFIED = ".verified.json"
"""Keeps, beside a model, what upstream said of the files for which the catalogue has no checksum."""
_TRUSTED = ".trusted.json"
"""Keeps, beside a model, what the user has trusted: it counts more than the catalogue."""


class Store:
    """The models of a catalogue as far as they are on this machine."""

    def __init__(
        self, folder: Path, catalogue: Catalogue, sha256_of: Callable[[Path], str] = sha256_of
    ) -> None:
        """`folder` need not be there yet; `sha256_of` may remember a file that has not changed."""
        self.folder = folder
        self.catalogue = catalogue
        self._sha256_of = sha256_of

    def path(self, model_id: str) -> Path:
        """The folder of a model that may be loaded, all of it.

        Raises ModelError when it is unknown, missing, not whole or not to be trusted.
        """
        entry = self.catalogue.find(model_id)
        if self.state(entry) == "untrusted":
            raise gate.unvouched(self._place(entry, self.missing(entry)[0].path), model_id)
        if missing := self.missing(entry):
            raise gate.not_whole(self._place(entry, missing[0].path), model_id)
        gate.check(entry, self.folder / model_id, self._pins(entry), self._sha256_of)
        return self.folder / model_id

    def missing(self, entry: Entry) -> list[File]:
        """The model's files that are not there at their size."""
        pins = self._pins(entry)
        return [
            file
            for file in entry.files
            if file.path not in pins or _length(self._place(entry, file.path)) != pins[file.path].bytes
        ]

    def state(self, entry: Entry) -> State:
        """How the model is, by its files' sizes.

        It is damaged when some are whole, or one has the wrong size, and untrusted when nothing is known of
        some that are there.
        """
        missing = self.missing(entry)
        if not missing:
            return "installed"
        there = [file for file in entry.files if self._place(entry, file.path).exists()]
        if len(there) == len(entry.files) and not self._pins(entry).keys() & {file.path for file in missing}:
            return "untrusted"
        return "damaged" if there else "missing"

    def verify(self, entry: Entry) -> list[str]:
        """Read all the model's files and give the paths of those that are not what they must be.

        A damaged file is taken out, so that the next pull brings it anew; raises StorageError if it cannot.
        """
        pins = self._pins(entry)
        damaged = [file.path for file in entry.files if not self._is_whole(entry, file.path, pins)]
        with storing(self.folder):
            for path in pins.keys() & damaged:  # not what a person put there and nothing is known of
                self._place(entry, path).unlink(missing_ok=True)
        return damaged

    def place(self, entry: Entry, files: Mapping[str, tuple[Path, Pin | None]]) -> None:
        """Move files, by their paths in the model, to where they belong.

        They are checked; of a file without a pin nobody knows what it must be.
        """
        if not files:
            return
        for path, (source, _) in files.items():
            settle(source, self._place(entry, path))
        trusted, verified = self._recorded(entry, _TRUSTED), self._recorded(entry, _VERIFIED)
        pinned = {path: pin for path, (_, pin) in files.items() if pin and path not in _in_catalogue(entry)}
        self._record(entry, _TRUSTED, _without(trusted, files))
        self._record(entry, _VERIFIED, _without(verified, files) | pinned)

    def strangers(self, entry: Entry) -> dict[str, Pin]:
        """Read the model's files: those that may not be loaded, as they are.

        Raises ModelError when one is missing.
        """
        pins = self._pins(entry)
        found = {}
        for file in entry.files:
            place = self._place(entry, file.path)
            if not place.is_file():
                raise gate.not_whole(place, entry.id)
            found[file.path] = Pin(place.stat().st_size, sha256_of(place))
        return {path: pin for path, pin in found.items() if pins.get(path) != pin}

    def trust(self, entry: Entry, files: Mapping[str, Pin]) -> None:
        """Let the files be loaded as long as they are what their pins say; raises StorageError."""
        with storing(self.folder):
            self._record(entry, _TRUSTED, {**self._recorded(entry, _TRUSTED), **files})

    def _place(self, entry: Entry, path: str) -> Path:
        return self.folder / entry.id / path

    def _is_whole(self, entry: Entry, path: str, pins: Mapping[str, Pin]) -> bool:
        file = self._place(entry, path)
        return path in pins and file.is_file() and sha256_of(file) == pins[path].sha256

    def _pins(self, entry: Entry) -> dict[str, Pin]:
        return self._recorded(entry, _VERIFIED) | _in_catalogue(entry) | self._recorded(entry, _TRUSTED)

    def _record(self, entry: Entry, name: str, pins: Mapping[str, Pin]) -> None:
        if pins == self._recorded(entry, name):
            return
        draft = self._place(entry, f"{name}.new")
        draft.write_text(json.dumps({path: [pin.bytes, pin.sha256] for path, pin in pins.items()}), "utf-8")
        settle(draft, self._place(entry, name))

    def _recorded(self, entry: Entry, name: str) -> dict[str, Pin]:
        try:
            record = json.loads(self._place(entry, name).read_text(encoding="utf-8"))
            return {path: Pin(*pin) for path, pin in record.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # without a record the files count as missing, and are pulled again


def _length(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _in_catalogue(entry: Entry) -> dict[str, Pin]:
    return {file.path: Pin(file.bytes, file.sha256) for file in entry.files if file.sha256}


def _without(pins: Mapping[str, Pin], paths: Container[str]) -> dict[str, Pin]:
    return {path: pin for path, pin in pins.items() if path not in paths}
