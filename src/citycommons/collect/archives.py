"""Archives opened with care: no member leaves its folder, none grows without end."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol

from citycommons.collect.cache import digest_of
from citycommons.core.errors import Invalid, TooMuch, Unavailable
from citycommons.core.types import Parcel

MOST_BYTES = 4 << 30
MOST_MEMBERS = 100_000
_HEADS = frozenset({b"L", b"K", b"x", b"g", b"X"})
_LONGEST_HEAD = 1 << 20  # bytes of a long name or of extended attributes in a tar
_PIECE = 1 << 20


def unpack(
    parcel: Parcel, into: Path, *, members: str = "*", most_bytes: int = MOST_BYTES
) -> Iterator[Parcel]:
    """Each member of a ZIP, tar or gzip parcel whose name fits `members`, as a parcel of its own.

    Members come in the order of their names, and are written below `into` under numbers, never
    under their own names. Something that is no archive comes as it is.

    Raises `TooMuch` when the content is larger than `most_bytes` or has more than 100 000 members,
    `Invalid` for a damaged or encrypted archive, or for a member named `../../etc/passwd`, and
    `Unavailable` on a full disk.
    """
    budget = _Budget(parcel.name, most_bytes)
    try:
        if zipfile.is_zipfile(parcel.path) and not _is_workbook(parcel.path):
            yield from _zip(parcel, into, members, budget)
        elif _starts_with(parcel.path, b"\x1f\x8b") and not _is_tar(parcel.path):
            with gzip.open(parcel.path) as stream:
                name = parcel.name.removesuffix(".gz")
                yield _member(parcel, into, 0, name, stream, budget)
        elif _is_tar(parcel.path):
            yield from _tar(parcel, into, members, budget)
        else:
            yield parcel
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as cause:
        raise Invalid(
            f"The archive {parcel.name} is damaged: {cause}. Ask for it again at its source."
        ) from cause
    except OSError as cause:
        raise Unavailable(
            f"The archive {parcel.name} cannot be unpacked in {into}: {cause.strerror}. "
            "Free some space and try again."
        ) from cause
    except RuntimeError as cause:  # what zipfile raises for a member with a password
        raise Invalid(
            f"The archive {parcel.name} cannot be opened: {cause}. Publish it without a password."
        ) from cause


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Budget:
    """How many bytes may still be written; asked while writing, for a header can lie."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.name, self.most, self.left = name, most_bytes, most_bytes

    def spend(self, count: int) -> None:
        self.left -= count
        self.check(self.most - self.left)

    def check(self, size: int) -> None:
        if size > self.most:
            raise TooMuch(
                f"The archive {self.name} holds more than {self.most >> 20} MB. "
                "Split it, or raise the setting unpacked_limit_mb."
            )

    def allow(self, members: int) -> None:
        if members > MOST_MEMBERS:
            raise TooMuch(f"The archive {self.name} holds {members} files; split it.")


def _zip(parcel: Parcel, into: Path, members: str, budget: _Budget) -> Iterator[Parcel]:
    with zipfile.ZipFile(parcel.path) as archive:
        wanted = [i for i in archive.infolist() if not i.is_dir() and fnmatch(i.filename, members)]
        budget.allow(len(wanted))
        for number, info in enumerate(sorted(wanted, key=lambda info: info.filename)):
            with archive.open(info) as stream:
                yield _member(parcel, into, number, info.filename, stream, budget)


def _tar(parcel: Parcel, into: Path, members: str, budget: _Budget) -> Iterator[Parcel]:
    with tarfile.open(parcel.path, tarinfo=_Entry) as archive:
        wanted, size = [], 0
        # A tar has no index: walking to the end of a packed one unpacks it all.
        for count, info in enumerate(archive, start=1):
            budget.allow(count)
            size += info.size
            budget.check(size)
            if info.isfile() and fnmatch(info.name, members):
                wanted.append(info)
        for number, info in enumerate(sorted(wanted, key=lambda info: info.name)):
            if (stream := archive.extractfile(info)) is not None:
                with closing(stream):
                    yield _member(parcel, into, number, info.name, stream, budget)


class _Entry(tarfile.TarInfo):
    """A member whose long name is not read into memory when it is longer than any name."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Entry":
        found = super().frombuf(buf, encoding, errors)
        if found.type in _HEADS and found.size > _LONGEST_HEAD:
            raise tarfile.ReadError(f"a header of {found.size} bytes")
        return found


def _member(
    parcel: Parcel, into: Path, number: int, name: str, stream: _Readable, budget: _Budget
) -> Parcel:
    if PurePosixPath(name).is_absolute() or {".."} & set(PureWindowsPath(name).parts):
        raise Invalid(
            f"The archive {parcel.name} holds a file named “{name}”, which would lie outside. "
            "It may be an attack; ask its sender."
        )
    suffix = "".join(c for c in Path(name).suffix if c.isalnum() or c == ".")[:10]
    path = into / f"{number:06d}{suffix}"
    with path.open("wb") as file:
        while piece := stream.read(_PIECE):
            budget.spend(len(piece))
            file.write(piece)
    return replace(parcel, path=path, name=name, media_type="", digest=digest_of(path))


def _is_tar(path: Path) -> bool:
    try:
        tarfile.open(path, tarinfo=_Entry).close()
    except tarfile.TarError:
        return False
    return True


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _is_workbook(path: Path) -> bool:
    """XLSX, ODS and the like are ZIP files that nobody means to unpack."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    return bool(names & {"[Content_Types].xml", "mimetype"})
