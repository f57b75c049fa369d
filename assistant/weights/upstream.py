"""Files from their makers' servers: resumed, bounded in time, with the checksum that the maker names."""

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, TypeVar, cast
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from assistant.weights.catalogue import File
from assistant.weights.checksum import Checksum
from assistant.weights.progress import SourceError

T = TypeVar("T")
Tick = Callable[[int], None]
"""Called with the bytes of the file that are here."""

_BLOCK_BYTES = 1 << 18
_RANGE_NOT_SATISFIABLE = 416
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UNENCRYPTED = SourceError(en="would not be encrypted", zh="连接未加密")


class Upstream:
    """Fetches files over HTTPS; a server that did not answer is not asked again."""

    def __init__(self, patience_seconds: float = 5.0) -> None:
        """`patience_seconds` is how long a server may be silent."""
        self._patience_seconds = patience_seconds
        self._dead: dict[str, SourceError] = {}

    def fetch(self, url: str, file: File, part: Path, tick: Tick) -> Checksum | None:
        """Make `part` the whole file, going on where it stops, and give the checksum that the server names.

        Raises SourceError; what has arrived by then stays in `part`.
        """
        url = _mirrored(url)
        while True:
            before = _length(part)
            with self._ask(url, part) as answer:
                answer.require(file)
                answer.append_to(part, tick)
            if _length(part) == answer.size:
                return answer.checksum
            if _length(part) <= before:
                raise self._bury(url, ConnectionError("broken off"))

    def _ask(self, url: str, part: Path) -> "_Answer":
        host = urlsplit(url).netloc
        if host in self._dead:
            raise self._dead[host]
        # The last byte is fetched again: a part that is whole already is then no special case.
        start = max(0, _length(part) - 1)
        try:
            return self._open(url, start)
        except HTTPError as error:
            with error:
                if error.code == _RANGE_NOT_SATISFIABLE and start:
                    part.unlink()  # longer than the file: of some other version
                    return self._ask(url, part)
                raise SourceError(en=f"HTTP status {error.code}", zh=f"HTTP 状态 {error.code}") from error
        except (OSError, HTTPException) as error:
            raise self._bury(url, error) from error

    def _open(self, url: str, start: int) -> "_Answer":
        if not _is_encrypted(url):
            raise _UNENCRYPTED
        redirects = _Redirects()
        request = Request(url, headers={"User-Agent": "xiaoben", "Accept-Encoding": "identity"})  # noqa: S310
        if start:
            request.add_header("Range", f"bytes={start}-")
        response = _within(
            2 * self._patience_seconds,
            lambda: build_opener(redirects).open(request, timeout=self._patience_seconds),
        )
        return _Answer(cast(HTTPResponse, response), redirects.passed)

    def _bury(self, url: str, error: Exception) -> SourceError:
        reason = getattr(error, "reason", error)
        text = getattr(reason, "strerror", None) or str(reason) or "timed out"
        self._dead[urlsplit(url).netloc] = SourceError(en=f"no connection ({text})", zh=f"无法连接（{text}）")
        return self._dead[urlsplit(url).netloc]


class _Answer:
    """What a server sends for one request."""

    def __init__(self, response: HTTPResponse, passed: Sequence[Message]) -> None:
        self._response = response
        self._hops = [*passed, response.headers]
        span = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        self._start = int(span[1]) if span else 0
        self.size = None if response.length is None else self._start + response.length
        """Bytes of the whole file."""

    def __enter__(self) -> "_Answer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()

    @property
    def checksum(self) -> Checksum | None:
        """What the server says the file is.

        Hugging Face names a large file's SHA-256, a small one's git hash, on the first of its redirects.
        """
        for hop in self._hops:
            if "X-Repo-Commit" in hop:  # other servers' tags may be anything
                tag = _plain(hop.get("X-Linked-Etag") or hop.get("ETag") or "")
                if re.fullmatch("[0-9a-f]{64}", tag):
                    return Checksum("sha256", tag)
                if re.fullmatch("[0-9a-f]{40}", tag):
                    return Checksum("git", tag)
        return None

    def require(self, file: File) -> None:
        """Raise SourceError when it is plain before the first byte that this is another file."""
        if self.size is None:
            raise SourceError(en="does not say how long the file is", zh="未说明文件大小")
        if file.sha256 and self.size != file.bytes:
            raise SourceError(
                en=f"has {self.size} bytes instead of {file.bytes}",
                zh=f"文件大小为 {self.size} 字节，应为 {file.bytes} 字节",
            )
        named = self.checksum
        if file.sha256 and named and named.kind == "sha256" and named.digest != file.sha256:
            raise SourceError(en="names another checksum", zh="给出的校验和不符")

    def append_to(self, part: Path, tick: Tick) -> None:
        """Write what comes behind what `part` has; ends early, without a word, when the connection breaks."""
        with part.open("ab") as file:
            if file.tell() < self._start:
                raise SourceError(en="answers with another range", zh="返回的范围不符")
            file.truncate(self._start)
            file.seek(self._start)
            while block := self._read(cast(int, self.size) - file.tell()):
                file.write(block)
                tick(file.tell())

    def _read(self, wanted: int) -> bytes:
        try:
            return self._response.read(min(wanted, _BLOCK_BYTES))
        except (OSError, HTTPException):
            return b""


class _Redirects(HTTPRedirectHandler):
    """Follows redirects, never away from HTTPS, and keeps the headers that came with them."""

    def __init__(self) -> None:
        self.passed: list[Message] = []

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        if not _is_encrypted(newurl):
            fp.close()
            raise _UNENCRYPTED
        self.passed.append(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type] # Message it is


def _mirrored(url: str) -> str:
    # The variable that Hugging Face's own tools obey: where their site is blocked, people have it set.
    own = os.environ.get("HF_ENDPOINT", "").rstrip("/")
    return url.replace("https://huggingface.co", own, 1) if own else url


def _is_encrypted(url: str) -> bool:
    address = urlsplit(url)
    return address.scheme == "https" or address.hostname in _LOOPBACK


def _within(seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`; TimeoutError when it takes longer: the resolver knows no timeout of its own."""
    outcome: Future[T] = Future()

    def settle() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001 - raised again by result()
            outcome.set_exception(error)

    Thread(target=settle, daemon=True).start()
    return outcome.result(seconds)


def _plain(tag: str) -> str:
    return tag.removeprefix("W/").strip('"')


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
