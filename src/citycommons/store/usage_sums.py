"""Sums of counted uses by month or day, and which datasets they are of, in one statement each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Select, String, cast, func, select, true
from sqlalchemy.sql.elements import ColumnElement

from citycommons.core.types import Access, ClientKind, DatasetId, PublisherId, Use
from citycommons.store.proof_tables import usage_sessions
from citycommons.store.tables import datasets, usage

APART = ("channel", "format", "referrer", "region")
"""Columns by which uses can be told apart; the version is one more."""
_USES = {one.value: one for one in Use}
_CLIENTS = {one.value: one for one in ClientKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which uses: of days from `first_day` to `last_day`, of these datasets (None: of all)."""

    first_day: date
    last_day: date
    datasets: Collection[str] | None = None
    by_day: bool = False  # else by month


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """Uses of a dataset in a month, or on a day, by kind of use and client."""

    dataset: DatasetId
    day: date  # the month's first, or the day itself
    use: Use
    client: ClientKind
    apart: tuple[Any, ...]  # values of the columns asked for
    count: int


def uses(db: Connection, wanted: Wanted, *apart: str) -> list[Summed]:
    """Uses, told apart by these columns besides."""
    return _summed(db, wanted, usage, [usage.c[name] for name in apart], true())


def sessions(db: Connection, wanted: Wanted) -> list[Summed]:
    """Sessions, all versions of a dataset together; those of the city as a whole are left out."""
    is_one = (usage_sessions.c.version == 0) & (usage_sessions.c.dataset != "")
    return _summed(db, wanted, usage_sessions, [], is_one)


def _summed(
    db: Connection,
    wanted: Wanted,
    table: Any,
    apart: list[ColumnElement[Any]],
    condition: ColumnElement[bool],
) -> list[Summed]:
    day = table.c.day
    # Both databases write a day as 2026-03-31; taking a date apart takes SQLite ten times longer.
    when = day if wanted.by_day else func.substr(cast(day, String), 1, 7)
    keys = [table.c.dataset, table.c.use, table.c.client, *apart, when]
    query: Select[Any] = select(*keys, func.sum(table.c["count"])).group_by(*keys)
    query = query.where(day.between(wanted.first_day, wanted.last_day), condition)
    if wanted.datasets is not None:
        query = query.where(table.c.dataset.in_(sorted(wanted.datasets)))
    ends = 3 + len(apart)
    moments: dict[Any, date] = {}
    found = []
    for row in db.execute(query):
        if (key := row[ends]) not in moments:
            moments[key] = key if wanted.by_day else date.fromisoformat(f"{key}-01")
        found.append(
            Summed(
                dataset=row[0],
                day=moments[key],
                use=_USES[row[1]],
                client=_CLIENTS[row[2]],
                apart=tuple(row[3:ends]),
                count=int(row[-1]),
            )
        )
    return found


def first_day(db: Connection) -> date | None:
    """The day of the first use that is known."""
    found: date | None = db.scalar(select(func.min(usage.c.day, type_=Date)))
    return found


def owners(
    db: Connection,
    *,
    open_to: Collection[Access],
    publishers: Collection[PublisherId] | None,
    publisher: PublisherId | None = None,
    source: str = "",
) -> dict[DatasetId, PublisherId]:
    """Whose each dataset is, of those open to these, and of all that these publishers have.

    `publishers` None sees everything; `publisher` and `source` (an address, or the beginning of
    addresses up to a slash) narrow it down.
    """
    query = select(datasets.c.id, datasets.c.publisher).order_by(datasets.c.id)
    if publishers is not None:
        seen = datasets.c.access.in_([one.value for one in open_to])
        query = query.where(seen | datasets.c.publisher.in_(sorted(publishers)))
    if publisher is not None:
        query = query.where(datasets.c.publisher == publisher)
    if source:
        stem = source.rstrip("/")
        below = datasets.c.source.startswith(f"{stem}/", autoescape=True)
        query = query.where((datasets.c.source == stem) | (datasets.c.source == source) | below)
    return {DatasetId(id): PublisherId(owner) for id, owner in db.execute(query)}
