"""What a statement of impact sums: uses by month, and versions as they stood on a day."""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, extract, func, select

from citycommons.core.types import ClientKind, DatasetId, Use, Version
from citycommons.store.tables import usage, versions


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyUse:
    """Uses of one dataset in one month, by one kind of client."""

    dataset: DatasetId
    month: date  # its first day
    use: Use
    client: ClientKind
    count: int


def monthly(db: Connection, first_day: date, last_day: date) -> list[MonthlyUse]:
    """Counted uses from one day to another, which belongs to it, in one statement."""
    year, month = extract("year", usage.c.day), extract("month", usage.c.day)
    by = (usage.c.dataset, year, month, usage.c.use, usage.c.client)
    query = select(*by, func.sum(usage.c.count)).where(usage.c.day.between(first_day, last_day))
    return [
        MonthlyUse(
            dataset=DatasetId(dataset),
            month=date(int(in_year), int(in_month), 1),
            use=Use(use),
            client=ClientKind(client),
            count=int(count),
        )
        for dataset, in_year, in_month, use, client, count in db.execute(query.group_by(*by))
    ]


def first_use(db: Connection) -> date | None:
    """The first day that has a counted use."""
    found: date | None = db.scalar(select(func.min(usage.c.day)))
    return found


def versions_at(db: Connection, moment: datetime) -> dict[DatasetId, Version]:
    """The latest version of each dataset as of a moment, without those that were taken back."""
    last = (
        select(versions.c.dataset, func.max(versions.c.number).label("number"))
        .where(versions.c.created < moment, versions.c.withdrawn.is_(None))
        .group_by(versions.c.dataset)
        .subquery()
    )
    is_last = (versions.c.dataset == last.c.dataset) & (versions.c.number == last.c.number)
    found = db.scalars(select(versions.c.body).join(last, is_last))
    return {one.dataset: one for one in (msgspec.convert(body, Version) for body in found)}
