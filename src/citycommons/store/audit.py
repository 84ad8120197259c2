"""The append-only, hash-chained audit log: each entry holds the hash of the one before."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, text

from citycommons.store.tables import audit

_START = "0" * 64
_PG_LOCK = 0x0C17C0  # one writer of the chain at a time; SQLite has one writer anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what to which thing, when."""

    seq: int
    time: str
    actor: str
    action: str
    thing: str
    details: str  # canonical JSON
    previous: str
    hash: str


def _hash(previous: str, *parts: object) -> str:
    body = orjson.dumps([previous, *parts])
    return hashlib.sha256(body).hexdigest()


def append(
    db: Connection,
    *,
    time: datetime,
    actor: str,
    action: str,
    thing: str,
    details: Mapping[str, Any],
) -> None:
    """Add one entry in the caller's transaction: no act without its entry, no entry without it."""
    if db.dialect.name == "postgresql":
        db.execute(text("select pg_advisory_xact_lock(:n)"), {"n": _PG_LOCK})
    last = db.execute(
        select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, _START)
    packed = orjson.dumps(dict(details), option=orjson.OPT_SORT_KEYS, default=str).decode()
    stamp = time.isoformat()
    db.execute(
        audit.insert().values(
            seq=seq,
            time=stamp,
            actor=actor,
            action=action,
            thing=thing,
            details=packed,
            previous=previous,
            hash=_hash(previous, seq, stamp, actor, action, thing, packed),
        )
    )


def entries(
    db: Connection, *, limit: int = 50, before: int | None = None, thing: str | None = None
) -> list[Entry]:
    """Newest first; `before` is the last seq of the page before."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    if thing is not None:
        query = query.where(audit.c.thing == thing)
    return [Entry(**row) for row in db.execute(query).mappings()]


def has_other_actor(db: Connection, *, action: str, thing: str, actor: str) -> bool:
    """Whether anybody but this actor has done this to the thing."""
    query = select(audit.c.seq).where(
        audit.c.thing == thing, audit.c.action == action, audit.c.actor != actor
    )
    return db.execute(query.limit(1)).first() is not None


def first_break(db: Connection) -> int | None:
    """The seq of the first entry whose chain does not hold; None when all is well."""
    previous, expected = _START, 1
    for row in db.execute(select(audit).order_by(audit.c.seq)):
        whole = _hash(previous, row.seq, row.time, row.actor, row.action, row.thing, row.details)
        if row.seq != expected or row.previous != previous or row.hash != whole:
            return int(row.seq)
        previous, expected = row.hash, row.seq + 1
    return None


def count(db: Connection) -> int:
    """How many entries there are: the last seq."""
    return db.scalar(select(func.max(audit.c.seq))) or 0
