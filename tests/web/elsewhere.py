"""Copies of the web tests' datasets at other portals, and what is said of them."""

import calendar
from datetime import UTC, date, datetime

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyId,
    CopyState,
    Portal,
    PortalKind,
    copy_id,
    portal_id,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.types import SYSTEM, DatasetId
from citycommons.store import copies
from citycommons.store.work import City
from citycommons.web import page_elsewhere


def copied_at(
    city: City,
    name: str,
    *,
    dataset: str = "counts",
    kind: PortalKind = PortalKind.SUSHI,
    state: CopyState = CopyState.VERIFIED,
    uses: int | None = None,
    certainty: Certainty = Certainty.REPORTED,
    is_outlier: bool = False,
    failure: str = "",
) -> CopyId:
    """A copy at a portal of this name, with so many uses last month."""
    url = f"https://{name.lower().replace(' ', '-')}.example"
    iri = f"{url}/dataset/{dataset}"
    portal = Portal(id=portal_id(url), name=name, url=url, kind=kind, failure=failure)
    is_found = state is CopyState.FOUND
    copy = Copy(
        id=copy_id(iri),
        dataset=DatasetId(dataset),
        iri=iri,
        portal=portal.id,
        state=state,
        version="1",
        similarity=0.97 if is_found else None,
        reason="97.0 ± 0.5 % of all rows are in both." if is_found else "",
        seen=None if is_found else city.clock(),
    )
    with city.work(SYSTEM) as work:
        copies.save_portal(work.db, portal)
        copies.save_copy(work.db, copy, due=None)
        if uses is not None:
            copies.replace(work.db, _counts(copy, last_month(city), uses, certainty, is_outlier))
    page_elsewhere.forget()
    return copy.id


def last_month(city: City) -> date:
    """The first day of the last whole month."""
    now = city.clock().date()
    return date(now.year - (now.month == 1), (now.month - 2) % 12 + 1, 1)


def _counts(
    copy: Copy, first: date, uses: int, certainty: Certainty, is_outlier: bool
) -> list[CopyCount]:
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return [
        CopyCount(
            copy=copy.id,
            first_day=first,
            last_day=last,
            metric=metric,
            method=Method.REGULAR,
            count=count,
            certainty=certainty,
            reported=datetime(2026, 1, 1, tzinfo=UTC),
            is_outlier=is_outlier,
        )
        for metric, count in (
            (Metric.TOTAL_INVESTIGATIONS, uses),
            (Metric.TOTAL_REQUESTS, uses // 2),
        )
    ]
