"""Read parcels into one typed table, with a report of everything that was found and chosen."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from citycommons.core import plugs
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.tables import Report, Standardised, fields_of
from citycommons.core.types import (
    Bbox,
    Correspondence,
    Field,
    Parcel,
    Plan,
    Policy,
    Question,
    Rule,
)
from citycommons.standardise import archive, foreign, mapping, models
from citycommons.standardise.aside import Aside
from citycommons.standardise.checks import Known, check, suggested
from citycommons.standardise.fields import Settled, settle
from citycommons.standardise.formats import Draft, Format, Rows, Source
from citycommons.standardise.names import bearable
from citycommons.standardise.pages import called, joined, require_alike
from citycommons.standardise.shape import shape
from citycommons.standardise.surroundings import Surroundings
from citycommons.store import spill

if TYPE_CHECKING:
    from citycommons.standardise.gazetteer import Gazetteer

UPLOAD_MB = 512
UNPACKED_MB = 4096
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    upload_mb: int = UPLOAD_MB
    unpacked_mb: int = UNPACKED_MB


def standardised(
    parcels: Sequence[Parcel],
    *,
    plan: Plan = Plan(),  # noqa: B008 (frozen)
    rules: Sequence[Rule] = (),
    zone: str = "UTC",
    gazetteer: Gazetteer | None = None,
    bounds: Bbox | None = None,
    known: Known | None = None,
    has_own_checks: bool = True,
    are_alike: bool = False,
    upload_limit_mb: int = UPLOAD_MB,
    unpacked_limit_mb: int = UNPACKED_MB,
    first: int = 50,
) -> Standardised:
    """Read the parcels of one part (one file, or the pages of one table) as the plan says.

    `rules` are checked beside those of the plan; `zone` is the time zone of times that name none;
    `gazetteer` and `bounds` (the city's box, CRS84) help to find places; `known` holds what rules
    look up elsewhere (references, the rows of the version before). `has_own_checks` adds the rules
    that every table gets by itself: they only flag; `are_alike` refuses a file with other columns
    than the first, where pages of an API are united.

    Geometry is WKB in CRS84, times are UTC. Nothing is dropped or guessed in silence: faults carry
    line and value, rows kept aside stand in `rejects`, and what only a person knows is in
    `report.questions`.

    Raises `Invalid` for a file that is no table, saying what it looks like and what to do, and
    `TooMuch` for one above the limits, before it is read.
    """
    if not parcels:
        raise Invalid("There is no file to read. Deliver at least one.")
    limits = _Limits(upload_mb=upload_limit_mb, unpacked_mb=unpacked_limit_mb)
    around = Surroundings(bounds=bounds, gazetteer=gazetteer)
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        draft, named = _drafted(Path(folder), parcels, plan, zone, limits, are_alike=are_alike)
        settled = settle(draft, plan, zone, around)
        # The table's own rows in order are found anew: another delivery's must not be taken for it.
        known = replace(known or Known(), bounds=(known and known.bounds) or bounds, found={})
        rules = (*plan.rules, *rules)
        if has_own_checks:
            rules = (*rules, *_own(settled.table, rules, known))
        found = _finished(draft, settled, plan, rules, named, first, known)
        return _asked(found, plan) if has_own_checks else found


def _asked(found: Standardised, plan: Plan) -> Standardised:
    """With the question whether this is one of the field's own tables, where it seems to be one."""
    name = mapping.named(found.shape)
    if plan.mapping is not None or name in (*plan.answered, *plan.answers):
        return found
    if (question := mapping.question(found.table, found.shape)) is None:
        return found
    questions = (*found.report.questions, question)
    return replace(found, report=replace(found.report, questions=questions))


def understood(
    draft: Draft,
    *,
    plan: Plan = Plan(),  # noqa: B008 (frozen)
    rules: Sequence[Rule] = (),
    zone: str = "UTC",
    bounds: Bbox | None = None,
    gazetteer: Gazetteer | None = None,
    known: Known | None = None,
) -> Standardised:
    """A draft that no file was read for (repaired rows), with the meaning that the plan gives."""
    settled = settle(draft, plan, zone, Surroundings(bounds=bounds, gazetteer=gazetteer))
    known = replace(known or Known(), bounds=bounds, found={})
    first = draft.table.num_rows
    return _finished(draft, settled, plan, (*plan.rules, *rules), "", first, known)


def read(
    parcel: Parcel,
    *,
    declared: Sequence[Field] = (),
    sheet: str | None = None,
    zone: str = "UTC",
    upload_limit_mb: int = UPLOAD_MB,
    unpacked_limit_mb: int = UNPACKED_MB,
) -> tuple[pa.Table, Report]:
    """One file by itself: its table, and its report; all the rest of `standardised` left out."""
    found = standardised(
        [parcel],
        plan=Plan(fields=tuple(declared), sheet=sheet or ""),
        zone=zone,
        has_own_checks=False,
        upload_limit_mb=upload_limit_mb,
        unpacked_limit_mb=unpacked_limit_mb,
        first=0,
    )
    return found.table, found.report


def read_with(plug: Format, parcel: Parcel, *, zone: str = "UTC") -> tuple[pa.Table, Report]:
    """Read a parcel with this very format, installed or not."""
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        draft, named = _drafted(Path(folder), [parcel], Plan(), zone, _Limits(), plug)
        found = _finished(draft, settle(draft, Plan(), zone), Plan(), (), named, 0, Known())
    return found.table, found.report


def _drafted(
    folder: Path,
    parcels: Sequence[Parcel],
    plan: Plan,
    zone: str,
    limits: _Limits,
    plug: Format | None = None,
    *,
    are_alike: bool = False,
) -> tuple[Draft, str]:
    """All files as one draft under the plan's names, and the shape it had before."""
    foreign.check_zone(zone)
    drafts = []
    for number, parcel in enumerate(parcels):
        workspace = folder / str(number)
        workspace.mkdir()
        drafts.append(_draft(workspace, plug, parcel, plan, zone, limits))
    names = [parcel.name for parcel in parcels]
    if are_alike:
        require_alike(drafts, names)
    draft = joined(drafts, names)
    named = shape(draft.table.column_names)
    return called(draft, plan.renames), named


def _draft(
    workspace: Path,
    plug: Format | None,
    parcel: Parcel,
    plan: Plan,
    zone: str,
    limits: _Limits,
) -> Draft:
    size = parcel.path.stat().st_size
    if size > limits.upload_mb << 20:
        raise TooMuch(
            f"{parcel.name} has {size >> 20} MB, and at most {limits.upload_mb} MB are read. "
            "Split it, deliver it as Parquet, or raise the setting upload_limit_mb.",
            bytes=size,
        )
    source = Source(
        path=parcel.path,
        name=parcel.name,
        head=_head(parcel.path),
        # A connector that knows its vocabulary names the layer that this part is.
        sheet=plan.sheet or (parcel.part if parcel.profile else "") or None,
        table=plan.table,
        record_path=plan.record_path,
        profile=parcel.profile,
        zone=zone,
        most_bytes=limits.unpacked_mb << 20,
        workspace=workspace,
    )
    foreign.refuse(source)
    source, steps = archive.opened(source, parcel)
    foreign.refuse(source)
    draft = (plug or _format(source)).read(source)
    draft.steps[:0] = steps
    if not draft.table.num_columns:
        raise Invalid(f"{parcel.name} holds no columns. Deliver a table with a header row.")
    return bearable(draft)


def _own(table: pa.Table, rules: Sequence[Rule], known: Known) -> Iterator[Rule]:
    """The rules a table gets by itself, but for those that somebody wrote otherwise."""
    said = {(rule.kind, rule.columns) for rule in rules}
    for rule in suggested(table, fields_of(table), known):
        if (rule.kind, rule.columns) not in said:
            yield rule


def _finished(
    draft: Draft,
    settled: Settled,
    plan: Plan,
    rules: Sequence[Rule],
    named: str,
    first: int,
    known: Known,
) -> Standardised:
    """The table without the rows that are kept aside, and the report of it all."""
    checked = check(settled.table, rules, lines=draft.lines, faults=draft.faults, known=known)
    aside = Aside(draft)
    verdicts = [checked.verdict, plan.policy if settled.misfits else Policy.FLAG]
    if plan.policy is Policy.REJECT_ROW and settled.misfits:
        draft.faults.reject_misfits()
        for column, rows in settled.misfits.items():
            aside.add(rows, [f"“{column}” does not fit"] * len(rows))
    aside.add(checked.rejected, checked.reasons)
    kept = aside.left() if len(aside) > len(checked.rejected) else checked.kept
    table = checked.table if kept is checked.kept else spill.take_rows(settled.table, kept)
    if plan.mapping is not None:
        table, kept = _mapped(draft, table, kept, plan.mapping)
    if spill.is_large(table):
        draft.steps.append("so large that no series (gaps, leaps) was looked for by itself")
    report = draft.faults.report(draft.steps)
    return Standardised(
        table=table,
        report=replace(
            report,
            rejected=report.rejected + len(aside),
            questions=_open(draft, settled, plan),
            verdict=max(verdicts, key=list(Policy).index),
        ),
        rejects=aside.table(),
        faults=draft.faults.table(),
        lines=tuple(int(line) for line in draft.lines(kept[:first])),
        shape=named,
    )


def _mapped(
    draft: Draft, table: pa.Table, kept: Rows, said: Correspondence
) -> tuple[pa.Table, Rows]:
    """The table as one of the field's own, checked by its rules; and each row's row before."""
    found, _ = mapping.apply(
        table, said, lines=lambda rows: draft.lines(kept[rows]), faults=draft.faults
    )
    rows = kept[found.rows]
    rules = [
        rule
        for rule in models.model(said.model).rules
        if set(rule.columns) <= set(found.table.column_names)
    ]
    check(found.table, rules, lines=lambda some: draft.lines(rows[some]), faults=draft.faults)
    draft.steps.append(f"columns named and coded as the table “{said.model}” of City Commons")
    return found.table, rows


def _open(draft: Draft, settled: Settled, plan: Plan) -> tuple[Question, ...]:
    """The questions that nobody has answered yet."""
    said = {*plan.answered, *plan.answers}
    return tuple(q for q in (*draft.questions, *settled.questions) if q.id not in said)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _format(source: Source) -> Format:
    """The installed format that is surest of the file."""
    known: list[Any] = [plugs.load("formats", name)() for name in plugs.names("formats")]
    surest: Format = max(known, key=lambda plug: plug.recognises(source))
    return surest
