from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short path: that of a Unix socket may have 107 bytes."""
    with TemporaryDirectory() as folder:
        yield Path(folder)
