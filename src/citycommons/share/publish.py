"""Publishing: a table becomes an immutable version, whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pyarrow as pa

from citycommons.core.errors import Conflict, Invalid, NotFound
from citycommons.core.ids import checked_id
from citycommons.core.tables import ARROW_TYPES, Report, clash, fields_of, with_fields
from citycommons.core.types import (
    Bbox,
    ColumnStatistics,
    Dataset,
    DatasetId,
    Digest,
    Field,
    FieldRole,
    FieldType,
    Provenance,
    Version,
)
from citycommons.govern import audit, licenses, privacy
from citycommons.govern.access import Action, require
from citycommons.share import arrange, order
from citycommons.share.statistics import column_statistics
from citycommons.store import catalogue, links, outbox, search, webhooks
from citycommons.store.lake import Lake
from citycommons.store.work import Work

_INDEXED, _PLACED = ("csv", "xlsx", "json", "parquet"), ("geojson", "gpkg")
FORMATS_INDEXED = (*_INDEXED, *_PLACED)
"""Formats by which entries with data are found; the second ones where there is a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A table sorted, measured and written to the lake; nobody can read it yet."""

    fields: tuple[Field, ...]
    digest: Digest
    file: Digest
    bytes: int
    rows: int
    statistics: tuple[ColumnStatistics, ...]
    bounds: Bbox | None
    period: tuple[str, str] | None
    report: Report
    report_file: Digest | None
    rejects_file: Digest | None = None
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The version that now is the newest; `is_new` is false when the content was there already."""

    version: Version
    is_new: bool


def prepare(
    lake: Lake,
    dataset: Dataset,
    table: pa.Table,
    report: Report | None = None,
    *,
    provenance: Provenance | None = None,
    rejects: pa.Table | None = None,
    faults: pa.Table | None = None,
) -> Prepared:
    """Sort, digest, measure and write the table; needs no database, so no writer waits for it.

    Rows with a geometry lie in Hilbert order, others in the order of the dataset's key; without a
    key they stay as delivered. `rejects` are the rows kept aside (`Standardised.rejects`), `faults`
    the whole list where `report.faults` holds only the first. Raises `Invalid` for a table without
    columns, or a key that is not among them.
    """
    report = report or Report()
    if faults is None and report.faults:
        faults = _fault_table(report)
    fields = _described(fields_of(table), dataset.fields)
    given = _checked(table, fields, dataset.key)
    sorted_rows = order.ordered(given, _geometry(fields), dataset.key)
    plain, bounds = sorted_rows.table.select(given.column_names), sorted_rows.bounds
    whole = _filed(sorted_rows.table, fields, bounds)
    # Writing, digest and statistics leave Python's lock, so the three share the cores.
    with ThreadPoolExecutor(3) as pool:
        writing = pool.submit(lake.write, whole)
        digesting = pool.submit(arrange.content_digest, plain)
        statistics = column_statistics(plain, fields)
        stored, digest = writing.result(), digesting.result()
    return Prepared(
        fields=fields,
        digest=digest,
        file=stored.digest,
        bytes=stored.bytes,
        rows=plain.num_rows,
        statistics=statistics,
        bounds=bounds,
        period=_period(fields, statistics),
        report=report,
        report_file=lake.write(faults).digest if faults is not None and faults.num_rows else None,
        rejects_file=lake.write(rejects).digest if rejects is not None and len(rejects) else None,
        provenance=provenance or Provenance(),
    )


def _checked(table: pa.Table, fields: tuple[Field, ...], key: tuple[str, ...]) -> pa.Table:
    """The columns of the fields, in the one Arrow type that stands for each field's type."""
    if not fields:
        raise Invalid("The table has no columns; nothing to publish.")
    names = [field.name for field in fields]
    if (name := clash(names)) is not None:
        raise Invalid(
            f"Column “{name}” is reserved, or differs from another only in case. Rename it.",
            column=name,
        )
    if missing := [name for name in key if name not in names]:
        raise Invalid(
            f"Key column {', '.join(missing)} is not in the table, which has "
            f"{', '.join(names)}. Change the key, or deliver the column.",
        )
    columns = [table.column(field.name).cast(ARROW_TYPES[field.type]) for field in fields]
    return pa.table(columns, names=names)


def _filed(table: pa.Table, fields: tuple[Field, ...], bounds: Bbox | None) -> pa.Table:
    """The table as its file holds it: with its fields, and GeoParquet's metadata."""
    table = with_fields(table, fields)
    if (geometry := _geometry(fields)) is None:
        return table
    geo = arrange.geo_metadata(geometry, bounds)
    return table.replace_schema_metadata({**(table.schema.metadata or {}), b"geo": geo})


def _geometry(fields: tuple[Field, ...]) -> str | None:
    return next((field.name for field in fields if field.type is FieldType.GEOMETRY), None)


def _described(found: tuple[Field, ...], declared: tuple[Field, ...]) -> tuple[Field, ...]:
    """What was found, with the declared meaning, unit and role where a field was described."""
    by_name = {field.name: field for field in declared}
    return tuple(
        replace(
            said,
            type=field.type,
            role=field.role if said.role is FieldRole.TEXT else said.role,
            evidence=said.evidence or field.evidence,
        )
        if (said := by_name.get(field.name))
        else field
        for field in found
    )


def _period(
    fields: tuple[Field, ...], statistics: tuple[ColumnStatistics, ...]
) -> tuple[str, str] | None:
    timed = {f.name for f in fields if f.type in (FieldType.DATE, FieldType.DATETIME)}
    named = {f.name for f in fields if f.role is FieldRole.TIME}
    for one in sorted(statistics, key=lambda s: s.name not in named):
        if one.name in timed and one.minimum is not None:
            return str(one.minimum), str(one.maximum)
    return None


def _fault_table(report: Report) -> pa.Table:
    return pa.table(
        {
            "line": pa.array([f.line for f in report.faults], pa.int64()),
            "column": [f.column for f in report.faults],
            "value": [f.value for f in report.faults],
            "rule": [f.rule for f in report.faults],
            "message": [f.message for f in report.faults],
            "is_rejected": [f.is_rejected for f in report.faults],
            "action": [f.action for f in report.faults],
        }
    )


def describe(work: Work, dataset: Dataset) -> Dataset:
    """Create the catalogue entry, or replace its description; versions stay as they are.

    Raises `Forbidden` if the actor may not describe for the publisher (of the old entry and the
    new), `Invalid` for an unknown licence or a dataset without a title.
    """
    checked_id(dataset.id)
    before = catalogue.find_dataset(work.db, dataset.id)
    require(work, Action.DESCRIBE, before or dataset)
    require(work, Action.DESCRIBE, dataset.publisher)
    licenses.license(dataset.license)
    if not any(text.strip() for text in dataset.title.values()):
        raise Invalid("A dataset needs a title in at least one language.", column="title")
    privacy.require_release(work, dataset, before)
    publisher = catalogue.publisher(work.db, dataset.publisher)
    created = before.created if before else work.now
    unchanged = before and replace(dataset, created=before.created, modified=before.modified)
    if before is not None and unchanged == before:
        return before
    dataset = replace(dataset, created=created, modified=work.now)
    catalogue.save_dataset(work.db, dataset)
    links.enrol(work.db, dataset, work.now)
    _index(work, dataset, publisher.name, catalogue.version(work.db, dataset.id))
    audit.record(work, Action.DESCRIBE, dataset.id, is_new=before is None)
    _tell(work, dataset, before)
    return dataset


def _tell(work: Work, dataset: Dataset, before: Dataset | None) -> None:
    # A harvest describes a hundred thousand entries: facts that nobody waits for are not written.
    if not webhooks.is_any(work.db):
        return
    was_there = before is None or before.removed is None
    if dataset.removed is not None and was_there:
        fact: outbox.Fact = outbox.DatasetRemoved(dataset=dataset.id, removed=dataset.removed)
    else:
        fact = outbox.DatasetDescribed(dataset=dataset.id, modified=work.now)
    outbox.add(work.db, fact, work.now)


def publish(
    work: Work,
    dataset: Dataset,
    prepared: Prepared,
    *,
    note: str = "",
    expected: int | None = None,
) -> Published:
    """Make the prepared table the dataset's newest version; the entry is created when missing.

    `expected` is the number the caller believes to be the latest (0 for none): if somebody else
    published since, `Conflict` says so. Content equal to the latest version makes no new one.
    Raises `Forbidden` if the actor may not publish for this publisher.
    """
    # What is stored decides who may publish, not what the caller says of it.
    dataset = catalogue.find_dataset(work.db, dataset.id) or describe(work, dataset)
    require(work, Action.PUBLISH, dataset)
    privacy.require_release(work, dataset)
    every = catalogue.versions(work.db, dataset.id)
    newest = every[0].number if every else 0
    if expected is not None and expected != newest:
        raise Conflict(
            f"Somebody published version {newest} of “{dataset.id}” meanwhile; you started from "
            f"{expected}. Look at what changed, then publish again."
        )
    latest = catalogue.version(work.db, dataset.id)
    if latest and latest.digest == prepared.digest:
        return Published(version=latest, is_new=False)
    # Last moment before the row that names it: the file must be there, whatever happened since.
    work.lake.existing(prepared.file)
    version = _version(work, dataset.id, newest + 1, prepared, note)
    catalogue.add_version(work.db, version)
    _index(work, dataset, catalogue.publisher(work.db, dataset.publisher).name, version)
    fact = outbox.DatasetPublished(dataset=dataset.id, version=version.number, file=version.file)
    outbox.add(work.db, fact, work.now)
    audit.record(
        work,
        Action.PUBLISH,
        f"{dataset.id}@{version.number}",
        digest=version.digest,
        rows=version.rows,
    )
    return Published(version=version, is_new=True)


def _version(work: Work, id: DatasetId, number: int, prepared: Prepared, note: str) -> Version:
    return Version(
        dataset=id,
        number=number,
        digest=prepared.digest,
        file=prepared.file,
        rows=prepared.rows,
        bytes=prepared.bytes,
        fields=prepared.fields,
        statistics=prepared.statistics,
        bounds=prepared.bounds,
        period=prepared.period,
        faults=prepared.report.summary,
        rejected=prepared.report.rejected,
        report=prepared.report_file,
        rejects=prepared.rejects_file,
        provenance=replace(
            prepared.provenance, steps=(*prepared.report.steps, *prepared.provenance.steps)
        ),
        note=note,
        created=work.now,
        created_by=work.actor.id,
    )


def withdraw(work: Work, id: DatasetId, number: int, *, reason: str) -> Version:
    """Take a version back: its rows can no longer be read, a tombstone with the reason stays.

    Raises `Invalid` without a reason, `Conflict` when it was withdrawn already.
    """
    dataset = catalogue.dataset(work.db, id)
    require(work, Action.WITHDRAW, dataset)
    if not reason.strip():
        raise Invalid("Withdrawing needs a reason that readers will see.", column="reason")
    if (version := catalogue.version(work.db, id, number)) is None:
        raise NotFound(f"“{id}” has no version {number}.")
    if version.withdrawn:
        raise Conflict(f"Version {number} of “{id}” was withdrawn already.")
    version = replace(version, withdrawn=work.now, withdrawn_reason=reason.strip())
    # Harvests ask for what changed since a time, and compare the time that is told.
    dataset = replace(dataset, modified=work.now)
    catalogue.save_dataset(work.db, dataset)
    catalogue.replace_version(work.db, version)
    publisher = catalogue.publisher(work.db, dataset.publisher)
    _index(work, dataset, publisher.name, catalogue.version(work.db, id))
    fact = outbox.VersionWithdrawn(dataset=id, version=number, file=version.file)
    outbox.add(work.db, fact, work.now)
    audit.record(work, Action.WITHDRAW, f"{id}@{number}", reason=reason.strip())
    return version


def _index(work: Work, dataset: Dataset, publisher_name: str, latest: Version | None) -> None:
    if dataset.removed is not None:  # its page stays for whoever has the address
        search.remove(work.db, dataset.id)
        return
    linked = {link.format.casefold() for link in dataset.links if link.format}
    own = set(_INDEXED) if latest else set()
    placed = set(_PLACED) if latest and latest.geometry else set()
    meant = replace(dataset, fields=latest.fields) if latest else dataset
    search.index(
        work.db,
        search.Entry(
            dataset=meant,
            publisher_name=publisher_name,
            formats=tuple(linked | own | placed),
            has_data=latest is not None,
            modified=latest.created if latest else dataset.modified or work.now,
        ),
    )
