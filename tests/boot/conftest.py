import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boot import container, emulated, image
from tests.boot.container import Container
from tests.boot.emulated import Emulated
from tests.boot.image import Image


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """These take minutes: they run when asked for (`-m boot`, or by their path), not with everything."""
    return None if "boot" in config.option.markexpr else True


def _needs(*programs: str) -> None:
    if os.geteuid():
        pytest.skip("building and starting machines needs root")
    if missing := [program for program in programs if not shutil.which(program)]:
        pytest.skip(f"not installed: {' '.join(missing)}")


@pytest.fixture(scope="session")
def debian() -> Image:
    _needs(*image.PROGRAMS)
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Image.made(Path(caches, "xiaoben", "boot"))


@pytest.fixture(scope="module")
def contained(debian: Image) -> Iterator[Container]:
    _needs(*container.PROGRAMS)
    with Container.booted(debian) as machine:
        yield machine


@pytest.fixture(scope="module")
def emulated_machine(debian: Image) -> Iterator[Emulated]:
    _needs(*emulated.PROGRAMS)
    with Emulated.booted(debian) as machine:
        yield machine
