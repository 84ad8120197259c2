"""A draft as it would be published: its table, its faults by place, and its drift; read once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import Report, Standardised, fields_of
from citycommons.core.types import Actor, Fault, Field, Plan, Version
from citycommons.govern.access import Action, publishers_for
from citycommons.share.drafts.draft import Draft, parcel_of, parcels_of, write_whole
from citycommons.share.drafts.keep import change, folder_of, get
from citycommons.share.drafts.mended import without_repaired
from citycommons.share.gazetteer import gazetteer
from citycommons.share.known import known_for
from citycommons.standardise import drift as drifting
from citycommons.standardise import read as reader
from citycommons.standardise.checks import Known
from citycommons.standardise.drift import Drift
from citycommons.standardise.gazetteer import Gazetteer
from citycommons.standardise.sheets import sheets
from citycommons.store import catalogue, plans
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
    shape: str = ""  # names the set of columns: equal for the next file of its kind
    has_rejects: bool = False  # whether rows were kept aside, to be repaired

    def head(self, folder: Path, rows: int = HEAD) -> pa.Table:
        """The first rows."""
        with pq.ParquetFile(folder / self.file) as file:
            batch = next(file.iter_batches(rows), None)
            if batch is None:
                return file.schema_arrow.empty_table()
            return pa.Table.from_batches([batch])

    def rejects(self, folder: Path) -> pa.Table | None:
        """The rows kept aside, as texts, after their line and what was wrong."""
        return pq.read_table(folder / _aside(self.file)) if self.has_rejects else None

    def listed(self, folder: Path) -> pa.Table | None:
        """Every fault, also those beyond the first that the report holds."""
        path = folder / _listed(self.file)
        return pq.read_table(path) if path.exists() else None

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
        known = known_for(work, draft.plan.rules, before=latest)
        places = gazetteer(work, city.settings.addresses)
    if kept := _kept(folder, _name(draft, latest)):
        return draft, kept
    reading, found = _read(city, folder, draft, latest, known, places)
    if remembered := _remembered(city, actor, draft, reading.shape):
        draft = remembered
        reading, found = _read(city, folder, draft, latest, known, places)
    return draft, _keep(folder, _name(draft, latest), reading, found)


def _kept(folder: Path, name: str) -> Reading | None:
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        kept = msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=Reading)
        if (folder / kept.file).exists():
            return kept
    return None


def _remembered(city: City, actor: Actor, draft: Draft, shape: str) -> Draft | None:
    """The draft with what was said of an earlier file of this shape, if nothing was said yet."""
    if not shape or draft.forgets or draft.remembered or draft.plan != Plan():
        return None
    with city.work(actor, may_write=False) as work:
        able = publishers_for(actor, Action.PUBLISH)
        every = [one.id for one in catalogue.publishers(work.db) if able is None or one.id in able]
        first = draft.dataset.publisher
        for publisher in sorted(every, key=lambda id: id != first):
            name = plans.of_shape(publisher, shape)
            if plan := plans.find(work.db, [name]):
                break
        else:
            return None
    return change(city, actor, draft.id, lambda before: replace(before, plan=plan, remembered=name))


def table_of(folder: Path, reading: Reading) -> pa.Table:
    """All rows, with their fields."""
    return pq.read_table(folder / reading.file, memory_map=True)


def _listed(file: str) -> str:
    return file.replace(".parquet", ".faults.parquet")


def _aside(file: str) -> str:
    return file.replace(".parquet", ".rejects.parquet")


def _name(draft: Draft, latest: Version | None) -> str:
    """Names a reading by all it depends on."""
    others = tuple(one.digest for one in draft.others)
    repairs = tuple(one.digest for one in draft.repairs)
    parts = (draft.digest, others, repairs, draft.plan, latest.number if latest else 0)
    return "reading-" + hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def _read(
    city: City,
    folder: Path,
    draft: Draft,
    latest: Version | None,
    known: Known,
    places: Gazetteer | None,
) -> tuple[Reading, Standardised]:
    def delivery(plan: Plan) -> Standardised:
        found = reader.standardised(
            parcels_of(folder, draft),
            plan=plan,
            zone=city.settings.timezone,
            bounds=city.settings.boundary,
            known=known,
            gazetteer=places,
            upload_limit_mb=city.settings.upload_limit_mb,
            unpacked_limit_mb=city.settings.unpacked_limit_mb,
        )
        return without_repaired(folder, draft, found)

    found = delivery(draft.plan)
    drift: tuple[Drift, ...] = ()
    if latest is not None:
        said = {field.name for field in draft.plan.fields}
        before = {field.name: field for field in latest.fields}
        fields = fields_of(found.table)
        # Readers' programs rely on types: a column keeps its type until the steward says otherwise.
        kept = [
            field.name
            for field in fields
            if field.name not in said
            and field.name in before
            and before[field.name].type is not field.type
        ]
        drift = drifting.drift(latest, found.table, kept)
        if kept:
            as_before = (replace(before[name], evidence="declared") for name in kept)
            found = delivery(replace(draft.plan, fields=(*draft.plan.fields, *as_before)))
    return (
        Reading(
            fields=fields_of(found.table),
            rows=found.table.num_rows,
            report=_with_renames(found.report, drift, draft.plan),
            drift=drift,
            sheets=sheets(parcel_of(folder, draft)),
            first_lines=found.lines[:HEAD],
            latest=latest.number if latest else None,
            shape=found.shape,
            has_rejects=found.rejects is not None and found.rejects.num_rows > 0,
        ),
        found,
    )


def _with_renames(report: Report, drift: Sequence[Drift], plan: Plan) -> Report:
    """The report, with a question for each column that may only bear a new name."""
    said = {*plan.answered, *plan.answers}
    asked = tuple(q for q in drifting.questions(drift) if q.id not in said)
    return replace(report, questions=(*report.questions, *asked))


def _keep(folder: Path, name: str, reading: Reading, found: Standardised) -> Reading:
    for old in folder.glob("reading-*"):
        old.unlink(missing_ok=True)
    reading = replace(reading, file=f"{name}.parquet")
    _write(folder, reading.file, found.table)
    if reading.has_rejects:
        _write(folder, _aside(reading.file), found.rejects)
    if found.faults is not None and found.faults.num_rows:
        _write(folder, _listed(reading.file), found.faults)
    write_whole(folder / f"{name}.json", reading)
    return reading


def _write(folder: Path, file: str, table: pa.Table) -> None:
    aside = folder / f".{file}.{uuid.uuid4().hex}"
    pq.write_table(table, aside, compression="zstd", row_group_size=_GROUP)
    os.replace(aside, folder / file)
