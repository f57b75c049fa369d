"""What is installed, and whether it is whole."""

import os
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
    assert store.state(entry) == "untrusted"
    assert store.verify(entry) == ["model.bin"]
    assert file.exists()
    with pytest.raises(ModelError, match=r"Nothing vouches for .*model\.bin") as raised:
        store.path("unpinned")
    assert "`xiaoben models trust unpinned`" in raised.value.en
    assert "`xiaoben models trust unpinned`" in raised.value.zh


def trust(store: Store, model_id: str) -> dict[str, Pin]:
    """Trust the model as it is."""
    entry = store.catalogue.find(model_id)
    strangers = store.strangers(entry)
    store.trust(entry, strangers)
    return strangers


def test_a_file_of_the_right_size_and_the_wrong_content_is_not_given_out(store: Store):
    changed = bytes([WEIGHTS[0] ^ 1]) + WEIGHTS[1:]
    place(store, "whole", "model.bin", changed)
    with pytest.raises(ModelError) as raised:
        store.path("whole")
    for words in (sha256(WEIGHTS), sha256(changed), "model.bin", "models verify whole", "models trust whole"):
        assert words in raised.value.en
        assert words in raised.value.zh


def test_what_the_user_has_trusted_is_given_out_until_it_changes(store: Store):
    place(store, "whole", "model.bin", b"my own")
    assert trust(store, "whole") == {"model.bin": Pin(6, sha256(b"my own"))}
    assert store.path("whole")
    assert store.verify(store.catalogue.find("whole")) == []
    assert trust(store, "whole") == {}
    place(store, "whole", "model.bin", b"my 0wn")
    with pytest.raises(ModelError, match="is not the one it must be"):
        store.path("whole")


def test_a_model_of_which_nothing_was_known_can_be_trusted(store: Store):
    place(store, "unpinned", "model.bin", WEIGHTS)
    trust(store, "unpinned")
    assert store.path("unpinned")


def test_what_is_missing_cannot_be_trusted(store: Store):
    with pytest.raises(ModelError, match="'missing' is not installed"):
        trust(store, "missing")


def test_a_file_that_is_brought_ends_the_trust_in_the_one_before(store: Store, tmp_path: Path):
    entry = store.catalogue.find("whole")
    place(store, "whole", "model.bin", b"my own")
    trust(store, "whole")
    (tmp_path / "ready").write_bytes(WEIGHTS)
    store.place(entry, {"model.bin": (tmp_path / "ready", Pin(len(WEIGHTS), sha256(WEIGHTS)))})
    assert store.path("whole")
    assert trust(store, "whole") == {}


def test_a_file_known_by_its_name_only_ends_what_upstream_said_of_the_one_before(
    store: Store, tmp_path: Path
):
    entry = store.catalogue.find("unpinned")
    for pin, state in ((Pin(5, sha256(b"first")), "installed"), (None, "untrusted")):
        (tmp_path / "ready").write_bytes(b"first")
        store.place(entry, {"model.bin": (tmp_path / "ready", pin)})
        assert store.state(entry) == state


@pytest.mark.parametrize("stray", ["preprocessor_config.json", "a.bin", "voices/b.bin"])
def test_a_file_that_is_no_part_of_the_model_is_named(store: Store, stray: str):
    place(store, "whole", stray, b"{}")
    with pytest.raises(ModelError) as raised:
        store.path("whole")
    assert str(store.folder / "whole" / stray) in raised.value.en
    assert "move it away" in raised.value.en
    assert "移走" in raised.value.zh


@pytest.mark.parametrize("shared", ["whole/model.bin", "whole/voices", "whole", "."])
def test_what_everybody_may_change_is_not_given_out(store: Store, shared: str):
    place = (store.folder / shared).resolve()
    before = place.stat().st_mode
    place.chmod(before | 0o002)
    with pytest.raises(ModelError) as raised:
        store.path("whole")
    place.chmod(before)
    assert f"chmod o-w {place}`" in raised.value.en
    assert f"chmod o-w {place}`" in raised.value.zh
    assert store.path("whole")


def test_a_link_to_what_everybody_may_change_is_not_given_out(store: Store, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    (store.folder / "whole" / "model.bin").rename(elsewhere / "model.bin")
    (store.folder / "whole" / "model.bin").symlink_to(elsewhere / "model.bin")
    with pytest.raises(ModelError, match=r"Everybody on this machine may change .*elsewhere"):
        store.path("whole")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_so(store: Store):
    (store.folder / "whole" / "model.bin").chmod(0)
    with pytest.raises(ModelError, match="cannot be read: Permission denied"):
        store.path("whole")
