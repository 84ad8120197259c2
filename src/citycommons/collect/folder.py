"""Connector `folder`: files that people or programs lay into a folder, a department's share."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from citycommons.collect.arrivals import Listed, Take, inside, wanted
from citycommons.collect.polite import Polite
from citycommons.core.errors import NotFound, TooMuch, Unavailable
from citycommons.core.types import Parcel

_PIECE = 1 << 20
_MOST_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Files of a folder that came since the last time.

    A file that changed within the last seconds may still be being copied, and waits for the next
    run. Files are copied before they are read, so that nothing changes under the reading.
    """

    folder: Path = field(metadata={"says": "Folder to watch, inside one that may be read"})
    pattern: str = field(default="*", metadata={"says": "Names of files: *.csv, counts-*.xlsx"})
    take: Take = field(
        default=Take.NEWEST,
        metadata={
            "says": "newest: each file is the whole state; each: every file is a delivery",
            "choices": ("newest", "each"),
        },
    )
    settle_s: float = field(
        default=10.0, metadata={"says": "Seconds a file must have been left alone"}
    )
    roots: tuple[Path, ...] = ()
    since: str = ""
    client: Polite = field(default_factory=Polite)
    now: Callable[[], float] = time.time

    def fetch(self) -> Iterator[Parcel]:
        """The wanted files, oldest first; nothing when none came.

        Raises `NotFound` when the folder is not there, `Forbidden` when it may not be read.
        """
        folder = inside(self.folder, self.roots)
        if not folder.is_dir():
            raise NotFound(
                f"There is no folder {self.folder}. Make it, or mount the share it stands for."
            )
        for one in wanted(self._listed(folder), self.pattern, self.take, self.since):
            path = inside(folder / one.name, (folder,))
            yield self.client.keep(
                _pieces(path),
                name=path.name,
                origin=path.as_uri(),
                cursor=one.cursor,
            )

    def _listed(self, folder: Path) -> Iterator[Listed]:
        newest = self.now() - self.settle_s
        for number, path in enumerate(sorted(folder.rglob("*"))):
            if number > _MOST_FILES:
                raise TooMuch(f"{folder} holds more than {_MOST_FILES} files. Name one below it.")
            found = path.stat() if path.is_file() and not path.is_symlink() else None
            if found is not None and found.st_mtime <= newest:
                yield Listed(
                    name=path.relative_to(folder).as_posix(),
                    bytes=found.st_size,
                    changed=datetime.fromtimestamp(found.st_mtime, UTC),
                )


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            while piece := file.read(_PIECE):
                yield piece
            after = os.fstat(file.fileno())
    except OSError as cause:
        raise Unavailable(f"{path.name} cannot be read: {cause.strerror}.") from cause
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Unavailable(f"{path.name} changed while it was read; it is tried again.")
