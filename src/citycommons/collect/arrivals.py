"""Which files have arrived since the last time: what a folder, a bucket and a server share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Protocol

from citycommons.core.errors import Forbidden


class Take(StrEnum):
    """Which of the files that came since the last time are brought."""

    NEWEST = "newest"  # each file is the whole state: only the newest counts
    EACH = "each"  # each file is a delivery of its own, brought in the order of arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file of a listing."""

    name: str  # below the folder, parts joined by /
    bytes: int
    changed: datetime

    @property
    def cursor(self) -> str:
        """Orders files by the time of their last change, then by name."""
        return f"{self.changed.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {self.name}"


def wanted(files: Iterable[Listed], pattern: str, take: Take, since: str) -> list[Listed]:
    """The files whose name fits `pattern` and that came after `since`, oldest first.

    Hidden files and those that a program is still writing (`.part`, `.tmp`, `~`) are left alone.
    """
    fits = [
        one
        for one in files
        if fnmatch(one.name, pattern) and one.cursor > since and not _is_unfinished(one.name)
    ]
    fits.sort(key=lambda one: one.cursor)
    return fits[-1:] if take is Take.NEWEST else fits


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def pieces(stream: _Readable) -> Iterator[bytes]:
    """What a stream holds, a megabyte at a time."""
    while piece := stream.read(1 << 20):
        yield piece


def inside(path: Path, roots: Iterable[Path]) -> Path:
    """The path with its links followed, if it lies in one of the folders that may be read.

    Raises `Forbidden` otherwise: who may name a source must not read the server's own files by it.
    """
    found = path.expanduser().resolve()
    allowed = [root.resolve() for root in roots]
    if any(found.is_relative_to(root) for root in allowed):
        return found
    shown = ", ".join(map(str, allowed)) or "none"
    raise Forbidden(
        f"{path} may not be read. Folders that may: {shown}. An administrator names more of them "
        "in the setting folders."
    )


def _is_unfinished(name: str) -> bool:
    last = PurePosixPath(name).name
    return last.startswith((".", "~")) or last.endswith((".part", ".tmp", ".crdownload", "~"))
