"""Rows of messages between portals: what came in, what goes out, and nonces that were used."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import Access, DatasetId
from citycommons.store import leases
from citycommons.store.proof_tables import announcements, nonces, notices
from citycommons.store.tables import datasets


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message in the inbox (Linked Data Notifications).

    `sender` is the portal's address when its signature held, else empty: anybody may have sent it.
    """

    id: str
    received: datetime
    sender: str
    state: str  # "waiting", "taken", "refused"
    due: datetime | None = None  # when it is worked off; None: it is
    attempts: int = 0
    reason: str = ""  # why it was refused, or what is waited for
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What the origin of a dataset of ours is told: that ours is a copy of theirs."""

    dataset: DatasetId
    origin: str  # IRI of theirs
    inbox: str = ""  # where it is told, once that was found
    due: datetime | None = None
    attempts: int = 0
    delivered: datetime | None = None
    error: str = ""


def _insert(db: Connection, table: Any) -> Any:
    return (postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert)(table)


def add(db: Connection, one: Notice) -> bool:
    """Keep a message; false when it is there already."""
    values = {
        "id": one.id,
        "received": one.received,
        "sender": one.sender,
        "state": one.state,
        "due": one.due,
        "attempts": one.attempts,
        "reason": one.reason,
        "body": one.body,
    }
    statement = _insert(db, notices).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return db.execute(statement.returning(notices.c.id)).first() is not None


def renew(db: Connection, one: Notice) -> None:
    """Let a message that was worked off wait again, as it came now."""
    values = {
        "received": one.received,
        "sender": one.sender,
        "state": one.state,
        "due": one.due,
        "attempts": 0,
        "reason": "",
        "body": one.body,
    }
    settle(db, one.id, **values)


def get(db: Connection, id: str) -> Notice | None:
    """The message, or None."""
    row = db.execute(select(notices).where(notices.c.id == id)).mappings().first()
    return None if row is None else Notice(**row)


def newest(
    db: Connection, *, states: Collection[str] | None = None, limit: int = 50, offset: int = 0
) -> list[Notice]:
    """Messages, newest first."""
    query = select(notices).order_by(notices.c.received.desc(), notices.c.id)
    if states is not None:
        query = query.where(notices.c.state.in_(sorted(states)))
    found = db.execute(query.limit(limit).offset(offset)).mappings()
    return [Notice(**row) for row in found]


def waiting(db: Connection) -> int:
    """How many messages wait to be worked off."""
    query = select(func.count()).select_from(notices).where(notices.c.due.is_not(None))
    return int(db.scalar(query) or 0)


def is_due(db: Connection, now: datetime) -> bool:
    """Whether a message waits; asks without taking the write lock."""
    return leases.is_any(db, notices.c.due, now)


def claim(db: Connection, now: datetime, *, seconds: int) -> Notice | None:
    """Take the message that waits longest; if its worker dies it is due again then."""
    row = leases.take(db, notices.c.due, notices.c.id, now, seconds=seconds)
    return None if row is None else Notice(**row._mapping)


def settle(db: Connection, id: str, **values: Any) -> None:
    """Write down what became of a message: `state`, `due`, `reason`."""
    db.execute(update(notices).where(notices.c.id == id).values(**values))


def forget(db: Connection, before: datetime) -> int:
    """Remove messages that were worked off before this; answers how many."""
    is_over = notices.c.due.is_(None) & (notices.c.received < before)
    return db.execute(delete(notices).where(is_over)).rowcount


# What goes out


def unannounced(db: Connection, limit: int) -> list[Announcement]:
    """What origins are to be told, by dataset: of one that came, went, came back or has moved.

    Such as were never written down, and such as were told what is no longer so.
    """
    known, table = announcements.c, datasets.c
    is_shown = (table.access == Access.PUBLIC.value) & table.body["removed"].as_string().is_(None)
    is_wrong = known.due.is_(None) & case(
        (known.delivered.is_(None), is_shown), else_=not_(is_shown)
    )
    query = (
        select(table.id, table.source, known.delivered)
        .outerjoin(announcements, known.dataset == table.id)
        .where(table.source.like("http%://%"))
        .where(or_(known.dataset.is_(None), known.origin != table.source, is_wrong))
        .order_by(table.id)
        .limit(limit)
    )
    return [
        Announcement(dataset=DatasetId(id), origin=source, delivered=delivered)
        for id, source, delivered in db.execute(query)
    ]


def announcement(db: Connection, dataset: DatasetId) -> Announcement | None:
    """What is told of this dataset, or None."""
    query = select(announcements).where(announcements.c.dataset == dataset)
    row = db.execute(query).mappings().first()
    return None if row is None else Announcement(**row)


def announced_of(db: Connection, origins: Collection[str]) -> list[Announcement]:
    """What is told of datasets that come from one of these IRIs."""
    query = select(announcements).where(announcements.c.origin.in_(sorted(origins)))
    found = db.execute(query.order_by(announcements.c.dataset)).mappings()
    return [Announcement(**row) for row in found]


def save_announcement(db: Connection, one: Announcement) -> None:
    """Write down what is told of a dataset, in place of what was."""
    values = {
        "origin": one.origin,
        "inbox": one.inbox,
        "due": one.due,
        "attempts": one.attempts,
        "delivered": one.delivered,
        "error": one.error,
    }
    statement = _insert(db, announcements).values(dataset=one.dataset, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["dataset"], set_=values))


def is_announcement_due(db: Connection, now: datetime) -> bool:
    """Whether an origin is to be told; asks without taking the write lock."""
    return leases.is_any(db, announcements.c.due, now)


def claim_announcement(db: Connection, now: datetime, *, seconds: int) -> Announcement | None:
    """Take the announcement that is due longest; if its worker dies it is due again then."""
    table = announcements.c
    row = leases.take(db, table.due, table.dataset, now, seconds=seconds)
    return None if row is None else Announcement(**row._mapping)


# Nonces


def take_nonce(db: Connection, key: str, nonce: str, expires: datetime) -> bool:
    """Use a nonce of a key; false when it was used before."""
    statement = _insert(db, nonces).values(key=key, nonce=nonce, expires=expires)
    statement = statement.on_conflict_do_nothing().returning(nonces.c.nonce)
    return db.execute(statement).first() is not None


def forget_nonces(db: Connection, now: datetime) -> int:
    """Remove nonces that are too old to be taken anyway; answers how many."""
    return db.execute(delete(nonces).where(nonces.c.expires < now)).rowcount
