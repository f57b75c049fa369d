"""Models brought by hand."""

import os
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.weights.carry import Carried, carry, unused
from assistant.weights.store import Store
from tests.weights.fakes import WEIGHTS, model, npm_package, store_of, wheel

FILES = {"model.bin": WEIGHTS, "voices/a.bin": b"voice a"}
HUB = "https://huggingface.co/Org/faster-small/resolve/0123abcd"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A model known by its checksums and in packages, and two known by name only."""
    parts = [{"package": f"thing-{part}==1", "member": f"part{part}"} for part in (1, 2)]
    return store_of(
        tmp_path / "models",
        model(
            "known",
            FILES,
            {"kind": "url", "url": "https://example.org/{path}"},
            {"kind": "pip", "files": ["model.bin"], "parts": parts},
            {
                "kind": "npm",
                "files": ["voices/*"],
                "parts": [{"package": "voices@1", "member": "package/{path}"}],
            },
        ),
        model("small", {"model.bin": WEIGHTS}, {"kind": "url", "url": f"{HUB}/{{path}}"}, pinned=False),
        model("qwen", {"model.gguf": WEIGHTS}, {"kind": "url", "url": f"{HUB}/Qwen-Q8.gguf"}, pinned=False),
    )


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """What a person brings."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_is_known_by_what_is_in_it_whatever_it_is_called(store: Store, stick: Path):
    file = write(stick / "download (3)", WEIGHTS)
    assert carry(store, [file]) == [Carried("known", "model.bin", (file,), known=True)]
    assert (store.folder / "known" / "model.bin").read_bytes() == WEIGHTS
    assert file.exists()


def test_a_folder_is_searched_and_the_model_is_whole(store: Store, stick: Path):
    write(stick / "a" / "b" / "x", WEIGHTS)
    write(stick / "y", b"voice a")
    write(stick / "holiday.jpg", b"no model")
    carried = carry(store, [stick])
    assert {each.path for each in carried} == set(FILES)
    assert unused([stick], carried) == []
    assert store.path("known")
    assert list((store.folder / ".partial").iterdir()) == []


def test_packages_are_taken_as_they_come_from_the_registries(store: Store, stick: Path):
    given = [
        wheel(stick / "thing_1-1-py3-none-any.whl", {"part1": WEIGHTS[:100]}),
        wheel(stick / "thing_2-1-py3-none-any.whl", {"part2": WEIGHTS[100:]}),
        npm_package(stick / "voices-1.tgz", {"package/voices/a.bin": b"voice a"}),
    ]
    carried = carry(store, given)
    assert carried[0].origins == tuple(given[:2])
    assert unused(given, carried) == []
    assert store.verify(store.catalogue.find("known")) == []


def test_one_package_of_two_brings_nothing(store: Store, stick: Path):
    given = wheel(stick / "thing_1-1-py3-none-any.whl", {"part1": WEIGHTS[:100]})
    assert carry(store, [given]) == []
    assert unused([given], []) == [given]
    assert not (store.folder / "known").exists()


def test_a_package_with_something_else_in_it_brings_nothing(store: Store, stick: Path):
    for part in (1, 2):
        wheel(stick / f"thing_{part}-1-py3-none-any.whl", {f"part{part}": b"something else"})
    write(stick / "voices-1.tgz", b"not even a package")
    assert carry(store, [stick]) == []


def test_a_damaged_model_is_mended(store: Store, stick: Path):
    write(store.folder / "known" / "model.bin", b"x" + WEIGHTS[1:])
    carry(store, [write(stick / "good", WEIGHTS)])
    assert (store.folder / "known" / "model.bin").read_bytes() == WEIGHTS


def test_a_file_without_a_known_checksum_is_taken_by_its_telling_name(store: Store, stick: Path):
    content = bytes(len(WEIGHTS) + 1000)
    file = write(stick / "Qwen-Q8.gguf", content)
    assert carry(store, [file]) == [Carried("qwen", "model.gguf", (file,), known=False)]
    assert store.state(store.catalogue.find("qwen")) == "untrusted"


@pytest.mark.parametrize("folder", ["small", "faster-small", "0123abcd"])
def test_a_name_that_tells_nothing_needs_the_folder_to_tell(store: Store, stick: Path, folder: str):
    write(stick / folder / "model.bin", bytes(len(WEIGHTS)))
    assert [each.model for each in carry(store, [stick])] == ["small"]


@pytest.mark.parametrize(
    ("name", "size"),
    [("model.bin", len(WEIGHTS)), ("elsewhere/model.bin", len(WEIGHTS)), ("Qwen-Q8.gguf", len(WEIGHTS) // 2)],
)
def test_neither_a_common_name_nor_half_a_file_is_taken(store: Store, stick: Path, name: str, size: int):
    write(stick / name, bytes(size))
    assert carry(store, [stick]) == []


def test_what_is_of_no_use_is_told_apart(store: Store, stick: Path):
    good, bad = write(stick / "good", WEIGHTS), write(stick / "bad", b"?")
    assert unused([good, bad], carry(store, [good, bad])) == [bad]


def test_a_file_that_may_not_be_read_is_one_sentence(
    store: Store, stick: Path, monkeypatch: pytest.MonkeyPatch
):
    file = write(stick / "model.bin", WEIGHTS)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may read everything
    with pytest.raises(InputError, match=r"model\.bin may not be read by you"):
        carry(store, [file])


def test_a_path_that_is_not_there_is_one_sentence(store: Store, stick: Path):
    with pytest.raises(InputError, match=r"There is no file or folder .*/none") as raised:
        carry(store, [stick / "none"])
    assert "找不到文件或文件夹" in raised.value.zh
