"""The whole ledger as one JSON document, out and in again: nothing of it is locked in.

What goes out is what the asker may see; for an administrator that is everything, with its history.
What comes in keeps its dates and numbers, so a city moves house without losing its past; the audit
log says who brought it, when, and the digest of the document, since nobody here saw it being made.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import isfinite
from typing import Any

import msgspec

from citycommons.core.errors import Conflict, Invalid
from citycommons.core.goals import (
    Act,
    Benefit,
    Cost,
    Goal,
    GoalId,
    Kind,
    Measurement,
    Problem,
    Revision,
    Thing,
    UnitValue,
)
from citycommons.core.ids import checked_id
from citycommons.core.types import ActorId
from citycommons.govern import audit
from citycommons.govern.access import Action, allows, require
from citycommons.measure.goals import reading
from citycommons.measure.goals.checks import faults_of
from citycommons.store import catalogue, ledger
from citycommons.store.ledger import Row
from citycommons.store.work import Work

FORMAT = "citycommons-ledger"
VERSION = 1
_TYPES: dict[Kind, Any] = {
    Kind.PROBLEM: Problem,
    Kind.GOAL: Goal,
    Kind.BENEFIT: Benefit,
    Kind.COST: Cost,
    Kind.UNIT_VALUE: UnitValue,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One revision of an entry; `by` is empty where the asker may not know."""

    act: Act
    at: datetime
    by: str = ""
    why: str = ""
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One entry, its oldest revision first."""

    kind: Kind
    publisher: str = ""
    removed: datetime | None = None
    revisions: tuple[State, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A ledger."""

    format: str
    version: int
    entries: tuple[Archived, ...]
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was new, and what was there already, word for word."""

    entries: int
    measurements: int
    known: int


def export(work: Work) -> Archive:
    """All entries, revisions and measurements that the actor may see."""
    goals_there = ledger.find(work.db, Goal)
    rows = [row for row in ledger.rows(work.db) if reading.may_see(work, row, goals_there)]
    histories = ledger.histories(work.db, [row.thing.id for row in rows])
    goals = [row.thing.id for row in rows if isinstance(row.thing, Goal)]
    measured = ledger.measured(work.db, goals)
    return Archive(
        format=FORMAT,
        version=VERSION,
        entries=tuple(_archived(work, row, histories[row.thing.id]) for row in rows),
        measurements=tuple(_signed(work, one) for id in goals for one in measured.get(id, ())),
    )


def to_json(archive: Archive) -> bytes:
    """The document, the same bytes for the same ledger."""
    return msgspec.json.format(msgspec.json.encode(archive, order="deterministic"), indent=1)


def read(document: bytes) -> Archive:
    """The ledger in a document. Raises `Invalid` that says where it is none."""
    try:
        archive = msgspec.json.decode(document, type=Archive)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as cause:
        raise Invalid(f"This is no ledger: {cause}. Export one to see its form.") from cause
    if archive.format != FORMAT or archive.version != VERSION:
        raise Invalid(
            f"This is “{archive.format[:40]}” {archive.version}; needed is {FORMAT} {VERSION}."
        )
    return archive


def take(work: Work, archive: Archive) -> Imported:
    """Take a ledger in, whole or not at all; what is there word for word already stays.

    Raises `Forbidden` without the right to keep the whole city's ledger, `Invalid` that names every
    fault, `Conflict` for an id that stands for something else here.
    """
    require(work, Action.KEEP_LEDGER)
    made = [_made(one, place) for place, one in enumerate(archive.entries, start=1)]
    there = ledger.of_ids(work.db, [row.thing.id for row, _ in made])
    pasts = ledger.histories(work.db, list(there))
    _check(work, made, archive.measurements)
    new = [(row, past) for row, past in made if row.thing.id not in there]
    for row, past in made:
        if row.thing.id in there and not _is_same(past, pasts[row.thing.id]):
            raise Conflict(
                f"“{row.thing.id}” is here already and is something else. Rename it in the "
                "document, or import into an empty ledger."
            )
    for row, past in new:
        ledger.put(work.db, row, past)
    fresh = _measure(work, archive.measurements)
    digest = hashlib.sha256(to_json(archive)).hexdigest()
    audit.record(work, "import-ledger", digest, entries=len(new), measurements=fresh)
    return Imported(entries=len(new), measurements=fresh, known=len(made) - len(new))


def _archived(work: Work, row: Row, history: Sequence[Revision]) -> Archived:
    names = allows(work.actor, Action.READ_AUDIT, reading.publisher_of(row))
    return Archived(
        kind=ledger.kind_of(row.thing),
        publisher=row.publisher,
        removed=row.removed,
        revisions=tuple(
            State(
                act=one.act,
                at=one.at,
                by=one.by if names else "",
                why=one.why,
                body=msgspec.to_builtins(one.thing, order="deterministic"),
            )
            for one in reversed(history)
            if reading.was_visible(work, one.thing)
        ),
    )


def _signed(work: Work, one: Measurement) -> Measurement:
    return one if allows(work.actor, Action.READ_AUDIT) else replace(one, by=ActorId(""))


def _made(one: Archived, place: int) -> tuple[Row, list[Revision]]:
    """The entry and its history, newest first."""
    try:
        past = [
            Revision(
                thing=msgspec.convert(state.body, _TYPES[one.kind]),
                act=state.act,
                at=state.at,
                by=ActorId(state.by),
                why=state.why,
            )
            for state in one.revisions
        ]
    except msgspec.ValidationError as cause:
        raise Invalid(f"Entry {place} of the document is no {one.kind.value}: {cause}") from cause
    numbers = [state.thing.revision for state in past]
    if not past or numbers != list(range(1, len(past) + 1)):
        raise Invalid(f"Entry {place} of the document lacks revisions: it has {numbers}.")
    if len({state.thing.id for state in past}) > 1 or any(s.at.tzinfo is None for s in past):
        raise Invalid(f"Entry {place} of the document changes its id, or lacks a time zone.")
    last = past[-1]
    row = Row(thing=last.thing, publisher=one.publisher, updated=last.at, removed=one.removed)
    return row, past[::-1]


def _check(
    work: Work, made: list[tuple[Row, list[Revision]]], measured: Sequence[Measurement]
) -> None:
    publishers = {one.id for one in catalogue.publishers(work.db)} | {""}
    here: dict[str, Thing] = {row.thing.id: row.thing for row in ledger.rows(work.db)}
    things = here | {row.thing.id: row.thing for row, _ in made}
    faults = [
        words for row, _ in made for words in _faults(row, things, publishers, work.now.date())
    ]
    for one in measured:
        if not isinstance(things.get(one.goal), Goal):
            faults.append(f"measurement {one.id}: there is no goal “{one.goal}”.")
        if not isfinite(one.value) or one.at.tzinfo is None:
            faults.append(f"measurement {one.id}: it needs a finite number and a time zone.")
    if faults:
        raise Invalid(" ".join(faults[:50]), faults=faults[:50])


def _faults(row: Row, things: dict[str, Thing], publishers: set[str], today: date) -> Iterator[str]:
    thing = row.thing
    checked_id(thing.id, "ledger entry")
    for one in faults_of(thing, today):
        yield f"{thing.id}: {one.message}"
    if row.publisher not in publishers:
        yield f"{thing.id}: there is no publisher “{row.publisher}”; add it first."
    if isinstance(thing, Goal) and not isinstance(things.get(thing.problem), Problem):
        yield f"{thing.id}: there is no problem “{thing.problem}”."
    if isinstance(thing, Benefit | Cost):
        if thing.goal and not isinstance(things.get(thing.goal), Goal):
            yield f"{thing.id}: there is no goal “{thing.goal}”."
        if thing.value and not isinstance(things.get(thing.value), UnitValue):
            yield f"{thing.id}: there is no unit value “{thing.value}”."


def _is_same(one: Sequence[Revision], other: Sequence[Revision]) -> bool:
    return [(past.thing, past.act, past.at, past.why) for past in one] == [
        (past.thing, past.act, past.at, past.why) for past in other
    ]


def _measure(work: Work, measured: Sequence[Measurement]) -> int:
    goals: list[GoalId] = [one.goal for one in measured]
    known = {one.id for kept in ledger.measured(work.db, goals).values() for one in kept}
    fresh = [one for one in measured if one.id not in known]
    for one in fresh:
        ledger.add_measurement(work.db, one)
    return len(fresh)
