"""Searches that found nothing: gathered in memory, added to the table each second at most.

What a person typed is counted by month, without who and when; a hard kill loses at most the last
second. See `engage.wanted.missing` for what is kept at all, and from how many on it is shown.
"""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from citycommons.store.proof_tables import missed_searches as table

MOST_TERMS = 20_000  # of one month: a flood of random words fills no disk
_MOST_GATHERED = 500  # terms within a second
_MOST_SEEN = 50_000  # pairs of visitor and term of a day

log = logging.getLogger("citycommons.store")


class MissedBuffer:
    """Counts terms in memory and flushes within a second of the first, or when closed."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._counts: Counter[tuple[str, date]] = Counter()
        self._seen: set[int] = set()  # hashes that mean nothing without the salt, gone tomorrow
        self._salt = secrets.token_bytes(16)
        self._day: date | None = None
        self._timer: threading.Timer | None = None

    def add(self, term: str, visitor: str = "") -> None:
        """Count one search; a visitor counts once a day for each term."""
        today = self._clock().date()
        key = (term, today.replace(day=1))
        with self._lock:
            if visitor and self._was_here(visitor, term, today):
                return
            if key not in self._counts and len(self._counts) >= _MOST_GATHERED:
                return
            self._counts[key] += 1
            self._soon()

    def _was_here(self, visitor: str, term: str, today: date) -> bool:
        if self._day != today or len(self._seen) >= _MOST_SEEN:
            self._day, self._seen, self._salt = today, set(), secrets.token_bytes(16)
        pair = hash((self._salt, visitor, term))
        if pair in self._seen:
            return True
        self._seen.add(pair)
        return False

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(1.0, self._by_the_clock)
            self._timer.daemon = True
            self._timer.start()

    def _by_the_clock(self) -> None:
        """Flush; while the database is busy, what was gathered waits for another second."""
        try:
            self.flush()
        except OperationalError as error:
            log.warning("missed searches wait: %s", error.orig)
            with self._lock:
                self._soon()

    def flush(self) -> None:
        """Add what was gathered to the table; what cannot be written stays for the next time."""
        with self._writing:
            with self._lock:
                counts, self._counts, self._timer = self._counts, Counter(), None
            if not counts:
                return
            try:
                with self._engine.connect() as db, db.begin():
                    add(db, counts)
            except Exception:
                with self._lock:
                    self._counts.update(counts)
                raise

    def close(self) -> None:
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
        self.flush()


def add(db: Connection, counts: Counter[tuple[str, date]]) -> None:
    """Add to the totals in a fixed order; in a month that is full only to terms that are there."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"term": term, "month": month, "count": n} for (term, month), n in sorted(counts.items())
    ]
    held = select(table.c.month, func.count().label("n")).group_by(table.c.month)
    full = {row.month for row in db.execute(held) if row.n >= MOST_TERMS}
    fresh = [row for row in rows if row["month"] not in full]
    if fresh:
        statement = insert(table)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["term", "month"],
                set_={"count": table.c.count + statement.excluded.count},
            ),
            fresh,
        )
    for row in rows:
        if row["month"] in full:
            known = (table.c.term == row["term"], table.c.month == row["month"])
            more = table.c.count + row["count"]
            db.execute(update(table).where(*known).values(count=more))


def totals(
    db: Connection, *, since: date, at_least: int, limit: int, offset: int = 0
) -> list[tuple[str, int, date]]:
    """(term, searches, month of the last one), most first, of terms with so many or more."""
    total = func.sum(table.c.count)
    query = select(table.c.term, total.label("n"), func.max(table.c.month).label("last"))
    query = query.where(table.c.month >= since).group_by(table.c.term).having(total >= at_least)
    query = query.order_by(total.desc(), table.c.term).limit(limit).offset(offset)
    return [(row.term, int(row.n), _day(row.last)) for row in db.execute(query)]


def drop(db: Connection, *, before: date, below: int) -> int:
    """Forget rare terms of months before then; answers how many."""
    rare = delete(table).where(table.c.month < before, table.c.count < below)
    return db.execute(rare).rowcount


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
