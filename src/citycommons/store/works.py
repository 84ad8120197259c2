"""Rows of works in the road and of their revisions ↔ `Works`; nothing of a history is lost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from citycommons.core.errors import Conflict
from citycommons.core.types import ActorId, Bbox, PublisherId
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.store.works_tables import works as table
from citycommons.store.works_tables import works_revisions as revisions

_AT_ONCE = 200  # well below the number of values that a statement may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Which works somebody may see: some states of all owners, and all states of some."""

    states: frozenset[WorksState] | None  # of all owners; None is every state
    owners: frozenset[PublisherId] = frozenset()  # whose works are seen in every state
    once_in: frozenset[WorksState] = frozenset()  # cancelled ones that had been in one of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which works are looked for; every condition that is given has to hold."""

    seen: Seen
    states: frozenset[WorksState] | None = None
    owner: PublisherId | None = None
    from_day: date | None = None  # still going on or to come on this day
    to_day: date | None = None  # begun by this day
    bbox: Bbox | None = None
    source: str | None = None
    changed_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One saved state of works, who saved it and why."""

    works: Works
    at: datetime
    by: ActorId
    why: str


def get(db: Connection, id: WorksId) -> Works | None:
    """The works as they are now."""
    body = db.scalar(select(table.c.body).where(table.c.id == id))
    return None if body is None else _works(body)


def of_sources(db: Connection, source: str, ids: Sequence[str]) -> dict[str, Works]:
    """Works that came by a source, by their id there."""
    found: dict[str, Works] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        query = select(table.c.source_id, table.c.body)
        query = query.where(table.c.source == source, table.c.source_id.in_(some))
        found |= {row.source_id: _works(row.body) for row in db.execute(query)}
    return found


def add(db: Connection, one: Works, *, why: str) -> None:
    """Write new works down, and their first revision."""
    db.execute(insert(table).values(_row(one)))
    _remember(db, one, why)


def save(db: Connection, one: Works, *, why: str) -> None:
    """Write the next revision down; the one before it stays in the history.

    Raises `Conflict` when somebody else saved the works meanwhile.
    """
    done = db.execute(
        update(table)
        .where(table.c.id == one.id, table.c.revision == one.revision - 1)
        .values(_row(one))
    )
    if not done.rowcount:
        raise Conflict(
            f"Somebody else changed “{one.id}” meanwhile. Load it again, and repeat what you did.",
            works=one.id,
        )
    _remember(db, one, why)


def history(db: Connection, id: WorksId) -> list[Revision]:
    """All revisions, newest first."""
    query = select(revisions).where(revisions.c.works == id).order_by(revisions.c.revision.desc())
    return [_revision(row) for row in db.execute(query)]


def revision(db: Connection, id: WorksId, number: int) -> Revision | None:
    """One saved state."""
    row = db.execute(
        select(revisions).where(revisions.c.works == id, revisions.c.revision == number)
    ).first()
    return None if row is None else _revision(row)


def was_in(db: Connection, id: WorksId, states: Collection[WorksState]) -> bool:
    """Whether the works ever were in one of these states."""
    query = select(revisions.c.revision).where(
        revisions.c.works == id, revisions.c.body["state"].as_string().in_([*states])
    )
    return db.execute(query.limit(1)).first() is not None


def count(db: Connection, wanted: Wanted) -> int:
    """How many there are."""
    return int(db.scalar(_where(select(func.count()).select_from(table), wanted)) or 0)


def find(
    db: Connection, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> list[Works]:
    """Those that are wanted, the first to begin first."""
    query = _where(select(table.c.body), wanted)
    query = query.order_by(table.c.first_day, table.c.id).offset(offset or None).limit(limit)
    return [_works(body) for body in db.scalars(query)]


def due(db: Connection, state: WorksState, *, begun_by: date, over_before: date) -> list[Works]:
    """Works in this state whose first day has come, or whose last day is over."""
    query = select(table.c.body).where(table.c.state == state)
    query = query.where(or_(table.c.first_day <= begun_by, table.c.last_day < over_before))
    return [_works(body) for body in db.scalars(query.order_by(table.c.id))]


def counts(db: Connection, seen: Seen) -> dict[WorksState, int]:
    """How many are in each state, of those that one may see."""
    query = select(table.c.state, func.count().label("n")).where(_visible(seen))
    rows = db.execute(query.group_by(table.c.state))
    return {WorksState(row.state): int(row.n) for row in rows}


def _where(query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = query.where(_visible(wanted.seen))
    if wanted.states is not None:
        query = query.where(table.c.state.in_([*wanted.states]))
    if wanted.owner is not None:
        query = query.where(table.c.owner == wanted.owner)
    if wanted.from_day is not None:
        query = query.where(table.c.last_day >= wanted.from_day)
    if wanted.to_day is not None:
        query = query.where(table.c.first_day <= wanted.to_day)
    if wanted.source is not None:
        query = query.where(table.c.source == wanted.source)
    if wanted.changed_since is not None:
        query = query.where(table.c.updated >= wanted.changed_since)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        query = query.where(table.c.east >= west, table.c.west <= east)
        query = query.where(table.c.north >= south, table.c.south <= north)
    return query


def _visible(seen: Seen) -> ColumnElement[bool]:
    if seen.states is None:
        return table.c.id.is_not(None)
    ways: list[ColumnElement[bool]] = [table.c.state.in_([*seen.states])]
    if seen.owners:
        ways.append(table.c.owner.in_([*seen.owners]))
    if seen.once_in:
        once = select(revisions.c.works).where(
            revisions.c.works == table.c.id,
            revisions.c.body["state"].as_string().in_([*seen.once_in]),
        )
        ways.append(and_(table.c.state == WorksState.CANCELLED, once.exists()))
    return or_(*ways)


def _remember(db: Connection, one: Works, why: str) -> None:
    db.execute(
        insert(revisions).values(
            works=one.id,
            revision=one.revision,
            at=one.updated,
            by=one.updated_by,
            why=why,
            body=_body(one),
        )
    )


def _row(one: Works) -> dict[str, Any]:
    west, south, east, north = one.bounds
    return {
        "id": one.id,
        "revision": one.revision,
        "state": one.state.value,
        "owner": one.owner,
        "source": one.source,
        "source_id": one.source_id,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "updated": one.updated,
        "body": _body(one),
    }


def _works(body: Any) -> Works:
    return msgspec.convert(body, Works)


def _revision(row: Any) -> Revision:
    return Revision(works=_works(row.body), at=row.at, by=ActorId(row.by), why=row.why)


def _body(one: Works) -> Any:
    return msgspec.to_builtins(one, order="deterministic")
