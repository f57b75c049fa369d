"""A file server on loopback that can misbehave, and small models to fetch from it."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event
from typing import Any

from assistant.weights.catalogue import Catalogue, Entry, File
from assistant.weights.store import Store

WEIGHTS = bytes(range(256)) * 4096  # 1 MiB: four blocks


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Request(BaseHTTPRequestHandler):
    """One request to the site."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        site = self.server.site
        site.requests.append((self.path, self.headers.get("Range")))
        faults = site.faults.get(self.path, [])
        (faults.pop(0) if faults else whole)(self, site.files.get(self.path))

    def log_message(self, *args: Any) -> None:
        pass

    def reply(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)


Answer = Callable[[Request, bytes | None], None]


def whole(request: Request, content: bytes | None, headers: Mapping[str, str] | None = None) -> None:
    """What a good server does, ranges included."""
    if content is None:
        return request.reply(404)
    if not (asked := request.headers.get("Range")):
        return request.reply(200, content, **(headers or {}))
    start = int(asked.removeprefix("bytes=").rstrip("-"))
    if start >= len(content):
        return request.reply(416, Content_Range=f"bytes */{len(content)}")
    span = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return request.reply(206, content[start:], Content_Range=span, **(headers or {}))


def breaks_off_after(count: int, *, silently: bool = False) -> Answer:
    """Sends `count` bytes and closes the connection, or keeps it open and says nothing more."""

    def answer(request: Request, content: bytes | None) -> None:
        assert content
        start = int((request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(content) - start))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        request.wfile.write(content[start : start + count])
        request.wfile.flush()
        if silently:
            request.server.site.closing.wait(10)
        request.close_connection = True

    return answer


def knows_no_ranges(request: Request, content: bytes | None) -> None:
    assert content
    request.reply(200, content)


def status(code: int) -> Answer:
    return lambda request, content: request.reply(code)


def hangs(request: Request, content: bytes | None) -> None:
    request.server.site.closing.wait(10)
    request.close_connection = True


def redirects(to: str, **headers: str) -> Answer:
    return lambda request, content: request.reply(302, Location=to, **headers)


def with_headers(**headers: str) -> Answer:
    return lambda request, content: whole(request, content, headers)


@dataclass
class Site:
    """What the server has, what it will do wrong, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    """Answers, by path, to the next requests; after them it is a good server."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    closing: Event = field(default_factory=Event)


class Server(ThreadingHTTPServer):
    site: Site

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that goes away


def model(name: str, files: Mapping[str, bytes], *sources: Mapping[str, Any], pinned: bool = True) -> Entry:
    """A catalogue entry for files of this content."""
    return Entry.model_validate(
        {
            "id": name,
            "role": "asr",
            "languages": ("zh", "en"),
            "licence": "MIT",
            "memory_mb": 1,
            "files": tuple(
                {"path": path, "bytes": len(content), "sha256": sha256(content) if pinned else None}
                for path, content in files.items()
            ),
            "sources": sources,
        }
    )


def one_file(content: bytes = WEIGHTS, *, pinned: bool = True) -> File:
    return File(path="model.bin", bytes=len(content), sha256=sha256(content) if pinned else None)


def store_of(folder: Path, *entries: Entry) -> Store:
    return Store(folder, Catalogue(entries))


def wheel(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return path


def npm_package(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as package:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            package.addfile(header, io.BytesIO(content))
    return path
