import socket
from dataclasses import asdict
from pathlib import Path

from assistant.fence import Layer, Reach
from assistant.proof.standing import Socket, Standing, from_json, to_json


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
    assert Standing([holds, fails], [Socket("unix", "", listening=False)], []).open == [fails]


def test_it_comes_over_the_control_socket_unchanged():
    seen = Standing([Layer("one", True, "yes", "是")], [Socket("unix", "/a", listening=True)], ["/b"])
    assert Standing.from_json(asdict(seen)) == seen


def test_a_reach_is_handed_to_another_process():
    reach = Reach([Path("/a")], [Path("/b")], [Path("/c")])
    assert from_json(to_json(reach)) == reach
