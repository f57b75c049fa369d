"""Files out of the packages of pip's and npm's registries, got with the ordinary clients."""

import errno
import gzip
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from assistant.weights.catalogue import Client, File, PackageSource
from assistant.weights.progress import SourceError
from assistant.weights.upstream import Tick

_BLOCK_BYTES = 1 << 20


class Archives(Protocol):
    """Where packages are had from."""

    def archive(self, client: Client, package: str) -> Path:
        """The package as a file, a `.whl` or a `.tar`; raises SourceError."""
        ...


class Registry:
    """Downloads packages, each once."""

    def __init__(self, folder: Path) -> None:
        """Packages are kept in `folder` for as long as that is there."""
        self._folder = folder
        self._tried: dict[str, Path | SourceError] = {}

    def archive(self, client: Client, package: str) -> Path:
        """The package as a file; raises SourceError, at once if it was not to be had before."""
        if package not in self._tried:
            self._tried[package] = self._try(client, package)
        outcome = self._tried[package]
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def _try(self, client: Client, package: str) -> Path | SourceError:
        folder = self._folder / f"{client}-{len(self._tried)}"
        folder.mkdir()
        try:
            _run(_command(client, package), folder)
            return _random_access(next(folder.glob("*.whl" if client == "pip" else "*.tgz")), folder)
        except SourceError as reason:
            return reason


class Shelf:
    """Packages that lie on this machine as files."""

    def __init__(self, archives: Sequence[Path], folder: Path) -> None:
        """`archives` are wheels and npm's `.tgz`; `folder` is for what must be unpacked."""
        self._archives = archives
        self._folder = folder

    def archive(self, client: Client, package: str) -> Path:
        """The package as a file; raises SourceError when it is not among them."""
        return _random_access(self.find(client, package), self._folder)

    def find(self, client: Client, package: str) -> Path:
        """The package as it was given; raises SourceError when it is not among them."""
        wanted = re.compile(_file_name(client, package), re.IGNORECASE)
        for path in self._archives:
            if wanted.fullmatch(path.name):
                return path
        raise SourceError(en="not among the files given", zh="不在所给的文件中")


def assemble(source: PackageSource, file: File, archives: Archives, target: Path, tick: Tick) -> None:
    """Write the source's parts, one after the other, to `target`; raises SourceError."""
    with target.open("wb") as whole:
        for part in source.parts:
            archive = archives.archive(source.kind, part.package)
            with _opened(archive, part.member.replace("{path}", file.path)) as member:
                while block := member.read(_BLOCK_BYTES):
                    whole.write(block)
                    tick(whole.tell())


def _command(client: Client, package: str) -> list[str]:
    if client == "npm":
        return ["npm", "pack", "--ignore-scripts", "--fetch-retries=1", "--pack-destination=.", package]
    # Wheels only, which run nothing; their demands on the interpreter do not matter for a file in them.
    options = "--no-deps --only-binary=:all: --ignore-requires-python --disable-pip-version-check --no-input"
    return [sys.executable, "-m", "pip", "download", *options.split(), "--retries=1", "--dest=.", package]


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        # TMPDIR: what the client writes meanwhile goes with the folder, and fills no other disk.
        environment = {**os.environ, "TMPDIR": str(folder)}
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SourceError(en=f"{command[0]} is not installed", zh=f"未安装 {command[0]}") from error
    if "No space left on device" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if done.returncode:
        raise SourceError(en=f"failed ({_complaint(done.stderr)})", zh=f"失败（{_complaint(done.stderr)}）")


def _complaint(output: str) -> str:
    # Both clients say what is wrong first, and then, at length, what one might do.
    error = re.search("^(npm )?error.*", output, re.IGNORECASE | re.MULTILINE)
    return error[0] if error else output.strip()[-100:]


def _file_name(client: Client, package: str) -> str:
    if client == "npm":
        name, version = package.rsplit("@", 1)
        return re.escape(f"{name}-{version}.tgz")
    name, version = package.split("==")
    return re.sub("[-_.]+", "[-_.]+", name) + re.escape(f"-{version}-") + r".*\.whl"


def _random_access(archive: Path, folder: Path) -> Path:
    # Reading a compressed tar file means reading all of it, for every member anew.
    if archive.suffix != ".tgz":
        return archive
    plain = folder / f"{archive.stem}.tar"
    if not plain.exists():
        with _readable(archive), gzip.open(archive) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
    return plain


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[IO[bytes]]:
    open_member = _in_wheel if archive.suffix == ".whl" else _in_tar
    with _readable(archive):
        try:
            with open_member(archive, member) as file:
                yield file
        except KeyError as error:
            raise SourceError(en=f"has no {member}", zh=f"其中没有 {member}") from error


@contextmanager
def _in_wheel(archive: Path, member: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(archive) as package, package.open(member) as file:
        yield file


@contextmanager
def _in_tar(archive: Path, member: str) -> Iterator[IO[bytes]]:
    with tarfile.open(archive) as package:
        file = package.extractfile(member)
        if file is None:  # a folder
            raise KeyError(member)
        with file:
            yield file


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SourceError(en=f"{archive.stem} is damaged", zh=f"{archive.stem} 已损坏") from error
