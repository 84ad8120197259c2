"""Rows of traffic models: what each is, and which file holds its numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import ActorId, Digest
from citycommons.store.works_tables import traffic_models as table


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A kept model: its file is named by the digest of its bytes."""

    id: str
    created: datetime
    by: ActorId
    file: Digest
    summary: dict[str, Any]  # what lists show


def add(db: Connection, row: ModelRow) -> None:
    """Keep the row; one of the same id is replaced."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values = {"created": row.created, "by": row.by, "body": {**row.summary, "file": row.file}}
    statement = insert(table).values(id=row.id, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def get(db: Connection, id: str) -> ModelRow | None:
    """The model of this id."""
    found = db.execute(select(table).where(table.c.id == id)).first()
    return None if found is None else _row(found)


def newest(db: Connection, limit: int = 20) -> list[ModelRow]:
    """Newest models first."""
    order = (table.c.created.desc(), table.c.id)
    return [_row(one) for one in db.execute(select(table).order_by(*order).limit(limit))]


def _row(found: Any) -> ModelRow:
    body = dict(found.body)
    file = Digest(body.pop("file"))
    return ModelRow(
        id=found.id, created=found.created, by=ActorId(found.by), file=file, summary=body
    )
