"""Rows of sources, their log and their records ↔ the types; the lease that one worker holds.

A lease is a time in the future. Whoever holds it renews it (`beat`) in each transaction in which it
writes anything, and only if the time is still the one it wrote itself. So a worker that was thought
dead, and whose run another one took up, can write nothing any more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from citycommons.core.types import PublisherId, Run, Source, SourceId
from citycommons.store.tables import runs as runs_table
from citycommons.store.tables import sources as table

KEPT_RUNS = 1000  # of one source; older ones go


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A source and where it stands."""

    source: Source
    next_run: datetime | None = None  # None: only when somebody says so
    leased_until: datetime | None = None
    run: int | None = None  # the run that is under way, or was cut off
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    since: str = ""  # cursor of what was taken in
    removed: datetime | None = None

    def is_running(self, now: datetime) -> bool:
        """Whether a worker holds it."""
        return self.run is not None and self.leased_until is not None and self.leased_until >= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A source in the hands of one worker, until a time."""

    state: State
    run: Run
    until: datetime

    @property
    def source(self) -> Source:
        return self.state.source


def save(db: Connection, source: Source, next_run: datetime | None) -> None:
    """Create the source, or replace what is known of it; its records and its log stay."""
    values = {
        "publisher": source.publisher,
        "connector": source.connector,
        "next_run": next_run,
        "body": msgspec.to_builtins(source),
        "removed": None,
    }
    changed = db.execute(update(table).where(table.c.id == source.id).values(**values))
    if not changed.rowcount:
        db.execute(table.insert().values(id=source.id, **values))


def get(db: Connection, id: SourceId) -> State | None:
    """The source and where it stands, removed ones too; None if there is none."""
    row = db.execute(select(table).where(table.c.id == id)).first()
    return None if row is None else _state(row)


def every(db: Connection, publishers: Collection[PublisherId] | None = None) -> list[State]:
    """Sources that are not removed, by id; of all publishers, or of the given ones."""
    query = select(table).where(table.c.removed.is_(None)).order_by(table.c.id)
    if publishers is not None:
        query = query.where(table.c.publisher.in_(sorted(publishers)))
    return [_state(row) for row in db.execute(query)]


def remove(db: Connection, id: SourceId, now: datetime) -> None:
    """Take the source away; what it brought, its records and its log stay."""
    db.execute(update(table).where(table.c.id == id).values(removed=now, next_run=None))


def set_next(db: Connection, id: SourceId, next_run: datetime | None) -> None:
    """When the source is due next; None is never."""
    db.execute(update(table).where(table.c.id == id).values(next_run=next_run))


def is_due(db: Connection, now: datetime) -> bool:
    """Whether there is a source to lease; asks without taking the write lock."""
    return db.execute(select(table.c.id).where(_free(now)).limit(1)).first() is not None


def lease(
    db: Connection, now: datetime, *, seconds: float, id: SourceId | None = None
) -> Lease | None:
    """Take the source that is due longest and that nobody holds, or the named one, due or not.

    A run that was cut off comes back under its number; its count `cut_off` says how often it was
    since it last got anywhere. None when there is nothing to take, or somebody holds it.
    """
    wanted = _free(now) if id is None else and_(table.c.id == id, _unheld(now))
    one = (
        select(table.c.id)
        .where(wanted)
        .order_by(table.c.next_run, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    until = now + timedelta(seconds=seconds)
    row = db.execute(
        update(table)
        .where(table.c.id == one.scalar_subquery())
        .values(leased_until=until)
        .returning(table)
    ).first()
    if row is None:
        return None
    state = _state(row)
    run = _taken_up(db, state) or _begun(db, state.source.id, now)
    return Lease(state=state, run=run, until=until)


def _taken_up(db: Connection, state: State) -> Run | None:
    run = None if state.run is None else find_run(db, state.run)
    if run is None or run.ended is not None:
        return None
    cut_off = run.counts.get("cut_off", 0) + 1
    run = replace(run, counts={**run.counts, "cut_off": cut_off})
    save_run(db, run)
    return run


def _begun(db: Connection, source: SourceId, now: datetime) -> Run:
    id = db.scalar(
        runs_table.insert().values(source=source, started=now, body={}).returning(runs_table.c.id)
    )
    run = Run(id=int(id or 0), source=source, started=now)
    save_run(db, run)
    db.execute(update(table).where(table.c.id == source).values(run=run.id))
    return run


def beat(
    db: Connection, id: SourceId, run: int, held: datetime, *, now: datetime, seconds: float
) -> datetime | None:
    """Renew the lease that was `held` until then; None when it is somebody else's by now."""
    until = now + timedelta(seconds=seconds)
    mine = (table.c.id == id, table.c.run == run, table.c.leased_until == held)
    found = db.execute(update(table).where(*mine).values(leased_until=until))
    return until if found.rowcount else None


def end(
    db: Connection,
    run: Run,
    *,
    next_run: datetime | None,
    failures: int,
    failing_since: datetime | None,
    since: str | None = None,
) -> None:
    """The run has ended: write it down, let go of the source, and say when it is due next.

    `since` moves the cursor; None leaves it where it is.
    """
    values: dict[str, Any] = {
        "next_run": next_run,
        "leased_until": None,
        "run": None,
        "failures": failures,
        "failing_since": failing_since,
    }
    if since is not None:
        values["since"] = since
    save_run(db, run)
    db.execute(update(table).where(table.c.id == run.source).values(**values))
    _forget_old_runs(db, run.source)


def postpone(db: Connection, lease: Lease, until: datetime) -> None:
    """Do not begin now, but then: the host asked to be left alone. The run that just began goes."""
    id = lease.source.id
    db.execute(delete(runs_table).where(runs_table.c.id == lease.run.id))
    here = (table.c.id == id, table.c.leased_until == lease.until)
    db.execute(update(table).where(*here).values(next_run=until, leased_until=None, run=None))


def set_since(db: Connection, id: SourceId, since: str) -> None:
    """Move the cursor, in the transaction that takes in what it stands for."""
    db.execute(update(table).where(table.c.id == id).values(since=since))


def save_run(db: Connection, run: Run) -> None:
    """Write down how far a run is."""
    db.execute(
        update(runs_table)
        .where(runs_table.c.id == run.id)
        .values(ended=run.ended, outcome=run.outcome, body=msgspec.to_builtins(run))
    )


def find_run(db: Connection, id: int) -> Run | None:
    """The run of this number."""
    body = db.scalar(select(runs_table.c.body).where(runs_table.c.id == id))
    return None if not body else msgspec.convert(body, Run)


def runs(db: Connection, source: SourceId, *, offset: int = 0, limit: int = 50) -> list[Run]:
    """The log of a source, newest first."""
    query = (
        select(runs_table.c.body)
        .where(runs_table.c.source == source)
        .order_by(runs_table.c.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [msgspec.convert(body, Run) for body in db.scalars(query)]


def last_runs(db: Connection, sources: Sequence[SourceId]) -> dict[SourceId, Run]:
    """The last run of each source that has ended."""
    newest = (
        select(func.max(runs_table.c.id))
        .where(runs_table.c.source.in_(sources), runs_table.c.ended.is_not(None))
        .group_by(runs_table.c.source)
    )
    query = select(runs_table.c.body).where(runs_table.c.id.in_(newest))
    found = (msgspec.convert(body, Run) for body in db.scalars(query))
    return {run.source: run for run in found}


def _forget_old_runs(db: Connection, source: SourceId) -> None:
    oldest = (
        select(runs_table.c.id)
        .where(runs_table.c.source == source)
        .order_by(runs_table.c.id.desc())
        .offset(KEPT_RUNS)
        .limit(1)
    )
    db.execute(
        delete(runs_table)
        .where(runs_table.c.source == source)
        .where(runs_table.c.id <= oldest.scalar_subquery())
    )


def _unheld(now: datetime) -> Any:
    free = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
    return and_(table.c.removed.is_(None), free)


def _free(now: datetime) -> Any:
    """Due by the clock, or cut off while it ran."""
    return and_(_unheld(now), or_(table.c.next_run <= now, table.c.run.is_not(None)))


def _state(row: Row[Any]) -> State:
    return State(
        source=msgspec.convert(row.body, Source),
        next_run=row.next_run,
        leased_until=row.leased_until,
        run=row.run,
        failures=row.failures,
        failing_since=row.failing_since,
        since=row.since,
        removed=row.removed,
    )
