import logging
import socket

import pytest

from assistant.fence import tripwire
from tests.fence.children import in_child


class Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelname, record.getMessage()))


def watched(attempt):
    """What an attempt ends with, what is logged, and how often something tried."""

    def work():
        log = Log()
        logging.getLogger("assistant.fence.tripwire").addHandler(log)
        tripwire.set_up()
        try:
            attempt()
        except OSError as error:
            return str(error), log.lines, tripwire.tries()
        return None, log.lines, tripwire.tries()

    return in_child(work)


@pytest.mark.parametrize(
    ("attempt", "event"),
    [
        (lambda: socket.socket(socket.AF_INET), "socket.__new__"),
        (lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM), "socket.__new__"),
        (lambda: socket.create_connection(("secret.example", 80)), "socket.getaddrinfo"),
        (lambda: socket.getaddrinfo("secret.example", 80), "socket.getaddrinfo"),
        (lambda: socket.gethostbyname("secret.example"), "socket.gethostbyname"),
    ],
)
def test_an_attempt_is_refused_and_told_without_what_was_asked_for(attempt, event):
    refusal, log, tries = watched(attempt)
    assert "not supported" in refusal
    assert log == [("WARNING", f"Something tried to use a network and was stopped: {event} in {__name__}")]
    assert tries == 1


@pytest.mark.parametrize("use", ["connect", "bind"])
def test_a_socket_that_was_open_before_is_of_no_use(use):
    with socket.socket(socket.AF_INET) as early:
        refusal, log, _ = watched(lambda: getattr(early, use)(("127.0.0.1", 1)))
    assert "not supported" in refusal
    assert len(log) == 1


def test_who_tries_for_ever_does_not_fill_the_log():
    def attempt():
        for _ in range(3):
            try:
                socket.socket(socket.AF_INET)
            except OSError:
                continue

    assert watched(attempt)[1:] == ([watched(attempt)[1][0]], 3)


def test_unix_sockets_pass():
    def attempt():
        ours, theirs = socket.socketpair()
        again = socket.socket(fileno=ours.detach())
        again.sendall(b"here")
        assert theirs.recv(4) == b"here"

    assert watched(attempt) == (None, [], 0)


def test_it_is_known_whether_it_is_set_up():
    def work():
        before = tripwire.is_set_up()
        tripwire.set_up()
        tripwire.set_up()
        return before, tripwire.is_set_up()

    assert in_child(work) == (False, True)
