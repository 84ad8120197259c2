"""Settling a day: all its hits are counted by the rules, and the result replaces its rows.

Whoever settles, and however often, the same hits give the same rows: a crash, two workers at once
or a batch that comes late do no harm. Hits and salt of a day go soon after its midnight (UTC).
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from citycommons.core.errors import Unavailable
from citycommons.store.usage import batches, days
from citycommons.store.usage.batches import Batch, Counts, Sessions, added
from citycommons.store.usage.rules import counted

LATE = timedelta(minutes=10)  # after midnight, within which batches of the day may still arrive
_TRIES = 5
_MANY = 32  # batches of one size that are made one


def settle(engine: Engine, now: datetime, *, most: int | None = None) -> int:
    """Count what arrived since it was last counted; answers how many days changed.

    With `most` only days of no more hits than that are looked at: the others are left to who
    does it by the clock. Raises `Unavailable` while the database is busy: nothing is lost.
    """
    try:
        return _settle(engine, now, most)
    except OperationalError as cause:
        raise Unavailable(f"Uses cannot be counted now: {cause.orig}.") from cause


def _settle(engine: Engine, now: datetime, most: int | None) -> int:
    with batches.reading(engine) as db:
        there = batches.arrived(db)
    done = 0
    for day, (hits, settled) in there.items():
        if most is not None and hits > most:
            continue
        if hits and hits != settled:
            done += any(_settle_day(engine, day, now) for _ in range(_TRIES))
        if is_over(day, now):
            _forget(engine, day)
    return done


def is_over(day: date, now: datetime) -> bool:
    """Whether no process can hold hits of that day any more."""
    return (now - LATE).date() > day


def _settle_day(engine: Engine, day: date, now: datetime) -> bool:
    """Whether it could be done: not if hits arrived, or were put together, meanwhile."""
    with batches.reading(engine) as db:
        found = batches.read(db, day)
    hits = batches.unpack(one.body for one in found)
    counts, sessions = counted(hits).get(day, ({}, {}))
    with batches.writing(engine) as db:
        batches.lock(db, day)
        if batches.ids(db, day) != {one.id for one in found}:
            return False
        had = _had_before(db, day)
        days.put_day(db, day, added(had[0], counts), added(had[1], sessions))
        _put_together(db, day, found, now)
        batches.note_settled(db, day, len(hits))
    return True


def _had_before(db: Connection, day: date) -> tuple[Counts, Sessions]:
    """What was counted of the day without these hits: by an older release, or imported."""
    if (had := batches.before(db, day)) is None:
        had = days.of_day(db, day)
        batches.write_before(db, day, *had)
    return had


def _put_together(db: Connection, day: date, found: list[Batch], now: datetime) -> None:
    """Make one batch of many of about a size: each hit is rewritten a few times a day at most."""
    sizes: dict[int, list[Batch]] = {}
    for one in found:
        sizes.setdefault(one.hits.bit_length() // 5, []).append(one)
    for alike in sizes.values():
        if len(alike) >= _MANY:
            together = batches.unpack(one.body for one in alike)
            new = Batch(batches.new_id(), len(together), batches.pack(together))
            batches.replace(db, day, alike, new, now)


def _forget(engine: Engine, day: date) -> None:
    """Hits and salt of a settled day; what came in between is settled first, next time."""
    with batches.writing(engine) as db:
        batches.lock(db, day)
        hits, settled = batches.arrived(db).get(day, (0, 0))
        if hits in (0, settled):
            batches.forget(db, day)
