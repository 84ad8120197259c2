"""What people said about reading files, kept for the next delivery and for files of the same shape.

A plan is named after the dataset it serves, or after the shape of files of one publisher.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import ActorId, DatasetId, Plan, PublisherId
from citycommons.store.tables import plans


def of_dataset(id: DatasetId) -> str:
    """The name of the plan by which a dataset's deliveries are read."""
    return f"dataset:{id}"


def of_shape(publisher: PublisherId, shape: str) -> str:
    """The name of the plan for files of one shape of one publisher."""
    return f"shape:{publisher}:{shape}"


def save(db: Connection, name: str, plan: Plan, *, by: ActorId, now: datetime) -> None:
    """Keep the plan under this name; the one before it goes."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values = {"changed": now, "changed_by": by, "body": msgspec.to_builtins(plan)}
    db.execute(
        insert(plans)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


def find(db: Connection, names: Sequence[str]) -> Plan | None:
    """The plan of the first of these names that has one."""
    rows = db.execute(select(plans.c.name, plans.c.body).where(plans.c.name.in_(names)))
    found = {row.name: row.body for row in rows}
    body = next((found[name] for name in names if name in found), None)
    return None if body is None else msgspec.convert(body, Plan)


def forget(db: Connection, name: str) -> None:
    """Drop a plan; what it led to stays as it is."""
    db.execute(delete(plans).where(plans.c.name == name))
