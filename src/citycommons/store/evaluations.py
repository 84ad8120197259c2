"""Rows of evaluations: what was measured of works that are over, beside what was forecast."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from citycommons.core.types import ActorId
from citycommons.core.works import WorksId
from citycommons.store.works_tables import evaluations as table


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRow:
    """One evaluation; the body is what the room that evaluates makes of it."""

    id: str
    works: WorksId
    forecast: str | None
    created: datetime
    by: ActorId
    body: dict[str, Any]


def add(db: Connection, row: EvaluationRow) -> None:
    """Keep the evaluation; earlier ones of the same works stay."""
    db.execute(
        insert(table).values(
            id=row.id,
            works=row.works,
            forecast=row.forecast,
            created=row.created,
            by=row.by,
            body=row.body,
        )
    )


def of_works(db: Connection, works: WorksId) -> EvaluationRow | None:
    """The latest evaluation of these works."""
    query = select(table).where(table.c.works == works)
    found = db.execute(query.order_by(table.c.created.desc(), table.c.id)).first()
    return None if found is None else _row(found)


def of_ids(db: Connection, ids: Collection[str]) -> dict[str, EvaluationRow]:
    """Evaluations by their ids; a few hundred at most."""
    query = select(table).where(table.c.id.in_(sorted(set(ids))))
    return {found.id: _row(found) for found in db.execute(query)}


def latest(db: Connection) -> list[EvaluationRow]:
    """The latest evaluation of each works, the newest first."""
    seen: dict[WorksId, EvaluationRow] = {}
    for found in db.execute(select(table).order_by(table.c.created.desc(), table.c.id)):
        row = _row(found)
        seen.setdefault(row.works, row)
    return list(seen.values())


def evaluated(db: Connection) -> frozenset[WorksId]:
    """Works of which there is an evaluation."""
    return frozenset(WorksId(id) for id in db.scalars(select(table.c.works).distinct()))


def _row(found: Any) -> EvaluationRow:
    return EvaluationRow(
        id=found.id,
        works=WorksId(found.works),
        forecast=found.forecast,
        created=found.created,
        by=ActorId(found.by),
        body=found.body,
    )
