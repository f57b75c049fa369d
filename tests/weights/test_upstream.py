"""Fetching from a server, good and bad."""

import hashlib
import socket
from pathlib import Path

import pytest

from assistant.weights.catalogue import File
from assistant.weights.checksum import Checksum
from assistant.weights.progress import SourceError
from assistant.weights.upstream import Upstream
from tests.weights.fakes import (
    WEIGHTS,
    Request,
    Site,
    breaks_off_after,
    hangs,
    knows_no_ranges,
    one_file,
    redirects,
    sha256,
    status,
    with_headers,
)

PATH = "/model.bin"
COMMIT = {"X_Repo_Commit": "1" * 40}


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "model.bin.part"


@pytest.fixture
def good(site: Site) -> Site:
    site.files[PATH] = WEIGHTS
    return site


def fetch(upstream: Upstream, site: Site, part: Path, file: File | None = None) -> Checksum | None:
    return upstream.fetch(site.url + PATH, file or one_file(), part, lambda here: None)


def test_a_file_arrives_whole_and_its_bytes_are_counted(good: Site, upstream: Upstream, part: Path):
    counts: list[int] = []
    upstream.fetch(good.url + PATH, one_file(), part, counts.append)
    assert part.read_bytes() == WEIGHTS
    assert counts == sorted(counts)
    assert counts[-1] == len(WEIGHTS)
    assert len(counts) > 1


def test_a_part_is_gone_on_with_and_not_fetched_anew(good: Site, upstream: Upstream, part: Path):
    part.write_bytes(WEIGHTS[:1000])
    fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS
    assert good.requests == [(PATH, "bytes=999-")]


def test_of_a_part_that_is_whole_one_byte_is_fetched(good: Site, upstream: Upstream, part: Path):
    part.write_bytes(WEIGHTS)
    fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS
    assert good.requests == [(PATH, f"bytes={len(WEIGHTS) - 1}-")]


def test_a_part_longer_than_the_file_is_begun_anew(good: Site, upstream: Upstream, part: Path):
    part.write_bytes(WEIGHTS + b"more")
    fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS


def test_a_server_without_ranges_sends_the_file_from_the_start(good: Site, upstream: Upstream, part: Path):
    part.write_bytes(b"x" * 1000)
    good.faults[PATH] = [knows_no_ranges]
    fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS


def test_a_connection_that_breaks_is_taken_up_where_it_broke(good: Site, upstream: Upstream, part: Path):
    good.faults[PATH] = [breaks_off_after(300_000), breaks_off_after(300_000)]
    fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS
    assert [span for _, span in good.requests] == [None, "bytes=299999-", "bytes=599998-"]


def test_a_connection_that_falls_silent_is_taken_up_as_well(good: Site, upstream: Upstream, part: Path):
    good.faults[PATH] = [breaks_off_after(300_000, silently=True)]
    fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS
    assert len(good.requests) == 2


def test_a_range_that_would_leave_a_gap_is_refused(good: Site, upstream: Upstream, part: Path):
    part.write_bytes(WEIGHTS[:1000])
    span = f"bytes 5000-{len(WEIGHTS) - 1}/{len(WEIGHTS)}"
    good.faults[PATH] = [lambda request, content: request.reply(206, WEIGHTS[5000:], Content_Range=span)]
    with pytest.raises(SourceError, match="answers with another range"):
        fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS[:1000]


def test_a_server_that_gives_nothing_more_is_given_up_and_what_came_is_kept(
    good: Site, upstream: Upstream, part: Path
):
    good.faults[PATH] = [breaks_off_after(300_000), breaks_off_after(0)]
    with pytest.raises(SourceError, match="no connection"):
        fetch(upstream, good, part)
    assert part.read_bytes() == WEIGHTS[: len(part.read_bytes())]
    assert len(part.read_bytes()) >= 299_999


@pytest.mark.parametrize("code", [403, 404, 500, 503])
def test_an_error_status_is_named(good: Site, upstream: Upstream, part: Path, code: int):
    good.faults[PATH] = [status(code)]
    with pytest.raises(SourceError, match=f"HTTP status {code}"):
        fetch(upstream, good, part)
    assert not part.exists()


def test_a_server_that_is_silent_is_given_up_and_not_asked_again(good: Site, upstream: Upstream, part: Path):
    good.faults[PATH] = [hangs]
    for _ in range(3):
        with pytest.raises(SourceError, match="no connection"):
            fetch(upstream, good, part)
    assert len(good.requests) == 1


def test_a_port_where_nobody_listens_is_one_reason(upstream: Upstream, part: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/model.bin"
        with pytest.raises(SourceError) as raised:
            upstream.fetch(url, one_file(), part, lambda here: None)
    assert raised.value.en == "no connection (Connection refused)"
    assert raised.value.zh == "无法连接（Connection refused）"


def test_a_name_that_the_resolver_does_not_answer_for_costs_no_more_than_the_patience(
    monkeypatch: pytest.MonkeyPatch, upstream: Upstream, part: Path, site: Site
):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: site.closing.wait(10))
    with pytest.raises(SourceError, match="no connection"):
        upstream.fetch("https://nowhere.invalid/model.bin", one_file(), part, lambda here: None)


def test_another_size_is_refused_before_anything_is_written(good: Site, upstream: Upstream, part: Path):
    with pytest.raises(SourceError, match="has 1048576 bytes instead of 3"):
        fetch(upstream, good, part, one_file(b"abc"))
    assert not part.exists()


def test_a_page_without_a_length_is_no_model(good: Site, upstream: Upstream, part: Path):
    def endless(request: Request, content: bytes | None) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"log in here first")
        request.close_connection = True

    good.faults[PATH] = [endless]
    with pytest.raises(SourceError, match="does not say how long"):
        fetch(upstream, good, part)


def test_the_checksum_that_comes_with_a_redirect_is_given(good: Site, upstream: Upstream, part: Path):
    good.files["/cdn"] = WEIGHTS
    headers = {**COMMIT, "X_Linked_Etag": f'"{sha256(WEIGHTS)}"', "X_Linked_Size": str(len(WEIGHTS))}
    good.faults[PATH] = [redirects("/cdn", **headers)]
    good.faults["/cdn"] = [with_headers(ETag=f'"{"f" * 64}"')]
    assert fetch(upstream, good, part, one_file(pinned=False)) == Checksum("sha256", sha256(WEIGHTS))
    assert part.read_bytes() == WEIGHTS


def test_of_a_small_file_the_git_hash_is_given(good: Site, upstream: Upstream, part: Path):
    git = hashlib.sha1(b"blob %d\0" % len(WEIGHTS) + WEIGHTS).hexdigest()
    good.faults[PATH] = [with_headers(**COMMIT, ETag=f'W/"{git}"')]
    checksum = fetch(upstream, good, part, one_file(pinned=False))
    assert checksum == Checksum("git", git)
    assert checksum.matches(part)
    part.write_bytes(b"x" + WEIGHTS[1:])
    assert not checksum.matches(part)


def test_the_tag_of_any_other_server_is_no_checksum(good: Site, upstream: Upstream, part: Path):
    good.faults[PATH] = [with_headers(ETag=f'"{sha256(WEIGHTS)}"')]
    assert fetch(upstream, good, part, one_file(pinned=False)) is None


def test_a_server_that_names_another_checksum_is_refused_at_once(good: Site, upstream: Upstream, part: Path):
    good.faults[PATH] = [with_headers(**COMMIT, X_Linked_Etag=f'"{"f" * 64}"')]
    with pytest.raises(SourceError, match="names another checksum"):
        fetch(upstream, good, part)
    assert not part.exists()


def test_nobody_is_led_away_from_encryption(good: Site, upstream: Upstream, part: Path):
    good.faults[PATH] = [redirects("http://example.org/model.bin")]
    with pytest.raises(SourceError, match="would not be encrypted"):
        fetch(upstream, good, part)
    with pytest.raises(SourceError, match="would not be encrypted"):
        upstream.fetch("http://example.org/model.bin", one_file(), part, lambda here: None)


def test_a_mirror_of_hugging_face_is_used_where_a_person_has_set_one(
    monkeypatch: pytest.MonkeyPatch, good: Site, upstream: Upstream, part: Path
):
    monkeypatch.setenv("HF_ENDPOINT", f"{good.url}/")
    good.files["/org/repo/resolve/1/model.bin"] = WEIGHTS
    url = "https://huggingface.co/org/repo/resolve/1/model.bin"
    upstream.fetch(url, one_file(), part, lambda here: None)
    assert part.read_bytes() == WEIGHTS
