"""Read a parcel into a typed table, with a report of everything that was found and chosen."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from citycommons.core import plugs
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.tables import Report
from citycommons.core.types import Field, Parcel
from citycommons.standardise import archive, foreign
from citycommons.standardise.fields import settle
from citycommons.standardise.formats import Format, Source

UPLOAD_MB = 512
UNPACKED_MB = 4096
_HEAD = 1 << 16


def read(
    parcel: Parcel,
    *,
    declared: Sequence[Field] = (),
    sheet: str | None = None,
    zone: str = "UTC",
    upload_limit_mb: int = UPLOAD_MB,
    unpacked_limit_mb: int = UNPACKED_MB,
) -> tuple[pa.Table, Report]:
    """Read any supported file as one table whose fields travel with it.

    `declared` fields win over what the values say; `sheet` names a sheet, layer or member;
    `zone` is the time zone of times that name none. Geometry is WKB in CRS84, times are UTC.
    Nothing is dropped in silence: what did not fit is in the report, with line and value.

    Raises `Invalid` for a file that is no table, saying what it looks like and what to do, and
    `TooMuch` for one above the limits, before it is read.
    """
    return _read(None, parcel, declared, sheet, zone, upload_limit_mb, unpacked_limit_mb)


def read_with(plug: Format, parcel: Parcel, *, zone: str = "UTC") -> tuple[pa.Table, Report]:
    """Read a parcel with this very format, installed or not."""
    return _read(plug, parcel, (), None, zone, UPLOAD_MB, UNPACKED_MB)


def _read(
    plug: Format | None,
    parcel: Parcel,
    declared: Sequence[Field],
    sheet: str | None,
    zone: str,
    upload_limit_mb: int,
    unpacked_limit_mb: int,
) -> tuple[pa.Table, Report]:
    size = parcel.path.stat().st_size
    if size > upload_limit_mb << 20:
        raise TooMuch(
            f"{parcel.name} has {size >> 20} MB, and at most {upload_limit_mb} MB are read. "
            "Split it, deliver it as Parquet, or raise the setting upload_limit_mb.",
            bytes=size,
        )
    foreign.check_zone(zone)
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        source = Source(
            path=parcel.path,
            name=parcel.name,
            head=_head(parcel.path),
            sheet=sheet,
            zone=zone,
            most_bytes=unpacked_limit_mb << 20,
            workspace=Path(folder),
        )
        foreign.refuse(source)
        source, steps = archive.opened(source, parcel)
        foreign.refuse(source)
        draft = (plug or _format(source)).read(source)
        draft.steps[:0] = steps
        if not draft.table.num_columns:
            raise Invalid(f"{parcel.name} holds no columns. Deliver a table with a header row.")
        table = settle(draft, declared, zone)
        return table, draft.faults.report(draft.steps)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _format(source: Source) -> Format:
    """The installed format that is surest of the file."""
    known: list[Any] = [plugs.load("formats", name)() for name in plugs.names("formats")]
    return max(known, key=lambda plug: plug.recognises(source))
