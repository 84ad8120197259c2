"""A draft as it would be published: its table, its faults by place, and its drift; read once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import Report, fields_of
from citycommons.core.types import Actor, Fault, Field, Version
from citycommons.share.drafts.draft import Draft, parcel_of, write_whole
from citycommons.share.drafts.drift import Drift, drifted
from citycommons.share.drafts.keep import folder_of, get
from citycommons.standardise import read as reader
from citycommons.standardise.sheets import sheets
from citycommons.store import catalogue
from citycommons.store.work import City

HEAD = 50  # rows shown
_GROUP = 20_480


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read, without the rows beyond the first: those wait in a file."""

    fields: tuple[Field, ...]
    rows: int
    report: Report
    drift: tuple[Drift, ...] = ()
    sheets: tuple[str, ...] = ()
    first_lines: tuple[int, ...] = ()  # lines of the file on which the first rows stand
    latest: int | None = None  # number of the version it was compared with
    file: str = ""

    def head(self, folder: Path, rows: int = HEAD) -> pa.Table:
        """The first rows."""
        with pq.ParquetFile(folder / self.file) as file:
            batch = next(file.iter_batches(rows), None)
            if batch is None:
                return file.schema_arrow.empty_table()
            return pa.Table.from_batches([batch])

    def faults(self, *, column: str = "", offset: int = 0, limit: int = 50) -> list[Fault]:
        """One page of the single faults, in the order of the file; of one column where asked."""
        found = sorted(
            (f for f in self.report.faults if not column or f.column == column),
            key=lambda fault: (fault.line or 0, fault.column),
        )
        return found[offset : offset + limit]

    @property
    def fault_count(self) -> int:
        return sum(fault.count for fault in self.report.summary)


def read(city: City, actor: Actor, id: str) -> tuple[Draft, Reading]:
    """The draft and its reading; the file is read anew only after a correction.

    Raises what the reading raises: `Invalid` for what is no table, `TooMuch` beyond the limits.
    """
    folder = folder_of(city, actor, id)
    draft = get(city, actor, id)
    with city.work(actor, may_write=False) as work:
        latest = catalogue.version(work.db, draft.replaces) if draft.replaces else None
    name = _name(draft, latest)
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        kept = msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=Reading)
        if (folder / kept.file).exists():
            return draft, kept
    reading, table = _read(city, folder, draft, latest)
    reading = replace(reading, file=f"{name}.parquet")
    _keep(folder, name, reading, table)
    return draft, reading


def table_of(folder: Path, reading: Reading) -> pa.Table:
    """All rows, with their fields."""
    return pq.read_table(folder / reading.file, memory_map=True)


def _name(draft: Draft, latest: Version | None) -> str:
    """Names a reading by all it depends on."""
    parts = (draft.digest, draft.sheet, draft.corrections, latest.number if latest else 0)
    return "reading-" + hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def _read(
    city: City, folder: Path, draft: Draft, latest: Version | None
) -> tuple[Reading, pa.Table]:
    parcel = parcel_of(folder, draft)
    declared = draft.corrections
    delivery = partial(
        reader.read_with_lines,
        parcel,
        sheet=draft.sheet,
        zone=city.settings.timezone,
        upload_limit_mb=city.settings.upload_limit_mb,
        unpacked_limit_mb=city.settings.unpacked_limit_mb,
        first=HEAD,
    )
    table, report, lines = delivery(declared=declared)
    drift: tuple[Drift, ...] = ()
    if latest is not None:
        said = {field.name for field in declared}
        before = {field.name: field for field in latest.fields}
        found = fields_of(table)
        # Readers' programs rely on types: a column keeps its type until the steward says otherwise.
        kept = [
            field.name
            for field in found
            if field.name not in said
            and field.name in before
            and before[field.name].type is not field.type
        ]
        drift = drifted(latest.fields, found, kept)
        if kept:
            declared = (*declared, *(replace(before[name], evidence="declared") for name in kept))
            table, report, lines = delivery(declared=declared)
    return (
        Reading(
            fields=fields_of(table),
            rows=table.num_rows,
            report=report,
            drift=drift,
            sheets=sheets(parcel),
            first_lines=lines,
            latest=latest.number if latest else None,
        ),
        table,
    )


def _keep(folder: Path, name: str, reading: Reading, table: pa.Table) -> None:
    for old in folder.glob("reading-*"):
        old.unlink(missing_ok=True)
    aside = folder / f".{name}.{uuid.uuid4().hex}"
    pq.write_table(
        table,
        aside,
        compression="zstd",
        row_group_size=_GROUP,
    )
    os.replace(aside, folder / reading.file)
    write_whole(folder / f"{name}.json", reading)
