"""What is installed, and whether it is whole."""

from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.weights.checksum import Pin
from assistant.weights.store import Store
from tests.weights.fakes import WEIGHTS, model, sha256, store_of

FILES = {"model.bin": WEIGHTS, "voices/a.bin": b"voice"}
URL = {"kind": "url", "url": "http://127.0.0.1/{path}"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Holds one whole model, one that is missing, and one of which the catalogue knows no checksum."""
    store = store_of(
        tmp_path / "models",
        model("whole", FILES, URL),
        model("missing", FILES, URL),
        model("unpinned", {"model.bin": WEIGHTS}, URL, pinned=False),
    )
    for path, content in FILES.items():
        place(store, "whole", path, content)
    return store


def place(store: Store, model_id: str, path: str, content: bytes) -> Path:
    target = store.folder / model_id / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def test_an_installed_model_has_a_folder(store: Store):
    assert store.path("whole") == store.folder / "whole"
    assert store.state(store.catalogue.find("whole")) == "installed"


def test_a_model_that_is_not_installed_is_one_sentence_with_the_remedy(store: Store):
    with pytest.raises(ModelError) as raised:
        store.path("missing")
    assert "'missing' is not installed" in raised.value.en
    assert raised.value.en.endswith("run `xiaoben models pull missing`.")
    assert "`xiaoben models pull missing`" in raised.value.zh
    assert store.state(store.catalogue.find("missing")) == "missing"


def test_an_unknown_model_gets_a_suggestion(store: Store):
    with pytest.raises(ModelError, match="did you mean 'whole'"):
        store.path("hole")


@pytest.mark.parametrize("content", [None, WEIGHTS[:-1], b""])
def test_a_model_with_a_file_short_is_damaged(store: Store, content: bytes | None):
    file = store.folder / "whole" / "model.bin"
    file.unlink() if content is None else file.write_bytes(content)
    assert store.state(store.catalogue.find("whole")) == "damaged"
    with pytest.raises(ModelError, match=r"not whole \(.*model\.bin\)"):
        store.path("whole")


def test_verify_finds_a_flipped_bit_and_takes_the_file_out_for_the_next_pull(store: Store):
    entry = store.catalogue.find("whole")
    assert store.verify(entry) == []
    file = place(store, "whole", "model.bin", bytes([WEIGHTS[0] ^ 1]) + WEIGHTS[1:])
    assert store.state(entry) == "installed"
    assert store.verify(entry) == ["model.bin"]
    assert not file.exists()
    assert (store.folder / "whole" / "voices" / "a.bin").exists()
    assert [missing.path for missing in store.missing(entry)] == ["model.bin"]


def test_what_upstream_said_of_a_file_is_remembered(store: Store, tmp_path: Path):
    entry = store.catalogue.find("unpinned")
    ready = tmp_path / "ready"
    ready.write_bytes(b"another length than the catalogue expects")
    store.place(entry, {"model.bin": (ready, Pin(ready.stat().st_size, sha256(ready.read_bytes())))})
    again = Store(store.folder, store.catalogue)
    assert again.path("unpinned")
    assert again.verify(entry) == []
    place(store, "unpinned", "model.bin", b"another length than the catalogue expectz")
    assert again.verify(entry) == ["model.bin"]


@pytest.mark.parametrize("record", ["", "{", "[1]", '{"model.bin": 1}', '{"model.bin": [1]}'])
def test_a_file_of_which_nothing_is_known_is_not_trusted_and_not_deleted(store: Store, record: str):
    file = place(store, "unpinned", "model.bin", WEIGHTS)
    place(store, "unpinned", ".verified.json", record.encode())
    entry = store.catalogue.find("unpinned")
    assert store.state(entry) == "damaged"
    assert store.verify(entry) == ["model.bin"]
    assert file.exists()
