"""Files, addresses and stdin as parcels."""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from citycommons.cli.progress import Bar
from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.settings import Settings
from citycommons.core.types import Digest, Parcel


@contextmanager
def parcels(names: Sequence[str], settings: Settings) -> Iterator[list[Parcel]]:
    """The named files as parcels; what stdin gave is removed afterwards.

    Raises `NotFound` for a missing file and `TooMuch` for one over the setting upload_limit_mb.
    """
    aside = Path(tempfile.mkdtemp(prefix="citycommons-"))
    try:
        yield [one for name in names for one in _parcels(name, settings, aside)]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _parcels(name: str, settings: Settings, aside: Path) -> Iterator[Parcel]:
    limit = settings.upload_limit_mb << 20
    if name == "-":
        path = aside / "stdin"
        with path.open("wb") as file:
            _copy(sys.stdin.buffer, file, limit)
        yield _local(path, "stdin", limit)
    elif name.startswith(("http://", "https://")):
        yield from _remote(name, settings, limit)
    else:
        path = Path(name).expanduser()
        yield _local(path, path.name, limit)


def _remote(url: str, settings: Settings, limit: int) -> Iterator[Parcel]:
    from citycommons.collect.polite import Polite
    from citycommons.collect.web import Web

    with Bar(url) as bar:
        client = Polite(
            cache=settings.home / "cache",
            allow_hosts=settings.allow_hosts,
            most_bytes=limit,
            progress=bar.update,
        )
        source = Web(url=url, client=client)
        yield from source.fetch()


def _local(path: Path, name: str, limit: int) -> Parcel:
    if not path.exists():
        raise NotFound(f"There is no file {path}.", file=str(path))
    if not path.is_file():
        raise Invalid(f"{path} is no file; name the files inside it one by one.", file=str(path))
    size = path.stat().st_size
    if size > limit:
        raise _too_large(name, size, limit)
    with path.open("rb") as file:
        digest = Digest(hashlib.file_digest(file, "sha256").hexdigest())
    return Parcel(path=path, name=name, origin=path.name, received=datetime.now(UTC), digest=digest)


def _copy(source: BinaryIO, into: BinaryIO, limit: int) -> None:
    size = 0
    while piece := source.read(1 << 20):
        size += len(piece)
        if size > limit:
            raise _too_large("stdin", size, limit)
        into.write(piece)


def _too_large(name: str, size: int, limit: int) -> TooMuch:
    return TooMuch(
        f"{name} has {size >> 20} MB, more than the {limit >> 20} MB that are allowed. "
        "Split it, pack it as Parquet, or raise the setting upload_limit_mb.",
        file=name,
    )
