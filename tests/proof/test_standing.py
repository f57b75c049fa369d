import errno
import socket
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import pytest

from assistant.fence import Layer, Reach, observe
from assistant.proof.standing import LAYERS, Socket, Standing, from_json, to_json


def test_open_sockets_and_files_are_seen(tmp_path: Path):
    address = str(tmp_path / "control.sock")
    with socket.socket(socket.AF_UNIX) as unix, socket.create_server(("127.0.0.1", 0)) as tcp:
        unix.bind(address)
        unix.listen()
        with (tmp_path / "written").open("w") as file:
            own = Standing.own()
            assert file.name in own.written
        assert Socket("unix", address, listening=True) in own.sockets
        inet = Socket("inet", f"127.0.0.1:{tcp.getsockname()[1]}", listening=True)
        assert inet in own.sockets
        assert inet in own.open


def test_a_layer_that_does_not_hold_is_open():
    holds, fails = Layer("one", True, "yes", "是"), Layer("two", False, "no", "否")
    assert Standing([holds, fails], [Socket("unix", "", listening=False)], []).open[:1] == [fails]


def test_the_whole_fence_is_what_the_kernel_is_asked_for():
    assert tuple(layer.name for layer in observe()) == LAYERS


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_which_nothing_is_said_is_open(name: str):
    others = [Layer(each, True, "yes", "是") for each in LAYERS if each != name]
    assert [layer.name for layer in Standing(others, [], []).open] == [name]


@pytest.mark.parametrize(
    ("module", "step"), [("os", "dup"), ("fcntl", "fcntl"), ("pathlib.Path", "readlink")]
)
def test_a_descriptor_that_another_thread_closes_meanwhile_is_none(
    module: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def closed(*_: object) -> NoReturn:
        raise OSError(errno.EBADF, "closed")

    with socket.socket(socket.AF_UNIX), (tmp_path / "written").open("w"), monkeypatch.context() as patch:
        patch.setattr(f"{module}.{step}", closed)
        Standing.own()


def test_it_comes_over_the_control_socket_unchanged():
    seen = Standing([Layer("one", True, "yes", "是")], [Socket("unix", "/a", listening=True)], ["/b"])
    assert Standing.from_json(asdict(seen)) == seen


def test_a_reach_is_handed_to_another_process():
    reach = Reach([Path("/a")], [Path("/b")], [Path("/c")])
    assert from_json(to_json(reach)) == reach
