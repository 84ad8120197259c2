"""Counted uses by day: read in sums, added to, replaced; nothing of a person is among them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, delete, extract, func, select

from citycommons.core.types import Channel, ClientKind, Usage, Use
from citycommons.store.proof_tables import usage_sessions
from citycommons.store.tables import usage
from citycommons.store.usage import batches
from citycommons.store.usage.batches import Counts, Sessions, added, insert_or

_KEY = ("dataset", "version", "use", "channel", "client", "format", "referrer", "region")
Period = tuple[str, str, str, date, int]
"""Dataset, use, client, first day of the period, count."""

_SESSION = ("dataset", "version", "use", "client")


def add_counts(db: Connection, counts: Mapping[tuple[str, int, str, str, str, date], int]) -> None:
    """Add to the totals what was counted elsewhere.

    Keys are dataset, version, use, channel, client and day. It stays when the hits of one of these
    days are counted again.
    """
    days: dict[date, Counts] = {}
    for (dataset, version, use, channel, client, day), count in counts.items():
        key = (dataset, version, use, channel, client, "", "", "")
        days.setdefault(day, {})[key] = count
    for day, given in sorted(days.items()):
        add_day(db, day, given, {})


def add_day(db: Connection, day: date, counts: Counts, sessions: Sessions) -> None:
    """Add to a day what was counted elsewhere, for good: hits of the day come on top."""
    batches.lock(db, day)
    if (kept := batches.before(db, day)) is not None:
        batches.write_before(db, day, added(kept[0], counts), added(kept[1], sessions))
    had = of_day(db, day)
    put_day(db, day, added(had[0], counts), added(had[1], sessions))


def of_day(db: Connection, day: date) -> tuple[Counts, Sessions]:
    """All that is counted of a day."""
    counts = {
        tuple(row[:-1]): int(row[-1])
        for row in db.execute(
            select(*(usage.c[name] for name in _KEY), usage.c.count).where(usage.c.day == day)
        )
    }
    sessions = {
        tuple(row[:-1]): int(row[-1])
        for row in db.execute(
            select(*(usage_sessions.c[name] for name in _SESSION), usage_sessions.c.count).where(
                usage_sessions.c.day == day
            )
        )
    }
    return counts, sessions


def put_day(db: Connection, day: date, counts: Counts, sessions: Sessions) -> None:
    """Let this be all that is counted of a day; only rows that differ are written."""
    had_counts, had_sessions = of_day(db, day)
    _put(db, usage, _KEY, day, had_counts, counts)
    _put(db, usage_sessions, _SESSION, day, had_sessions, sessions)


def _put(
    db: Connection,
    table: Any,
    names: tuple[str, ...],
    day: date,
    had: Mapping[Any, int],
    wanted: Mapping[Any, int],
) -> None:
    if gone := sorted(had.keys() - wanted.keys()):
        mine = [table.c[name] == bindparam(f"old_{name}") for name in names]
        rows = [{f"old_{n}": v for n, v in zip(names, key, strict=True)} for key in gone]
        db.execute(delete(table).where(table.c.day == day, *mine), rows)
    changed = [
        dict(zip(names, key, strict=True), day=day, count=count)
        for key, count in sorted(wanted.items())
        if had.get(key) != count
    ]
    if changed:
        statement = insert_or(db, table)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=[column.name for column in table.primary_key],
                set_={"count": statement.excluded.count},
            ),
            changed,
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
    until: date | None = None,
    datasets: Collection[str] | None = None,
    clients: tuple[ClientKind, ...] = tuple(ClientKind),
) -> list[tuple[tuple[Any, ...], int]]:
    """Sums of counted uses by these columns of the table, largest first, in one statement."""
    return _sums(db, usage, by, since, until, datasets, clients)


def _sums(
    db: Connection,
    table: Any,
    by: tuple[str, ...],
    since: date | None,
    until: date | None,
    datasets: Collection[str] | None,
    clients: tuple[ClientKind, ...],
) -> list[tuple[tuple[Any, ...], int]]:
    columns = [table.c[name] for name in by]
    total = func.sum(table.c.count)
    query = select(*columns, total).where(table.c.client.in_([one.value for one in clients]))
    if since is not None:
        query = query.where(table.c.day >= since)
    if until is not None:
        query = query.where(table.c.day <= until)
    if datasets is not None:
        query = query.where(table.c.dataset.in_(sorted(datasets)))
    if columns:
        query = query.group_by(*columns).order_by(total.desc(), *columns)
    return [(tuple(row[:-1]), int(row[-1] or 0)) for row in db.execute(query)]


def sessions(
    db: Connection,
    *by: str,
    since: date | None = None,
    until: date | None = None,
    datasets: Collection[str] | None = None,
    clients: tuple[ClientKind, ...] = tuple(ClientKind),
) -> list[tuple[tuple[Any, ...], int]]:
    """Sums of sessions by these columns, largest first.

    `version` 0 are sessions that used any version, `dataset` "" that used anything; the sums of
    different ones must not be added up.
    """
    return _sums(db, usage_sessions, by, since, until, datasets, clients)


def by_period(
    db: Connection,
    *,
    first_day: date,
    last_day: date,
    is_monthly: bool,
    datasets: Collection[str] | None = None,
) -> tuple[list[Period], list[Period]]:
    """Uses, and sessions, of datasets by use and client in each month or day, in two statements.

    Sessions are of all versions together; `datasets` may hold "", the whole city, for them.
    """
    found = []
    for table, mine in ((usage, None), (usage_sessions, usage_sessions.c.version == 0)):
        when = (
            (extract("year", table.c.day), extract("month", table.c.day))
            if is_monthly
            else (table.c.day,)
        )
        columns = (table.c.dataset, table.c.use, table.c.client, *when)
        query = select(*columns, func.sum(table.c.count)).where(
            table.c.day.between(first_day, last_day)
        )
        if mine is not None:
            query = query.where(mine)
        if datasets is not None:
            query = query.where(table.c.dataset.in_(sorted(datasets)))
        query = query.group_by(*columns).order_by(*columns)
        found.append([_period(row) for row in db.execute(query)])
    return found[0], found[1]


def _period(row: Any) -> Period:
    dataset, use, client, *when, count = row
    day = when[0] if len(when) == 1 else date(int(when[0]), int(when[1]), 1)
    return dataset, use, client, day, int(count)
