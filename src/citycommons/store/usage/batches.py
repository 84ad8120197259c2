"""Batches of hits as they lie in the database for a day: packed in columns, 20 bytes a hit.

A batch holds hits of one day (UTC). Its keys (everything but who and when) are listed once.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.store.proof_tables import usage_hits, usage_salts

Key = tuple[str, int, str, str, str, str, str, str]
"""Dataset, version, use, channel, client, format, referrer, region."""

Counts = dict[Key, int]
Sessions = dict[tuple[str, int, str, str], int]
"""Dataset (empty: the whole city), version (0: all), use, client → sessions."""


_Any = TypeVar("_Any")


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    at: bytes  # int64, µs since 1970
    visitor: bytes  # uint64
    key: bytes  # uint32, place in keys
    keys: tuple[Key, ...]


class _Before(msgspec.Struct, array_like=True, frozen=True):
    """What stood in the tables of a day before its hits were counted: it stays, and is added to."""

    counts: list[tuple[Key, int]]
    sessions: list[tuple[tuple[str, int, str, str], int]]


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits in columns; `key` is a place in `keys`."""

    at: NDArray[np.int64]  # µs since 1970
    visitor: NDArray[np.uint64]
    key: NDArray[np.uint32]
    keys: tuple[Key, ...]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Batch:
    """One row of `usage_hits`."""

    id: str
    hits: int
    body: bytes


def insert_or(db: Connection, table: Table) -> Any:
    """An INSERT that can say what happens where the row is there already."""
    return (postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert)(table)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with engine.connect() as db:
        db.info["may_write"] = False
        yield db


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, waiting for its turn at the beginning (SQLite has one writer)."""
    with engine.connect() as db:
        db.info["may_write"] = True  # the connection may have been a reader's
        with db.begin():
            yield db


def pack(hits: Hits) -> bytes:
    return msgspec.msgpack.encode(
        _Packed(hits.at.tobytes(), hits.visitor.tobytes(), hits.key.tobytes(), hits.keys)
    )


def unpack(bodies: Iterable[bytes]) -> Hits:
    """The hits of some batches together, their keys in order, so that no batch is first."""
    packed = [msgspec.msgpack.decode(body, type=_Packed) for body in bodies]
    keys = tuple(sorted({key for one in packed for key in one.keys}))
    place = {key: n for n, key in enumerate(keys)}
    parts = []
    for one in packed:
        here = np.fromiter((place[key] for key in one.keys), np.uint32, len(one.keys))
        parts.append(here[np.frombuffer(one.key, np.uint32)])
    return Hits(
        _joined([np.frombuffer(one.at, np.int64) for one in packed], np.int64),
        _joined([np.frombuffer(one.visitor, np.uint64) for one in packed], np.uint64),
        _joined(parts, np.uint32),
        keys,
    )


def _joined(parts: Sequence[NDArray[Any]], kind: type[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def write(db: Connection, day: date, batch: Batch, now: datetime) -> None:
    """Write it; one that stands there already (an answer was lost) changes nothing."""
    row = {"id": batch.id, "day": day, "written": now, "hits": batch.hits, "body": batch.body}
    db.execute(insert_or(db, usage_hits).on_conflict_do_nothing(), row)


def added(one: dict[_Any, int], other: dict[_Any, int]) -> dict[_Any, int]:
    """Sums of both by key."""
    return dict(Counter(one) + Counter(other))


def new_id() -> str:
    return secrets.token_hex(12)


def salt_of(db: Connection, day: date) -> bytes:
    """The day's salt, made by whoever comes first, who needs a transaction that may write."""
    query = select(usage_salts.c.salt).where(usage_salts.c.day == day)
    if (found := db.execute(query).scalar()) is None:
        fresh = {"day": day, "salt": secrets.token_bytes(32)}
        db.execute(insert_or(db, usage_salts).on_conflict_do_nothing(), fresh)
        found = db.execute(query).scalar_one()
    return bytes(found)


def lock(db: Connection, day: date) -> None:
    """Only one at a time counts a day: the row of its salt is the lock (SQLite has one for all)."""
    salt_of(db, day)
    db.execute(select(usage_salts.c.day).where(usage_salts.c.day == day).with_for_update())
    if db.dialect.name == "sqlite":  # zeros over what is deleted: hits leave no trace in the file
        db.exec_driver_sql("PRAGMA secure_delete=ON")


def ids(db: Connection, day: date) -> frozenset[str]:
    """Names of the day's batches of hits."""
    mine = (usage_hits.c.day == day) & (usage_hits.c.id != before_id(day))
    return frozenset(db.execute(select(usage_hits.c.id).where(mine)).scalars())


def read(db: Connection, day: date) -> list[Batch]:
    """The day's batches of hits."""
    query = select(usage_hits.c.id, usage_hits.c.hits, usage_hits.c.body).where(
        usage_hits.c.day == day, usage_hits.c.id != before_id(day)
    )
    return [Batch(row.id, row.hits, bytes(row.body)) for row in db.execute(query)]


def replace(db: Connection, day: date, old: Iterable[Batch], new: Batch, now: datetime) -> None:
    """One batch instead of some."""
    db.execute(delete(usage_hits).where(usage_hits.c.id.in_([one.id for one in old])))
    write(db, day, new, now)


def arrived(db: Connection) -> dict[date, tuple[int, int]]:
    """Days of which there are hits: how many, and how many of them had arrived when last counted.

    A day of which only the salt is left is among them, with zeros.
    """
    hits = func.coalesce(func.sum(usage_hits.c.hits), 0)
    query = select(usage_hits.c.day, hits).group_by(usage_hits.c.day)
    found = {day: int(n) for day, n in db.execute(query)}
    rows = db.execute(select(usage_salts.c.day, usage_salts.c.settled))
    done: dict[date, int] = {row.day: row.settled for row in rows}
    return {day: (found.get(day, 0), done.get(day, -1)) for day in sorted(found | done)}


def note_settled(db: Connection, day: date, hits: int) -> None:
    """Write down that so many hits of the day are counted."""
    db.execute(update(usage_salts).where(usage_salts.c.day == day).values(settled=hits))


def before_id(day: date) -> str:
    return f"{day.isoformat()}/before"


def before(db: Connection, day: date) -> tuple[Counts, Sessions] | None:
    """What had been counted of the day before its hits were; None if nobody has written it down."""
    query = select(usage_hits.c.body).where(usage_hits.c.id == before_id(day))
    if (body := db.execute(query).scalar()) is None:
        return None
    found = msgspec.msgpack.decode(bytes(body), type=_Before)
    return dict(found.counts), dict(found.sessions)


def write_before(db: Connection, day: date, counts: Counts, sessions: Sessions) -> None:
    """Write down what had been counted, in place of what was written before."""
    body = msgspec.msgpack.encode(_Before(list(counts.items()), list(sessions.items())))
    db.execute(delete(usage_hits).where(usage_hits.c.id == before_id(day)))
    begin = datetime.combine(day, time(), UTC)
    row = {"id": before_id(day), "day": day, "written": begin, "hits": 0, "body": body}
    db.execute(insert(usage_hits), row)


def forget(db: Connection, day: date) -> None:
    """Take the day's hits and its salt away."""
    db.execute(delete(usage_hits).where(usage_hits.c.day == day))
    db.execute(delete(usage_salts).where(usage_salts.c.day == day))
