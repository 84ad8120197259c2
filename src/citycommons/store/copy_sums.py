"""Sums of what portals say of the use of copies, in one statement for many datasets."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Date, Row, and_, case, cast, delete, func, or_, select

from citycommons.core.copies import Certainty, Copy, CopyState, Portal, PortalId
from citycommons.core.counting import Metric
from citycommons.store.proof_tables import copies, copy_usage, portals
from citycommons.store.tables import datasets as datasets_table

_INVESTIGATIONS, _REQUESTS = Metric.TOTAL_INVESTIGATIONS.value, Metric.TOTAL_REQUESTS.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySum:
    """What is said of one copy by one certainty, outliers apart; no count: None."""

    copy: Copy
    portal: Portal
    certainty: Certainty | None
    is_outlier: bool
    investigations: int
    requests: int
    first_day: date | None
    last_day: date | None


def sums(
    db: Connection,
    datasets: Collection[str],
    *,
    since: date | None = None,
    until: date | None = None,
) -> tuple[CopySum, ...]:
    """Sums over periods that begin on `since` or later and end by `until`, of all their copies.

    Days that lie in a month that was reported whole are in its count already.
    """
    days, whole = copy_usage.alias("days"), copy_usage.alias("whole")
    is_in_whole = and_(
        whole.c.copy == days.c.copy,
        whole.c.first_day == _month(db, days.c.first_day),
        whole.c.metric == days.c.metric,
        whole.c.method == days.c.method,
        whole.c.last_day > whole.c.first_day,
    )
    of_metric = {
        metric: func.sum(case((days.c.metric == metric, days.c.count), else_=0))
        for metric in (_INVESTIGATIONS, _REQUESTS)
    }
    counted = (
        select(
            days.c.copy,
            days.c.certainty,
            days.c.is_outlier,
            of_metric[_INVESTIGATIONS].label("investigations"),
            of_metric[_REQUESTS].label("requests"),
            func.min(days.c.first_day).label("first_day"),
            func.max(days.c.last_day).label("last_day"),
        )
        .join(copies, copies.c.id == days.c.copy)
        .outerjoin(whole, is_in_whole)
        .where(copies.c.dataset.in_(sorted(datasets)))
        .where(days.c.metric.in_((_INVESTIGATIONS, _REQUESTS)))
        .where(or_(days.c.last_day > days.c.first_day, whole.c.copy.is_(None)))
        .group_by(days.c.copy, days.c.certainty, days.c.is_outlier)
    )
    if since is not None:
        counted = counted.where(days.c.first_day >= since)
    if until is not None:
        counted = counted.where(days.c.last_day <= until)
    found = counted.subquery("counted")
    query = (
        select(copies.c.body.label("body"), portals.c.body.label("portal_body"), found)
        .join(portals, portals.c.id == copies.c.portal)
        .outerjoin(found, found.c.copy == copies.c.id)
        .where(copies.c.dataset.in_(sorted(datasets)))
        .order_by(copies.c.dataset, copies.c.iri, found.c.certainty, found.c.is_outlier)
    )
    return tuple(_sum(row) for row in db.execute(query))


def _month(db: Connection, day: Any) -> Any:
    """The first day of the month that a day is in."""
    if db.dialect.name == "postgresql":
        return cast(func.date_trunc("month", day), Date)
    return func.date(day, "start of month")


def _sum(row: Row[Any]) -> CopySum:
    return CopySum(
        copy=msgspec.convert(row.body, Copy),
        portal=msgspec.convert(row.portal_body, Portal),
        certainty=None if row.certainty is None else Certainty(row.certainty),
        is_outlier=bool(row.is_outlier),
        investigations=int(row.investigations or 0),
        requests=int(row.requests or 0),
        first_day=row.first_day,
        last_day=row.last_day,
    )


def copies_per_portal(db: Connection) -> dict[PortalId, int]:
    """How many copies stand at each portal that has any."""
    query = select(copies.c.portal, func.count()).group_by(copies.c.portal)
    return {PortalId(id): count for id, count in db.execute(query)}


def forget_portal(db: Connection, id: PortalId) -> None:
    """Remove a portal that no copy stands at; with copies the database refuses."""
    db.execute(delete(portals).where(portals.c.id == id))


def waiting(db: Connection, publishers: Collection[str] | None) -> int:
    """Copies about which a person has to decide, of these publishers' datasets (None: of all)."""
    apart = select(copy_usage.c.copy).where(copy_usage.c.is_outlier)
    is_found = copies.c.state == CopyState.FOUND.value
    is_apart = and_(copies.c.state != CopyState.REFUSED.value, copies.c.id.in_(apart))
    query = (
        select(func.count())
        .select_from(copies)
        .join(datasets_table, datasets_table.c.id == copies.c.dataset)
        .where(or_(is_found, is_apart))
    )
    if publishers is not None:
        query = query.where(datasets_table.c.publisher.in_(sorted(publishers)))
    return int(db.scalar(query) or 0)
