"""Files, addresses and stdin as parcels, and several parcels as one table."""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from citycommons.cli.progress import Bar
from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.settings import Settings
from citycommons.core.tables import Report, fields_of, type_of, with_fields
from citycommons.core.types import Digest, Fault, Field, Parcel

if TYPE_CHECKING:
    import pyarrow as pa

MOST_FAULTS = 10_000  # as many as `Report` promises to hold


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


def read_all(
    received: Sequence[Parcel],
    settings: Settings,
    *,
    fields: tuple[Field, ...] = (),
    sheet: str | None = None,
    zone: str = "UTC",
) -> "tuple[pa.Table, Report]":
    """Read each parcel and put their rows one after the other.

    Raises `Invalid` when a file is no table, or has other columns than the first one.
    """
    import pyarrow as pa

    from citycommons.standardise.read import read

    tables: list[pa.Table] = []
    reports: list[Report] = []
    for parcel in received:
        table, report = read(
            parcel,
            declared=fields,
            sheet=sheet,
            zone=zone,
            upload_limit_mb=settings.upload_limit_mb,
            unpacked_limit_mb=settings.unpacked_limit_mb,
        )
        if tables and set(table.column_names) != set(tables[0].column_names):
            differ = set(table.column_names) ^ set(tables[0].column_names)
            raise Invalid(
                f"{parcel.name} has other columns than {received[0].name}: "
                f"{', '.join(sorted(differ))}. Publish them as two datasets, or name them alike.",
                file=parcel.name,
            )
        tables.append(table)
        reports.append(report)
    if len(tables) == 1:
        return tables[0], reports[0]
    return _one_table(tables, received), _one_report(reports, received)


def _one_table(tables: "list[pa.Table]", received: Sequence[Parcel]) -> "pa.Table":
    import pyarrow as pa

    found = fields_of(tables[0])
    names = [field.name for field in found]
    plain = [table.select(names).replace_schema_metadata(None) for table in tables]
    try:
        whole = pa.concat_tables(plain, promote_options="permissive")
    except (pa.ArrowTypeError, pa.ArrowInvalid) as cause:
        raise Invalid(
            f"A column has different types in {', '.join(one.name for one in received)}: {cause}. "
            "Describe its type, or mend the file that differs."
        ) from cause
    typed = (replace(field, type=type_of(whole.schema.field(field.name).type)) for field in found)
    return with_fields(whole, tuple(typed))


def _one_report(reports: list[Report], received: Sequence[Parcel]) -> Report:
    faults = [
        replace(fault, message=f"{parcel.name}: {fault.message}")
        for parcel, report in zip(received, reports, strict=True)
        for fault in report.faults
    ]
    sums: dict[tuple[str, str, bool], Fault] = {}
    for fault in (one for report in reports for one in report.summary):
        key = (fault.rule, fault.column, fault.is_rejected)
        before = sums.get(key)
        sums[key] = replace(before, count=before.count + fault.count) if before else fault
    steps = [
        f"{parcel.name}: {step}"
        for parcel, report in zip(received, reports, strict=True)
        for step in report.steps
    ]
    return Report(
        faults=tuple(faults[:MOST_FAULTS]),
        summary=tuple(sums.values()),
        rejected=sum(report.rejected for report in reports),
        steps=tuple(steps),
    )
