"""Counted uses: gathered in memory, added to the table each second, nothing kept of the person."""

import hashlib
import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from citycommons.core.types import Channel, ClientKind, Usage, Use
from citycommons.store.tables import usage

_Key = tuple[str, int, str, str, str, date]
log = logging.getLogger("citycommons.store")

DOUBLE_CLICK_S = 30  # COUNTER Code of Practice for Research Data, section 7.3


class UsageBuffer:
    """Counts in memory and flushes within a second of the first use, or when closed.

    A hard kill loses at most the last second of counts. The salt behind a visitor's hash lives in
    memory only and changes each day, so nothing about a person outlives the day.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._counts: Counter[_Key] = Counter()
        self._recent: dict[tuple[str, str, int, str], datetime] = {}
        self._salt: tuple[date, bytes] | None = None
        self._timer: threading.Timer | None = None

    def visitor(self, address: str, agent: str) -> str:
        """A hash that tells double clicks apart for a day and means nothing afterwards."""
        today = self._clock().date()
        with self._lock:
            if self._salt is None or self._salt[0] != today:
                self._salt = (today, secrets.token_bytes(32))
                self._recent.clear()
            salt = self._salt[1]
        return hashlib.blake2b(f"{address}\n{agent}".encode(), key=salt, digest_size=16).hexdigest()

    def add(self, one: Usage, visitor: str = "") -> None:
        """Count one use; a repeat by the same visitor within 30 s is a double click (COUNTER)."""
        key = (one.dataset, one.version, one.use, one.channel, one.client, one.day)
        with self._lock:
            if visitor and self._is_double_click((visitor, one.dataset, one.version, one.use)):
                return
            self._counts[key] += one.count
            self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(1.0, self._by_the_clock)
            self._timer.daemon = True
            self._timer.start()

    def _is_double_click(self, what: tuple[str, str, int, str]) -> bool:
        now = self._clock()
        before, self._recent[what] = self._recent.get(what), now
        if len(self._recent) > 100_000:
            self._recent = {
                k: t for k, t in self._recent.items() if (now - t).total_seconds() < DOUBLE_CLICK_S
            }
        return before is not None and (now - before).total_seconds() < DOUBLE_CLICK_S

    def _by_the_clock(self) -> None:
        """Flush; while the database is busy, what was gathered waits for another second."""
        try:
            self.flush()
        except OperationalError as error:
            log.warning("counted uses wait: %s", error.orig)
            with self._lock:
                self._soon()

    def flush(self) -> None:
        """Add what was gathered to the table; what cannot be written stays for the next time."""
        with self._writing:  # closing waits for a flush that another thread began
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
        if not counts:
            return
        try:
            with self._engine.connect() as db, db.begin():
                add_counts(db, counts)
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


def add_counts(db: Connection, counts: Counter[_Key]) -> None:
    """Add to the totals, in a fixed order so that two writers cannot lock each other."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    names = ("dataset", "version", "use", "channel", "client", "day")
    rows = [dict(zip(names, key, strict=True), count=n) for key, n in sorted(counts.items())]
    statement = insert(usage)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=[column.name for column in usage.primary_key],
            set_={"count": usage.c.count + statement.excluded.count},
        ),
        rows,
    )


def uses(db: Connection, *, since: date | None = None, dataset: str | None = None) -> list[Usage]:
    """Counted uses, oldest first."""
    query = select(usage).order_by(usage.c.day)
    if since is not None:
        query = query.where(usage.c.day >= since)
    if dataset is not None:
        query = query.where(usage.c.dataset == dataset)
    return [
        Usage(
            dataset=row["dataset"],
            version=row["version"],
            use=Use(row["use"]),
            channel=Channel(row["channel"]),
            client=ClientKind(row["client"]),
            day=row["day"],
            count=row["count"],
        )
        for row in db.execute(query).mappings()
    ]


def totals(
    db: Connection,
    *by: str,
    since: date | None = None,
    datasets: Collection[str] | None = None,
    clients: tuple[ClientKind, ...] = tuple(ClientKind),
) -> list[tuple[tuple[Any, ...], int]]:
    """Sums of counted uses by these columns of the table, largest first, in one statement."""
    columns = [usage.c[name] for name in by]
    total = func.sum(usage.c.count)
    query = select(*columns, total).where(usage.c.client.in_([one.value for one in clients]))
    if since is not None:
        query = query.where(usage.c.day >= since)
    if datasets is not None:
        query = query.where(usage.c.dataset.in_(sorted(datasets)))
    if columns:
        query = query.group_by(*columns).order_by(total.desc(), *columns)
    return [(tuple(row[:-1]), int(row[-1] or 0)) for row in db.execute(query)]
