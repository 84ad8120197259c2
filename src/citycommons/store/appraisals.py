"""Rows of appraisals: results that are never changed, each with all its inputs.

Only who may see one changes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from citycommons.core.types import ActorId
from citycommons.store.proof_tables import appraisals as table


@dataclass(frozen=True, slots=True, kw_only=True)
class AppraisalRow:
    """One appraisal; the body is what the room that appraises makes of it."""

    id: str
    goal: str  # empty: the whole city
    created: datetime
    by: ActorId
    digest: str
    released: datetime | None = None  # from when on everybody may see it
    body: dict[str, Any]


def add(db: Connection, row: AppraisalRow) -> None:
    """Keep the appraisal; earlier ones stay."""
    db.execute(
        insert(table).values(
            id=row.id,
            goal=row.goal,
            created=row.created,
            by=row.by,
            digest=row.digest,
            released=row.released,
            body=row.body,
        )
    )


def release(db: Connection, id: str, at: datetime | None) -> None:
    """Show the appraisal to everybody from now on; None takes it back."""
    db.execute(update(table).where(table.c.id == id).values(released=at))


def get(db: Connection, id: str) -> AppraisalRow | None:
    """The appraisal of this id."""
    found = db.execute(select(table).where(table.c.id == id)).first()
    return None if found is None else _row(found)


def of_goal(
    db: Connection, goal: str, *, released: bool = False, limit: int = 20, offset: int = 0
) -> list[AppraisalRow]:
    """Appraisals of one goal (empty: of the whole city), the newest first."""
    query = select(table).where(table.c.goal == goal)
    if released:
        query = query.where(table.c.released.is_not(None))
    query = query.order_by(table.c.created.desc(), table.c.id).offset(offset or None).limit(limit)
    return [_row(one) for one in db.execute(query)]


def latest(
    db: Connection, goals: Collection[str], *, released: bool = False
) -> dict[str, AppraisalRow]:
    """The newest appraisal of each of these goals, in one statement."""
    place = func.row_number().over(
        partition_by=table.c.goal, order_by=(table.c.created.desc(), table.c.id)
    )
    ranked = select(table, place.label("place")).where(table.c.goal.in_(sorted(set(goals))))
    if released:
        ranked = ranked.where(table.c.released.is_not(None))
    newest = ranked.subquery()
    query = select(newest).where(newest.c.place == 1)
    return {row.goal: _row(row) for row in db.execute(query)}


def _row(row: Any) -> AppraisalRow:
    return AppraisalRow(
        id=row.id,
        goal=row.goal,
        created=row.created,
        by=ActorId(row.by),
        digest=row.digest,
        released=row.released,
        body=row.body,
    )
