"""Rows of the benefits ledger and of measurements ↔ `core.goals`; nothing of a history is lost.

Problems, goals, benefits, costs and unit values stand in one table, since they are kept, locked,
removed and read back alike. What is removed is marked, and comes back by the same way.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, insert, select, update

from citycommons.core.errors import Conflict
from citycommons.core.goals import (
    Act,
    Benefit,
    Cost,
    EntryId,
    Goal,
    GoalId,
    Kind,
    Measurement,
    MeasurementId,
    Problem,
    Revision,
    Thing,
    UnitValue,
)
from citycommons.core.types import ActorId, DatasetId
from citycommons.store.proof_tables import ledger as table
from citycommons.store.proof_tables import ledger_revisions as revisions
from citycommons.store.proof_tables import measurements

_KINDS: dict[type, Kind] = {
    Problem: Kind.PROBLEM,
    Goal: Kind.GOAL,
    Benefit: Kind.BENEFIT,
    Cost: Kind.COST,
    UnitValue: Kind.UNIT_VALUE,
}
_TYPES: dict[Kind, type] = {kind: made for made, kind in _KINDS.items()}
_AT_ONCE = 200  # well below the number of values that a statement may hold

_Entry = TypeVar("_Entry", bound=Thing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """Who saves, when and why."""

    at: datetime
    by: ActorId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry as it is now; `publisher` is empty for what belongs to the whole city."""

    thing: Thing
    publisher: str
    updated: datetime
    removed: datetime | None


def kind_of(thing: Thing) -> Kind:
    """Which kind of entry it is."""
    return _KINDS[type(thing)]


def parent_of_dataset(id: DatasetId) -> str:
    """What stands as parent of a dataset's costs; no entry's id has a colon."""
    return f"dataset:{id}"


def get(db: Connection, id: str) -> Row | None:
    """The entry, also a removed one."""
    found = db.execute(select(table).where(table.c.id == id)).first()
    return None if found is None else _row(found)


def of_ids(db: Connection, ids: Collection[str]) -> dict[str, Row]:
    """Entries by their ids, also removed ones."""
    found: dict[str, Row] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(table).where(table.c.id.in_(wanted[start : start + _AT_ONCE]))
        found |= {row.id: _row(row) for row in db.execute(query)}
    return found


def find(
    db: Connection,
    made: type[_Entry],
    *,
    parents: Collection[str] | None = None,
    with_removed: bool = False,
) -> list[_Entry]:
    """All entries of one kind by id, of some parents where these are given."""
    if parents is None:
        return _found(db, made, None, with_removed)
    wanted = sorted(set(parents))
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    found = [one for part in parts for one in _found(db, made, part, with_removed)]
    return sorted(found, key=lambda one: one.id)


def _found(
    db: Connection, made: type[_Entry], parents: Sequence[str] | None, with_removed: bool
) -> list[_Entry]:
    query = select(table.c.body).where(table.c.kind == _KINDS[made])
    if parents is not None:
        query = query.where(table.c.parent.in_(parents))
    if not with_removed:
        query = query.where(table.c.removed.is_(None))
    return [msgspec.convert(body, made) for body in db.scalars(query.order_by(table.c.id))]


def rows(db: Connection) -> list[Row]:
    """Every entry, also the removed ones, by id."""
    return [_row(row) for row in db.execute(select(table).order_by(table.c.id))]


def put(db: Connection, row: Row, history: Sequence[Revision]) -> None:
    """Write an entry down with all that is known of it; its id must be free."""
    values = _values(row.thing, row.publisher, Saving(at=row.updated, by=ActorId(""), why=""))
    db.execute(insert(table).values(id=row.thing.id, removed=row.removed, **values))
    for one in history:
        _remember(db, one.thing, one.act, Saving(at=one.at, by=one.by, why=one.why))


def removed(db: Connection) -> list[Row]:
    """Removed entries, the last removed first."""
    query = select(table).where(table.c.removed.is_not(None))
    return [_row(row) for row in db.execute(query.order_by(table.c.removed.desc(), table.c.id))]


def taken(db: Connection, start: str) -> frozenset[str]:
    """Ids of entries, removed ones too, that begin so; none of them can be given again."""
    begins = table.c.id.startswith(start, autoescape=True)
    return frozenset(db.scalars(select(table.c.id).where(begins)))


def add(db: Connection, thing: _Entry, publisher: str, saving: Saving) -> _Entry:
    """Write a new entry down, and its first revision; answers it with its number.

    Raises `Conflict` when there is an entry of this id already, also a removed one.
    """
    if db.scalar(select(table.c.id).where(table.c.id == thing.id)) is not None:
        raise Conflict(
            f"There is an entry “{thing.id}” already. Load it to change it, or choose another id.",
            entry=thing.id,
        )
    first = replace(thing, revision=1)
    db.execute(insert(table).values(id=first.id, **_values(first, publisher, saving)))
    _remember(db, first, Act.SAVED, saving)
    return first


def save(
    db: Connection, thing: _Entry, publisher: str, saving: Saving, act: Act = Act.SAVED
) -> _Entry:
    """Write the next revision of what was loaded; answers it with its new number.

    Raises `Conflict` when somebody else saved the entry meanwhile, or when it is not there.
    """
    following = replace(thing, revision=thing.revision + 1)
    values = _values(following, publisher, saving)
    values["removed"] = saving.at if act is Act.REMOVED else None
    done = db.execute(
        update(table)
        .where(table.c.id == thing.id, table.c.revision == thing.revision)
        .where(table.c.kind == values["kind"])
        .values(values)
    )
    if not done.rowcount:
        raise Conflict(
            f"Somebody else changed “{thing.id}” since you loaded it (revision "
            f"{thing.revision}). Load it again, look at its history, and repeat what you did.",
            entry=thing.id,
        )
    _remember(db, following, act, saving)
    return following


def history(db: Connection, id: EntryId) -> list[Revision]:
    """All revisions of an entry, newest first."""
    return histories(db, (id,)).get(id, [])


def histories(db: Connection, ids: Collection[str]) -> dict[str, list[Revision]]:
    """All revisions of some entries, newest first."""
    found: dict[str, list[Revision]] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(revisions, table.c.kind)
            .join(table, table.c.id == revisions.c.entry)
            .where(revisions.c.entry.in_(wanted[start : start + _AT_ONCE]))
            .order_by(revisions.c.entry, revisions.c.revision.desc())
        )
        for row in db.execute(query):
            found.setdefault(row.entry, []).append(_revision(row))
    return found


def add_measurement(db: Connection, one: Measurement) -> None:
    """Write a measurement down; none is ever changed."""
    body = msgspec.to_builtins(one, order="deterministic")
    values = {"id": one.id, "goal": one.goal, "day": one.day, "at": one.at, "body": body}
    db.execute(insert(measurements).values(values))


def measurement(db: Connection, id: MeasurementId) -> Measurement | None:
    """One measurement."""
    body = db.scalar(select(measurements.c.body).where(measurements.c.id == id))
    return None if body is None else msgspec.convert(body, Measurement)


def measured(db: Connection, goals: Collection[GoalId]) -> dict[GoalId, list[Measurement]]:
    """Measurements of some goals, the earliest day first, and the earliest made first."""
    found: dict[GoalId, list[Measurement]] = {}
    wanted = sorted(set(goals))
    for start in range(0, len(wanted), _AT_ONCE):
        query = (
            select(measurements.c.body)
            .where(measurements.c.goal.in_(wanted[start : start + _AT_ONCE]))
            .order_by(measurements.c.day, measurements.c.at, measurements.c.id)
        )
        for body in db.scalars(query):
            one = msgspec.convert(body, Measurement)
            found.setdefault(one.goal, []).append(one)
    return found


def _values(thing: Thing, publisher: str, saving: Saving) -> dict[str, Any]:
    return {
        "kind": kind_of(thing).value,
        "parent": _parent(thing),
        "publisher": publisher,
        "revision": thing.revision,
        "updated": saving.at,
        "body": msgspec.to_builtins(thing, order="deterministic"),
    }


def _parent(thing: Thing) -> str:
    if isinstance(thing, Goal):
        return thing.problem
    if isinstance(thing, Benefit):
        return thing.goal
    if isinstance(thing, Cost):
        return thing.goal or (parent_of_dataset(thing.dataset) if thing.dataset else "")
    return ""


def _remember(db: Connection, thing: Thing, act: Act, saving: Saving) -> None:
    db.execute(
        insert(revisions).values(
            entry=thing.id,
            revision=thing.revision,
            act=act.value,
            at=saving.at,
            by=saving.by,
            why=saving.why,
            body=msgspec.to_builtins(thing, order="deterministic"),
        )
    )


def _row(row: Any) -> Row:
    thing: Thing = msgspec.convert(row.body, _TYPES[Kind(row.kind)])
    return Row(thing=thing, publisher=row.publisher, updated=row.updated, removed=row.removed)


def _revision(row: Any) -> Revision:
    return Revision(
        thing=msgspec.convert(row.body, _TYPES[Kind(row.kind)]),
        act=Act(row.act),
        at=row.at,
        by=ActorId(row.by),
        why=row.why,
    )
