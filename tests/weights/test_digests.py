"""A file is read again only when it has changed."""

import json
import os
import stat
from pathlib import Path

import pytest

from assistant.weights import digests
from assistant.weights.digests import Digests
from tests.weights.fakes import sha256


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that was changed long enough ago."""
    monkeypatch.setattr(digests, "_SETTLED_NS", -1)
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "state" / "models.json"


def believed(record: Path, file: Path) -> str:
    """What is given once the record says something else: that, or the content if the file is read again."""
    known = json.loads(record.read_text())
    known[str(file)][1] = "as remembered"
    record.write_text(json.dumps(known))
    return Digests(record).sha256_of(file)


def test_a_file_that_has_not_changed_is_not_read_again(file: Path, record: Path):
    assert Digests(record).sha256_of(file) == sha256(b"weights")
    assert believed(record, file) == "as remembered"


def test_the_record_is_for_its_owner_s_eyes(file: Path, record: Path):
    Digests(record).sha256_of(file)
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
    assert list(record.parent.iterdir()) == [record]


def rewritten(file: Path) -> None:
    """Another content of the same length, with the time of the old one."""
    times = file.stat()
    file.write_bytes(b"W" + file.read_bytes()[1:])
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def exchanged(file: Path) -> None:
    """Another file moved to its place, with the same time."""
    times = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"Weights")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(file)


@pytest.mark.parametrize("change", [rewritten, exchanged])
def test_a_changed_file_is_read_again_though_it_looks_the_same(change, file: Path, record: Path):
    assert Digests(record).sha256_of(file) == sha256(b"weights")
    change(file)
    assert believed(record, file) == sha256(b"Weights")


def test_a_running_one_notices_a_change(file: Path, record: Path):
    known = Digests(record)
    known.sha256_of(file)
    file.write_bytes(b"Weights")
    assert known.sha256_of(file) == sha256(b"Weights")


def test_what_changed_a_moment_ago_is_not_remembered(tmp_path: Path, record: Path):
    (tmp_path / "fresh").write_bytes(b"weights")
    assert Digests(record).sha256_of(tmp_path / "fresh") == sha256(b"weights")
    assert not record.exists()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"FILE": 1}', '{"FILE": [[1], "x"]}', '{"FILE": [[1, 2, 3, "x"], "y"]}', "\\xff"],
)
def test_a_damaged_record_is_as_none(content: str, file: Path, record: Path):
    record.parent.mkdir()
    record.write_text(content.replace("FILE", str(file)))
    record.chmod(0o600)
    assert Digests(record).sha256_of(file) == sha256(b"weights")
    assert believed(record, file) == "as remembered"


def test_a_record_that_others_could_write_is_as_none(file: Path, record: Path):
    Digests(record).sha256_of(file)
    record.chmod(0o622)
    assert believed(record, file) == sha256(b"weights")


def test_without_a_place_for_the_record_files_are_read(file: Path, tmp_path: Path):
    known = Digests(tmp_path / "model.bin" / "models.json")
    assert known.sha256_of(file) == sha256(b"weights")


def test_a_missing_file_has_no_checksum(tmp_path: Path, record: Path):
    with pytest.raises(FileNotFoundError):
        Digests(record).sha256_of(tmp_path / "none")
