"""Rows of who follows road works, and of messages to them; a message is leased by its due time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import Bbox
from citycommons.store import leases
from citycommons.store.works_tables import works_followers as table
from citycommons.store.works_tables import works_messages as messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Somebody who wants to be told of works in a street, in an area, or (neither) of all."""

    id: str
    channel: str  # "email" or "push"
    address: str  # e-mail address, or a browser's subscription as JSON: personal, never shown
    language: str
    street: str | None = None
    area: Bbox | None = None
    token_hash: str
    created: datetime
    confirmed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one follower, and how far it got; `works` is empty for a question back."""

    id: str
    follower: str
    works: str
    body: dict[str, Any]
    created: datetime
    due: datetime | None  # None: over
    attempts: int = 0
    delivered: datetime | None = None
    error: str = ""


def add(db: Connection, one: Follower) -> None:
    """Keep a new follower."""
    values = {column.name: getattr(one, column.name) for column in table.c}
    db.execute(table.insert().values({**values, "area": list(one.area) if one.area else None}))


def get(db: Connection, id: str) -> Follower | None:
    """The follower, or None."""
    row = db.execute(select(table).where(table.c.id == id)).mappings().first()
    return None if row is None else _follower(row)


def of_address(db: Connection, channel: str, address: str) -> list[Follower]:
    """All that one address follows, newest first."""
    query = select(table).where(table.c.channel == channel, table.c.address == address)
    rows = db.execute(query.order_by(table.c.created.desc(), table.c.id)).mappings()
    return [_follower(row) for row in rows]


def confirmed(db: Connection) -> list[Follower]:
    """Everybody who said yes."""
    query = select(table).where(table.c.confirmed.is_not(None)).order_by(table.c.id)
    return [_follower(row) for row in db.execute(query).mappings()]


def unconfirmed_since(db: Connection, since: datetime) -> int:
    """How many asked since then and have not said yes."""
    query = select(func.count()).select_from(table)
    query = query.where(table.c.confirmed.is_(None), table.c.created >= since)
    return int(db.scalar(query) or 0)


def confirm(db: Connection, id: str, now: datetime) -> None:
    """They said yes; a second yes changes nothing."""
    db.execute(
        update(table).where(table.c.id == id, table.c.confirmed.is_(None)).values(confirmed=now)
    )


def remove(db: Connection, id: str) -> None:
    """Forget the follower, and all that was told to them."""
    db.execute(delete(messages).where(messages.c.follower == id))
    db.execute(delete(table).where(table.c.id == id))


def expired(db: Connection, before: datetime) -> list[str]:
    """Ids of those who asked before then and never said yes."""
    query = select(table.c.id).where(table.c.confirmed.is_(None), table.c.created < before)
    return [str(id) for id in db.scalars(query)]


def enqueue(db: Connection, found: Sequence[Message]) -> None:
    """Let these be delivered; one that is there already stays as it is."""
    if not found:
        return
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    rows = [{column.name: getattr(one, column.name) for column in messages.c} for one in found]
    db.execute(insert(messages).on_conflict_do_nothing(index_elements=["id"]), rows)


def is_due(db: Connection, now: datetime) -> bool:
    """Whether anything waits to be sent; asks without taking the write lock."""
    return leases.is_any(db, messages.c.due, now)


def lease(db: Connection, now: datetime, *, seconds: int) -> Message | None:
    """Take the oldest message that is due; it is due again then, should its worker die."""
    row = leases.take(db, messages.c.due, messages.c.id, now, seconds=seconds)
    return None if row is None else Message(**row._mapping)


def settle(db: Connection, id: str, **values: Any) -> None:
    """Write down how a try ended: `due`, `delivered`, `error`."""
    db.execute(update(messages).where(messages.c.id == id).values(**values))


def of_follower(db: Connection, follower: str) -> list[Message]:
    """What was told to somebody, newest first."""
    query = select(messages).where(messages.c.follower == follower)
    rows = db.execute(query.order_by(messages.c.created.desc(), messages.c.id)).mappings()
    return [Message(**row) for row in rows]


def forget(db: Connection, before: datetime) -> int:
    """Remove messages made before this; answers how many."""
    return db.execute(delete(messages).where(messages.c.created < before)).rowcount


def _follower(row: Any) -> Follower:
    area = tuple(row["area"]) if row["area"] else None
    return Follower(**{**row, "area": area})
