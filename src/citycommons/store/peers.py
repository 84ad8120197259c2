"""Other cities that agreed to be compared, and what each of them last said of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from citycommons.store import leases
from citycommons.store.proof_tables import peers as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A city by the address of its portal; an empty body: it says nothing, or no longer."""

    id: str
    url: str  # without a slash at the end
    fetched: datetime | None = None
    failure: str = ""
    body: Mapping[str, Any]


def every(db: Connection, limit: int) -> list[Peer]:
    """All by address."""
    return [_peer(row) for row in db.execute(select(table).order_by(table.c.url).limit(limit))]


def count(db: Connection) -> int:
    """How many there are."""
    return int(db.scalar(select(func.count()).select_from(table)) or 0)


def at(db: Connection, url: str) -> Peer | None:
    """The one at this address."""
    row = db.execute(select(table).where(table.c.url == url)).first()
    return None if row is None else _peer(row)


def add(db: Connection, one: Peer, due: datetime) -> None:
    """Keep a new one, to be asked when it is due."""
    db.execute(insert(table).values(id=one.id, url=one.url, due=due, body=dict(one.body)))


def remove(db: Connection, id: str) -> int:
    """Forget it with all that it said; answers how many."""
    return db.execute(delete(table).where(table.c.id == id)).rowcount


def is_due(db: Connection, now: datetime) -> bool:
    """Whether one is to be asked; asks without taking the write lock."""
    return leases.is_any(db, table.c.due, now)


def claim(db: Connection, now: datetime, *, seconds: int) -> Peer | None:
    """Take the one that is due longest; if its worker dies it is due again then."""
    row = leases.take(db, table.c.due, table.c.id, now, seconds=seconds)
    return None if row is None else _peer(row)


def save(db: Connection, one: Peer, due: datetime) -> None:
    """Write what it said, or why it did not; what it said before is gone."""
    values = {"fetched": one.fetched, "failure": one.failure, "body": dict(one.body), "due": due}
    db.execute(update(table).where(table.c.id == one.id).values(values))


def _peer(row: Any) -> Peer:
    return Peer(id=row.id, url=row.url, fetched=row.fetched, failure=row.failure, body=row.body)
