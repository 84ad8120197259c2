"""Rows of portals that republish, of copies there, and of what is said of their use ↔ the types.

A period's counts are replaced whole or not at all, and only by a report that is newer than the one
they came from: whatever the order in which reports arrive, and however often, the last one stands.
"""

import calendar
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyId,
    CopyState,
    Portal,
    PortalId,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.types import DatasetId
from citycommons.store import leases
from citycommons.store.proof_tables import copies, copy_usage, portals

_AT_ONCE = 200  # well below the number of values that a statement may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A whole month, or one day; its last day belongs to it."""

    first_day: date
    last_day: date

    @property
    def is_day(self) -> bool:
        return self.first_day == self.last_day


def month(day: date) -> Period:
    """The whole month in which a day lies."""
    last = calendar.monthrange(day.year, day.month)[1]
    return Period(first_day=day.replace(day=1), last_day=day.replace(day=last))


def _insert(db: Connection, table: Any) -> Any:
    return (postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert)(table)


def _save(db: Connection, table: Any, values: Mapping[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if name != "id"}
    statement = _insert(db, table).values(**values)
    db.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


# Portals


def every_portal(db: Connection) -> list[Portal]:
    """All portals, by name of their address."""
    return [_portal(row) for row in db.execute(select(portals).order_by(portals.c.url))]


def portal(db: Connection, id: PortalId) -> Portal | None:
    """The portal, or None."""
    row = db.execute(select(portals).where(portals.c.id == id)).first()
    return None if row is None else _portal(row)


def portal_at(db: Connection, url: str) -> Portal | None:
    """The portal of this address (scheme and host, no slash at the end)."""
    row = db.execute(select(portals).where(portals.c.url == url)).first()
    return None if row is None else _portal(row)


def portals_of(db: Connection, ids: Collection[PortalId]) -> dict[PortalId, Portal]:
    """These portals by id."""
    found = db.execute(select(portals).where(portals.c.id.in_(sorted(ids))))
    return {one.id: one for one in map(_portal, found)}


def save_portal(db: Connection, one: Portal) -> None:
    """Create the portal, or replace what is known of it; its secret and when it is due stay."""
    _save(db, portals, {"id": one.id, "url": one.url, "body": msgspec.to_builtins(one)})


def set_portal_due(db: Connection, id: PortalId, due: datetime | None) -> None:
    """When the portal is asked next; None is never."""
    db.execute(update(portals).where(portals.c.id == id).values(due=due))


def portal_due(db: Connection, id: PortalId) -> datetime | None:
    """When the portal is asked next."""
    found: datetime | None = db.scalar(select(portals.c.due).where(portals.c.id == id))
    return found


def secret(db: Connection, id: PortalId) -> str:
    """The secret shared with a portal; empty where there is none."""
    return db.scalar(select(portals.c.secret).where(portals.c.id == id)) or ""


def set_secret(db: Connection, id: PortalId, secret: str) -> None:
    """Share a secret with a portal; empty takes it away."""
    db.execute(update(portals).where(portals.c.id == id).values(secret=secret))


def is_portal_due(db: Connection, now: datetime) -> bool:
    """Whether a portal is to be asked; asks without taking the write lock."""
    return leases.is_any(db, portals.c.due, now)


def claim_portal(db: Connection, now: datetime, *, seconds: int) -> Portal | None:
    """Take the portal that is due longest; if its worker dies it is due again then."""
    row = leases.take(db, portals.c.due, portals.c.id, now, seconds=seconds)
    return None if row is None else _portal(row)


def _portal(row: Any) -> Portal:
    return msgspec.convert(row.body, Portal)


# Copies


def copy(db: Connection, id: CopyId) -> Copy | None:
    """The copy, or None."""
    row = db.execute(select(copies).where(copies.c.id == id)).first()
    return None if row is None else _copy(row)


def copy_at(db: Connection, iri: str) -> Copy | None:
    """The copy whose own address this is."""
    row = db.execute(select(copies).where(copies.c.iri == iri)).first()
    return None if row is None else _copy(row)


def copies_at(db: Connection, iris: Collection[str]) -> dict[str, Copy]:
    """The known ones of these addresses."""
    found: dict[str, Copy] = {}
    asked = sorted(iris)
    for at in range(0, len(asked), _AT_ONCE):
        query = select(copies).where(copies.c.iri.in_(asked[at : at + _AT_ONCE]))
        found |= {one.iri: one for one in map(_copy, db.execute(query))}
    return found


def copies_of(
    db: Connection,
    *,
    datasets: Collection[DatasetId] | None = None,
    portal: PortalId | None = None,
    states: Collection[CopyState] | None = None,
    limit: int | None = None,
    after: str = "",
) -> list[Copy]:
    """Copies by id, narrowed; `after` is the last id of the page before."""
    query = select(copies).order_by(copies.c.id)
    if datasets is not None:
        query = query.where(copies.c.dataset.in_(sorted(datasets)))
    if portal is not None:
        query = query.where(copies.c.portal == portal)
    if states is not None:
        query = query.where(copies.c.state.in_(sorted(states)))
    if after:
        query = query.where(copies.c.id > after)
    return [_copy(row) for row in db.execute(query.limit(limit))]


def save_copy(db: Connection, one: Copy, *, due: datetime | None) -> None:
    """Create the copy, or replace what is known of it; `due`: when its link is looked at again."""
    values = {
        "id": one.id,
        "dataset": one.dataset,
        "iri": one.iri,
        "portal": one.portal,
        "state": one.state.value,
        "due": due,
        "body": msgspec.to_builtins(one),
    }
    _save(db, copies, values)


def change_copy(db: Connection, one: Copy) -> None:
    """Replace what is known of a copy; when it is looked at again stays."""
    values = {"state": one.state.value, "body": msgspec.to_builtins(one)}
    db.execute(update(copies).where(copies.c.id == one.id).values(**values))


def is_copy_due(db: Connection, now: datetime) -> bool:
    """Whether a copy is to be looked at; asks without taking the write lock."""
    return db.execute(select(copies.c.id).where(copies.c.due <= now).limit(1)).first() is not None


def claim_copy(db: Connection, now: datetime, *, seconds: int) -> Copy | None:
    """Take the copy that is due longest; if its worker dies it is due again then."""
    row = leases.take(db, copies.c.due, copies.c.id, now, seconds=seconds)
    return None if row is None else _copy(row)


def _copy(row: Any) -> Copy:
    return msgspec.convert(row.body, Copy)


# What is said of their use


def counts(
    db: Connection,
    copies: Collection[CopyId],
    *,
    is_daily: bool = False,
    first_day: date | None = None,
    last_day: date | None = None,
) -> list[CopyCount]:
    """Counts of whole months, or of days; never both, as a day's are in its month's.

    Only periods that lie between the days, both included. Oldest first.
    """
    grain = copy_usage.c.first_day == copy_usage.c.last_day
    narrowed = [grain if is_daily else ~grain]
    if first_day is not None:
        narrowed.append(copy_usage.c.first_day >= first_day)
    if last_day is not None:
        narrowed.append(copy_usage.c.last_day <= last_day)
    asked, found = sorted(copies), []
    for at in range(0, len(asked), _AT_ONCE):
        query = select(copy_usage).where(
            copy_usage.c.copy.in_(asked[at : at + _AT_ONCE]), *narrowed
        )
        found += [_count(row) for row in db.execute(query)]
    return sorted(found, key=lambda one: (one.first_day, one.copy, one.metric, one.method))


def reported(db: Connection, copies: Collection[CopyId]) -> dict[tuple[CopyId, Period], datetime]:
    """When the report was made that each period's counts come from; counters make no reports."""
    columns = copy_usage.c
    query = (
        select(columns.copy, columns.first_day, columns.last_day, columns.reported)
        .where(columns.certainty == Certainty.REPORTED.value)
        .where(columns.copy.in_(sorted(copies)))
    )
    found = db.execute(query.distinct())
    return {
        (CopyId(copy), Period(first_day=first, last_day=last)): made
        for copy, first, last, made in found
    }


def replace(db: Connection, found: Sequence[CopyCount]) -> None:
    """Put these counts in the place of all that was said of their copies' periods before.

    A period without any use is one count of zero, so that it is known when it was reported.
    """
    periods = sorted({(one.copy, one.first_day, one.last_day) for one in found})
    columns = copy_usage.c
    for at in range(0, len(periods), _AT_ONCE):
        wanted = [
            (columns.copy == copy) & (columns.first_day == first) & (columns.last_day == last)
            for copy, first, last in periods[at : at + _AT_ONCE]
        ]
        db.execute(delete(copy_usage).where(or_(*wanted)))
    if found:
        db.execute(copy_usage.insert(), [_row(one) for one in found])


def accept_outlier(db: Connection, copy: CopyId, first_day: date, last_day: date) -> int:
    """A person says that the counts of this period are right; answers how many."""
    columns = copy_usage.c
    where = (columns.copy == copy, columns.first_day == first_day, columns.last_day == last_day)
    return db.execute(update(copy_usage).where(*where).values(is_outlier=False)).rowcount


def _row(one: CopyCount) -> dict[str, Any]:
    return {
        "copy": one.copy,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "metric": one.metric.value,
        "method": one.method.value,
        "count": one.count,
        "certainty": one.certainty.value,
        "reported": one.reported,
        "is_outlier": one.is_outlier,
    }


def _count(row: Any) -> CopyCount:
    return CopyCount(
        copy=CopyId(row.copy),
        first_day=row.first_day,
        last_day=row.last_day,
        metric=Metric(row.metric),
        method=Method(row.method),
        count=row._mapping["count"],  # a row is a tuple, which has a method of that name
        certainty=Certainty(row.certainty),
        reported=row.reported,
        is_outlier=row.is_outlier,
    )
