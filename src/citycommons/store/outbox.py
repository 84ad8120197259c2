"""The outbox: a left room writes a fact in its own transaction; `jobs` reads it later.

At least once: a fact is leased to one worker, and comes back when that worker dies.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec
from sqlalchemy import Connection, func, or_, select, update

from citycommons.core.types import DatasetId, Digest
from citycommons.core.works import WorksId, WorksState
from citycommons.store.tables import outbox

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPublished:
    """A new version can be read."""

    name: ClassVar[str] = "dataset-published"
    dataset: DatasetId
    version: int
    file: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionWithdrawn:
    """A version can no longer be read; its files may go when no other version names them."""

    name: ClassVar[str] = "version-withdrawn"
    dataset: DatasetId
    version: int
    file: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDescribed:
    """An entry is new, or is described otherwise; written where somebody wants to be told."""

    name: ClassVar[str] = "dataset-described"
    dataset: DatasetId
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRemoved:
    """An entry became a tombstone; written where somebody wants to be told."""

    name: ClassVar[str] = "dataset-removed"
    dataset: DatasetId
    removed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksChanged:
    """Works are new, or something of them is other than before; their state is as it was."""

    name: ClassVar[str] = "works-changed"
    works: WorksId
    revision: int
    state: WorksState


@dataclass(frozen=True, slots=True, kw_only=True)
class WorksStateChanged:
    """Works went on to another state of their life, or were cancelled."""

    name: ClassVar[str] = "works-state-changed"
    works: WorksId
    revision: int
    before: WorksState
    state: WorksState


DatasetFact = DatasetPublished | VersionWithdrawn | DatasetDescribed | DatasetRemoved
WorksFact = WorksChanged | WorksStateChanged
Fact = DatasetFact | WorksFact
FACTS: dict[str, type[Fact]] = {
    fact.name: fact
    for fact in (
        DatasetPublished,
        VersionWithdrawn,
        DatasetDescribed,
        DatasetRemoved,
        WorksChanged,
        WorksStateChanged,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A fact in the hands of one worker."""

    seq: int
    fact: Fact
    attempts: int


def add(db: Connection, fact: Fact, now: datetime) -> None:
    """Write the fact down in the caller's transaction."""
    db.execute(outbox.insert().values(fact=fact.name, body=msgspec.to_builtins(fact), created=now))


def lease(db: Connection, now: datetime, *, limit: int = 10, seconds: int = 600) -> list[Leased]:
    """Take the oldest facts that nobody holds, for so many seconds."""
    free = (
        select(outbox.c.seq)
        .where(outbox.c.done.is_(None), outbox.c.attempts < MAX_ATTEMPTS)
        .where(or_(outbox.c.leased_until.is_(None), outbox.c.leased_until < now))
        .order_by(outbox.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    held: Any = db.execute(
        update(outbox)
        .where(outbox.c.seq.in_(free.scalar_subquery()))
        .values(leased_until=now + timedelta(seconds=seconds), attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )
    return [
        Leased(
            seq=row.seq,
            fact=msgspec.convert(row.body, FACTS[row.fact]),
            attempts=row.attempts,
        )
        for row in sorted(held, key=lambda row: row.seq)
    ]


def finish(db: Connection, seq: int, now: datetime) -> None:
    """The fact was acted on."""
    db.execute(update(outbox).where(outbox.c.seq == seq).values(done=now, error=""))


def fail(db: Connection, seq: int, error: str, *, again: datetime | None = None) -> None:
    """The reaction failed: the fact comes back at `again` or at once, `MAX_ATTEMPTS` times."""
    db.execute(update(outbox).where(outbox.c.seq == seq).values(leased_until=again, error=error))


def is_waiting(db: Connection, now: datetime) -> bool:
    """Whether there is a fact to lease; asks without taking the write lock."""
    free = (
        select(outbox.c.seq)
        .where(outbox.c.done.is_(None), outbox.c.attempts < MAX_ATTEMPTS)
        .where(or_(outbox.c.leased_until.is_(None), outbox.c.leased_until < now))
        .limit(1)
    )
    return db.execute(free).first() is not None


def stuck(db: Connection) -> list[tuple[int, str, str]]:
    """Facts nobody will try again: (seq, fact, last error)."""
    rows = db.execute(
        select(outbox.c.seq, outbox.c.fact, outbox.c.error).where(
            outbox.c.done.is_(None), outbox.c.attempts >= MAX_ATTEMPTS
        )
    )
    return [(row.seq, row.fact, row.error) for row in rows]


def oldest_waiting(db: Connection) -> datetime | None:
    """When the oldest fact was written that a worker should have read by now."""
    waiting = outbox.c.done.is_(None) & (outbox.c.attempts == 0)
    found: datetime | None = db.scalar(select(func.min(outbox.c.created)).where(waiting))
    return found


def retry(db: Connection) -> int:
    """Let workers try stuck facts once more from the start; answers how many."""
    found = db.execute(
        update(outbox)
        .where(outbox.c.done.is_(None), outbox.c.attempts >= MAX_ATTEMPTS)
        .values(attempts=0, leased_until=None)
    )
    return found.rowcount
