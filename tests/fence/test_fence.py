"""The whole fence, as this machine grants it: nothing gets out, and what is needed works."""

import os
import threading
from pathlib import Path

import pytest

from assistant.fence import enclose, observe
from tests.fence.attempts import NEEDED, REACHED, WAYS_OUT, World, tried
from tests.fence.children import in_child


@pytest.fixture(scope="module")
def outside(there: World) -> dict[str, str]:
    return in_child(lambda: tried(WAYS_OUT, there))


@pytest.fixture(scope="module")
def inside(there: World) -> dict[str, str]:
    def work() -> dict[str, str]:
        enclose(there.reach)
        return tried(WAYS_OUT, there)

    return in_child(work)


@pytest.mark.parametrize("way", WAYS_OUT)
def test_what_leads_out_without_the_fence_does_not_with_it(way: str, outside, inside):
    if outside[way] != REACHED:
        pytest.skip(f"leads nowhere here without the fence either: {outside[way]}")
    assert inside[way] != REACHED


def test_networks_are_refused_as_by_a_kernel_that_has_none(inside):
    assert {inside[way] for way in ("tcp", "udp", "netlink", "c library", "system call")} == {"EAFNOSUPPORT"}


def test_what_is_needed_works(there: World):
    def work() -> dict[str, str]:
        enclose(there.reach)
        return tried(NEEDED, there)

    assert in_child(work) == dict.fromkeys(NEEDED, REACHED)
    assert (there.folder / "state" / "newer").read_text() == "kept"


def test_we_stay_who_we_are_and_where_we_are(there: World):
    def work() -> tuple[int, int, Path]:
        enclose(there.reach)
        return os.getuid(), os.getgid(), Path.cwd()

    assert in_child(work) == (os.getuid(), os.getgid(), Path.cwd())


def test_the_kernel_says_what_holds(there: World):
    def work() -> tuple[dict[str, bool], dict[str, bool]]:
        before = {layer.name: layer.enforced for layer in observe()}
        enclose(there.reach)
        return before, {layer.name: layer.enforced for layer in observe()}

    before, after = in_child(work)
    assert not before["tripwire"]
    assert not before["seccomp"]
    assert all(after.values()), after


def test_a_process_with_threads_is_not_fenced_in_half(there: World):
    def work() -> str:
        waiting = threading.Event()
        threading.Thread(target=waiting.wait).start()
        try:
            enclose(there.reach)
        except RuntimeError as error:
            return str(error)
        finally:
            waiting.set()
        return "enclosed"

    assert "thread" in in_child(work)
