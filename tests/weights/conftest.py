"""A server to fetch from, and somebody who fetches with little patience."""

from collections.abc import Iterator
from threading import Thread

import pytest

from assistant.weights.upstream import Upstream
from tests.weights.fakes import Request, Server, Site


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOBEN_LANG", "en")


@pytest.fixture
def site() -> Iterator[Site]:
    server = Server(("127.0.0.1", 0), Request)
    server.site = Site(url=f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.site
    server.site.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream(patience_seconds=0.2)
