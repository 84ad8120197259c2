"""Read a parcel into a typed table, with a report of everything that was found and chosen."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from citycommons.core import plugs
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.tables import Report
from citycommons.core.types import Field, Parcel
from citycommons.standardise import archive, foreign
from citycommons.standardise.fields import settle
from citycommons.standardise.formats import Draft, Format, Source
from citycommons.standardise.names import bearable

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
    limits = (upload_limit_mb, unpacked_limit_mb)
    table, draft = _read(None, parcel, declared, sheet, zone, *limits)
    return table, draft.faults.report(draft.steps)


def read_with_lines(
    parcel: Parcel,
    *,
    declared: Sequence[Field] = (),
    sheet: str | None = None,
    zone: str = "UTC",
    upload_limit_mb: int = UPLOAD_MB,
    unpacked_limit_mb: int = UNPACKED_MB,
    first: int = 50,
) -> tuple[pa.Table, Report, tuple[int, ...]]:
    """As `read`, and the lines of the file on which the first rows of the table stand."""
    limits = (upload_limit_mb, unpacked_limit_mb)
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        table, draft = _read_in(Path(folder), None, parcel, declared, sheet, zone, *limits)
        lines = draft.lines(np.arange(min(first, table.num_rows), dtype=np.int64))
    return table, draft.faults.report(draft.steps), tuple(int(line) for line in lines)


def read_with(plug: Format, parcel: Parcel, *, zone: str = "UTC") -> tuple[pa.Table, Report]:
    """Read a parcel with this very format, installed or not."""
    table, draft = _read(plug, parcel, (), None, zone, UPLOAD_MB, UNPACKED_MB)
    return table, draft.faults.report(draft.steps)


def _read(
    plug: Format | None,
    parcel: Parcel,
    declared: Sequence[Field],
    sheet: str | None,
    zone: str,
    upload_limit_mb: int,
    unpacked_limit_mb: int,
) -> tuple[pa.Table, Draft]:
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        limits = (upload_limit_mb, unpacked_limit_mb)
        return _read_in(Path(folder), plug, parcel, declared, sheet, zone, *limits)


def _read_in(
    workspace: Path,
    plug: Format | None,
    parcel: Parcel,
    declared: Sequence[Field],
    sheet: str | None,
    zone: str,
    upload_limit_mb: int,
    unpacked_limit_mb: int,
) -> tuple[pa.Table, Draft]:
    size = parcel.path.stat().st_size
    if size > upload_limit_mb << 20:
        raise TooMuch(
            f"{parcel.name} has {size >> 20} MB, and at most {upload_limit_mb} MB are read. "
            "Split it, deliver it as Parquet, or raise the setting upload_limit_mb.",
            bytes=size,
        )
    foreign.check_zone(zone)
    source = Source(
        path=parcel.path,
        name=parcel.name,
        head=_head(parcel.path),
        sheet=sheet,
        zone=zone,
        most_bytes=unpacked_limit_mb << 20,
        workspace=workspace,
    )
    foreign.refuse(source)
    source, steps = archive.opened(source, parcel)
    foreign.refuse(source)
    draft = (plug or _format(source)).read(source)
    draft.steps[:0] = steps
    if not draft.table.num_columns:
        raise Invalid(f"{parcel.name} holds no columns. Deliver a table with a header row.")
    return settle(bearable(draft), declared, zone), draft


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _format(source: Source) -> Format:
    """The installed format that is surest of the file."""
    known: list[Any] = [plugs.load("formats", name)() for name in plugs.names("formats")]
    surest: Format = max(known, key=lambda plug: plug.recognises(source))
    return surest
