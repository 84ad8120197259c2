"""Rows that were kept aside: given out to be repaired, and taken back into the next version."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.errors import Conflict, Invalid, NotFound
from citycommons.core.tables import ARROW_TYPES, LINE, REASON, Report, Standardised, with_fields
from citycommons.core.types import (
    Actor,
    Dataset,
    DatasetId,
    Fault,
    Field,
    FieldType,
    Parcel,
    Plan,
    Policy,
    Provenance,
    Version,
)
from citycommons.govern.access import Action, require
from citycommons.share import publish as publishing
from citycommons.share.known import known_for
from citycommons.share.rejected_files import as_csv, as_workbook
from citycommons.standardise.checks import KINDS, check
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft
from citycommons.standardise.read import understood
from citycommons.standardise.repairs import Repair, is_repair, read_repair, table_of
from citycommons.store import catalogue, plans
from citycommons.store.work import City, Work

__all__ = ["Repaired", "as_csv", "as_workbook", "is_repair", "of_version", "repair"]

_DOUBLES = frozenset({"unique", "duplicate-row"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What became of repaired rows."""

    version: Version  # the newest, with the rows in it
    added: int = 0  # rows that are data now
    still: int = 0  # rows sent that are still wrong
    unknown: int = 0  # rows that belong to no row kept aside: in already, or of another version


def of_version(work: Work, id: DatasetId, number: int | None = None) -> pa.Table:
    """The rows kept aside with a version, for whoever publishes it: they may hold anything.

    Raises `NotFound` where there are none, `Forbidden` for anybody else.
    """
    dataset = catalogue.dataset(work.db, id)
    require(work, Action.PUBLISH, dataset)
    version = catalogue.version(work.db, id, number)
    if version is None or version.rejects is None:
        raise NotFound(f"No rows of “{id}” were kept aside.", dataset=id)
    return pq.read_table(work.lake.existing(version.rejects))


def repair(city: City, actor: Actor, id: DatasetId, parcel: Parcel) -> Repaired:
    """Add repaired rows to the newest version, which makes the next; nothing is added twice.

    Raises `Forbidden` for whoever may not publish the dataset, `Invalid` for a file that is not of
    rejected rows, `Conflict` when nothing is kept aside or somebody publishes at the same time.
    """
    with city.work(actor, may_write=False) as work:
        dataset = catalogue.dataset(work.db, id)
        require(work, Action.PUBLISH, dataset)
        version = catalogue.version(work.db, id)
        plan = plans.find(work.db, [plans.of_dataset(id)]) or Plan()
        every = catalogue.versions(work.db, id)
    if version is None:
        raise Conflict(f"“{id}” has no version that rows could be added to. Publish it first.")
    sent = read_repair(parcel, _as_in_file(version, plan))
    is_known = any(parcel.digest and parcel.digest in one.provenance.parcels for one in every)
    if version.rejects is None or is_known:
        return Repaired(version=version, unknown=len(sent.rows))
    aside = pq.read_table(city.lake.existing(version.rejects))
    pairs = _matched(sent, aside)
    unknown = len(sent.rows) - len(pairs)
    if not pairs:
        return Repaired(version=version, unknown=unknown)
    found = _understood(city, actor, dataset, version, plan, sent, pairs)
    if not found.table.num_rows:
        return Repaired(version=version, still=len(pairs), unknown=unknown)
    return _publish(city, actor, dataset, version, parcel, aside, pairs, found, unknown)


@dataclass(frozen=True, slots=True)
class _Pair:
    sent: int  # row of the repair
    aside: int  # row kept aside
    line: int


def _matched(sent: Repair, aside: pa.Table) -> list[_Pair]:
    """Rows sent back, each with the row kept aside that it was: the same line, and much the same.

    A line alone would not do: another version may have kept another row of that line aside.
    """
    lines = aside[LINE].to_pylist()
    reasons = aside[REASON].to_pylist()
    by_line: dict[int | None, list[int]] = {}
    for row, line in enumerate(lines):
        by_line.setdefault(line, []).append(row)
    shared = [name for name in sent.names if name in aside.column_names]
    columns = {name: aside[name].to_pylist() for name in shared}
    places = [sent.names.index(name) for name in shared]
    taken: set[int] = set()
    found: list[_Pair] = []
    for number, cells in enumerate(sent.rows):
        best, most = None, 0.0
        for row in by_line.get(sent.lines[number], ()):
            if row in taken:
                continue
            same = [
                (cells[at] or "") == (columns[name][row] or "")
                for at, name in zip(places, shared, strict=True)
            ]
            likeness = sum(same) / max(len(same), 1)
            likeness += 1.0 if reasons[row] == sent.reasons[number] else 0.0
            if likeness >= 0.5 and likeness > most:
                best, most = row, likeness
        if best is not None:
            taken.add(best)
            found.append(_Pair(number, best, lines[best] or 0))
    return found


def _understood(
    city: City,
    actor: Actor,
    dataset: Dataset,
    version: Version,
    plan: Plan,
    sent: Repair,
    pairs: list[_Pair],
) -> Standardised:
    """The rows as data, read with the types, the plan and the rules of the dataset."""
    texts = table_of(sent.names, [sent.rows[pair.sent] for pair in pairs])
    lines = np.array([pair.line for pair in pairs], np.int64)
    draft = Draft(table=texts, lines=lambda rows: lines[rows], decimal=_decimal(version))
    there = {name.casefold() for name in sent.names}
    # Columns that reading made (a geometry, a status) are made again, not asked for.
    known = [field for field in version.fields if field.name.casefold() in there]
    named = {field.name for field in version.fields}
    beyond = [n for n in sent.names if n not in named and re.fullmatch(r"column_\d+", n)]
    rows = np.arange(len(pairs))
    too_long = np.zeros(len(pairs), bool)
    for name in beyond:
        too_long |= np.asarray(texts[name].combine_chunks().is_valid())
    # A cell beyond the last column is what was wrong with the row: it has to be empty now.
    for row in rows[too_long].tolist():
        cells = tuple(texts.slice(row, 1).to_pylist()[0].values())
        message = f"more cells than the {len(known)} columns; move or delete those on the right."
        draft.faults.reject(int(lines[row]), cells, "long-row", message)
    stays = rows[~too_long]
    draft.table = texts.take(pa.array(stays)).drop_columns(beyond)
    draft.lines = lambda rows: lines[stays[rows]]
    spoken = {field.name for field in plan.fields}
    fields = (*plan.fields, *(field for field in known if field.name not in spoken))
    # Rules about rows together mean the whole table, not the few that came back.
    rules = [rule for rule in dataset.rules or plan.rules if not KINDS[rule.kind].of_table]
    with city.work(actor, may_write=False) as work:
        looked_up = known_for(work, rules)
    found = understood(
        draft,
        plan=replace(plan, fields=fields, renames={}, rules=()),
        rules=rules,
        zone=city.settings.timezone,
        bounds=city.settings.boundary,
        known=looked_up,
    )
    return _without_doubles(city, dataset, version, plan, found, texts, lines)


def _without_doubles(
    city: City,
    dataset: Dataset,
    version: Version,
    plan: Plan,
    found: Standardised,
    texts: pa.Table,
    lines: np.ndarray,
) -> Standardised:
    """The rows but for those that are in the version already, where a rule rejects such rows."""
    rules = [
        rule
        for rule in dataset.rules or plan.rules
        if rule.kind in _DOUBLES and rule.policy is Policy.REJECT_ROW
    ]
    if not rules or not found.table.num_rows:
        return found
    before = _rows_of(city, version)
    both = pa.concat_tables([before, _alike(found.table, version)])
    faults = Faults()
    at = np.concatenate([np.zeros(len(before), np.int64), np.array(found.lines, np.int64)])
    checked = check(both, rules, lines=lambda rows: at[rows], faults=faults)
    double = checked.rejected - len(before)
    if not len(double):
        return found
    stays = np.ones(found.table.num_rows, bool)
    stays[double] = False
    back = texts.take(pa.array([int(np.flatnonzero(lines == at[r])[0]) for r in checked.rejected]))
    columns = [pa.array(at[checked.rejected]), pa.array(checked.reasons), *back.columns]
    again = pa.Table.from_arrays(columns, names=[LINE, REASON, *back.column_names])
    aside = [table for table in (found.rejects, again) if table is not None]
    listed = [table for table in (found.faults, faults.table()) if table is not None]
    return replace(
        found,
        table=found.table.filter(pa.array(stays)),
        rejects=pa.concat_tables(aside, promote_options="default"),
        faults=pa.concat_tables(listed),
    )


def _rows_of(city: City, version: Version) -> pa.Table:
    """The rows of a version, without what only its file holds."""
    table = pq.read_table(city.lake.existing(version.file))
    names = [field.name for field in version.fields]
    return table.select(names).replace_schema_metadata()


def _as_in_file(version: Version, plan: Plan) -> tuple[Field, ...]:
    """The fields by the names that their columns bear in the file."""
    if plan.mapping is None:
        return version.fields
    columns = plan.mapping.columns
    return tuple(replace(f, name=columns.get(f.name, f.name)) for f in version.fields)


def _decimal(version: Version) -> str:
    """The decimal sign of the file, as the evidence of its numbers tells; empty without any."""
    said = " ".join(field.evidence for field in version.fields)
    if ("decimal comma" in said) == ("decimal point" in said):
        return ""
    return "," if "decimal comma" in said else "."


def _publish(
    city: City,
    actor: Actor,
    dataset: Dataset,
    version: Version,
    parcel: Parcel,
    aside: pa.Table,
    pairs: list[_Pair],
    found: Standardised,
    unknown: int,
) -> Repaired:
    still = found.rejects
    both = [_rows_of(city, version), _alike(found.table, version)]
    table = with_fields(pa.concat_tables(both), version.fields)
    sent = {pair.aside for pair in pairs}
    left = aside.filter(pa.array([row not in sent for row in range(aside.num_rows)]))
    if still is not None:
        left = pa.concat_tables([left, still], promote_options="default").sort_by(LINE)
    added = found.table.num_rows
    faults = _faults(city, version, {pair.line for pair in pairs}, found)
    prepared = publishing.prepare(
        city.lake,
        dataset,
        table,
        Report(
            faults=(),
            summary=_summary(faults),
            rejected=max(0, version.rejected - added),
            steps=(f"{added} repaired rows added to those of version {version.number}",),
        ),
        provenance=Provenance(
            origin=version.provenance.origin,
            received=parcel.received,
            parcels=(*version.provenance.parcels, parcel.digest),
            steps=version.provenance.steps,
            derived_from=(f"{dataset.id}@{version.number}",),
        ),
        rejects=left,
        faults=faults if faults.num_rows else None,
    )
    with city.work(actor) as work:
        newest = catalogue.versions(work.db, dataset.id)[0].number
        if catalogue.version(work.db, dataset.id) != version:
            raise Conflict(
                f"Somebody published “{dataset.id}” meanwhile. Send the repaired rows again."
            )
        note = f"{added} repaired rows"
        done = publishing.publish(work, dataset, prepared, note=note, expected=newest)
    return Repaired(
        version=done.version,
        added=added,
        still=0 if still is None else still.num_rows,
        unknown=unknown,
    )


def _alike(table: pa.Table, version: Version) -> pa.Table:
    """The rows with the version's columns; raises `Invalid` where their place was not found."""
    columns: list[Any] = []
    for field in version.fields:
        kind = ARROW_TYPES[field.type]
        if field.name in table.column_names:
            columns.append(table[field.name].cast(kind))
        elif field.type is FieldType.GEOMETRY:
            raise Invalid(
                "The places of the repaired rows were not understood. Say on the dataset's page "
                "which columns hold them, then send the rows again.",
                column=field.name,
            )
        else:
            columns.append(pa.nulls(table.num_rows, kind))
    return pa.table(columns, names=[field.name for field in version.fields])


def _faults(city: City, version: Version, lines: set[int], found: Standardised) -> pa.Table:
    """The faults of the version before, without those of rows that came back, and what is new."""
    new = found.faults
    if version.report is None:
        return new
    old = pq.read_table(city.lake.existing(version.report))
    is_back = np.isin(np.asarray(old["line"].fill_null(-1)), list(lines))
    is_out = np.asarray(old["is_rejected"])
    kept = old.filter(pa.array(~(is_back & is_out)))
    return kept if new is None else pa.concat_tables([kept, new], promote_options="default")


def _summary(faults: pa.Table) -> tuple[Fault, ...]:
    """Faults by rule, column and whether their row is aside, the most frequent first."""
    if not faults.num_rows:
        return ()
    keys = ["rule", "column", "is_rejected"]
    kinds = [("message", "first"), ("value", "first"), ("rule", "count")]
    sums = faults.group_by(keys, use_threads=False).aggregate(kinds).to_pylist()
    return tuple(
        Fault(
            rule=one["rule"],
            message=one["message_first"],
            column=one["column"],
            value=one["value_first"],
            is_rejected=one["is_rejected"],
            count=one["rule_count"],
        )
        for one in sorted(sums, key=lambda one: -one["rule_count"])
    )
