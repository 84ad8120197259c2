"""Rows of forecasts that somebody kept: for works as they stood, or for a variant of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from citycommons.core.types import ActorId
from citycommons.core.works import WorksId
from citycommons.store.works_tables import forecasts as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kept forecast; the body is what the room that forecasts makes of it."""

    id: str
    works: WorksId | None
    revision: int | None
    model: str
    created: datetime
    by: ActorId
    body: dict[str, Any]


def save(db: Connection, row: Row) -> None:
    """Write the forecast down; one that is there under its id is replaced."""
    values = {
        "works": row.works,
        "revision": row.revision,
        "model": row.model,
        "created": row.created,
        "by": row.by,
        "body": row.body,
    }
    done = db.execute(update(table).where(table.c.id == row.id).values(values))
    if not done.rowcount:
        db.execute(insert(table).values(id=row.id, **values))


def get(db: Connection, id: str) -> Row | None:
    """The forecast of this id."""
    found = db.execute(select(table).where(table.c.id == id)).first()
    return None if found is None else _row(found)


def of_works(db: Connection, works: WorksId) -> list[Row]:
    """All that were kept for these works, the latest first."""
    query = select(table).where(table.c.works == works)
    return [_row(one) for one in db.execute(query.order_by(table.c.created.desc(), table.c.id))]


def remove(db: Connection, id: str) -> None:
    """Take the forecast away."""
    db.execute(delete(table).where(table.c.id == id))


def _row(row: Any) -> Row:
    return Row(
        id=row.id,
        works=None if row.works is None else WorksId(row.works),
        revision=row.revision,
        model=row.model,
        created=row.created,
        by=ActorId(row.by),
        body=row.body,
    )
