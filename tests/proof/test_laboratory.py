import os
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import PrivacyError
from assistant.proof import laboratory


def test_a_folder_is_searched_by_itself_where_the_search_from_above_does_not_get(tmp_path: Path):
    shared = Path("/dev/shm")
    if not os.path.ismount(shared):
        pytest.skip("/dev/shm is no file system of its own")
    (tmp_path / "a" / "b").mkdir(parents=True)
    found = laboratory._outermost(
        [Path("/"), shared, tmp_path / "a", tmp_path / "a" / "b", tmp_path / "none"]
    )
    assert str(shared) in found
    assert str(tmp_path / "a" / "b") not in found


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (os.EX_OSERR, "this kernel gave none; try sudo"),
        (1, "broke off (status 1)"),
        (-9, "broke off (status -9)"),
    ],
)
def test_a_kernel_without_namespaces_is_told_from_a_mistake_of_ours(
    status: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Ended:
        def __init__(self, *_: str) -> None: ...
        def __enter__(self) -> "Ended":
            return self

        def __exit__(self, *_: object) -> None: ...
        def tell(self, _: str) -> None: ...
        def lines(self) -> list[str]:
            return []

        def wait(self) -> int:
            return status

    monkeypatch.setattr(laboratory, "Helper", Ended)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(PrivacyError) as raised:
        list(laboratory.rows(Config(state=tmp_path / "state", socket=tmp_path / "control.sock")))
    assert sentence in raised.value.en
