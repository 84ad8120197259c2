"""Rows of links: the addresses of entries' distributions, and how they answered.

A link is claimed before it is asked for, so that two workers never ask for the same one; a claim
of a worker that died runs out by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import Dataset, DatasetId, Digest
from citycommons.store.tables import links

CLAIM = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A link and what is known of it."""

    dataset: DatasetId
    url: str
    host: str
    next_check: datetime
    checked: datetime | None = None
    status: int | None = None  # HTTP status; 0 is no answer, None never checked
    reason: str = ""
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    copy: Digest | None = None  # of the last good content, where it was kept
    copied: datetime | None = None
    copy_name: str = ""
    copy_bytes: int | None = None


def enrol(db: Connection, dataset: Dataset, now: datetime) -> None:
    """Watch the links of an entry: new ones are due at once, those it lost are forgotten."""
    urls = {link.url for link in dataset.links if link.url.startswith(("http://", "https://"))}
    known = set(db.scalars(select(links.c.url).where(links.c.dataset == dataset.id)))
    if lost := known - urls:
        db.execute(
            delete(links).where(links.c.dataset == dataset.id, links.c.url.in_(sorted(lost)))
        )
    if new := sorted(urls - known):
        insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        rows = [
            {
                "dataset": dataset.id,
                "url": url,
                "host": urlsplit(url).netloc.lower(),
                "next_check": now,
            }
            for url in new
        ]
        db.execute(insert(links).on_conflict_do_nothing(), rows)


def is_due(db: Connection, now: datetime) -> bool:
    """Whether a link waits; asks without taking the write lock."""
    return (
        db.execute(select(links.c.url).where(links.c.next_check <= now).limit(1)).first()
        is not None
    )


def claim(db: Connection, now: datetime, *, limit: int, per_host: int) -> list[Watched]:
    """Take links that are due, at most so many of each host; nobody else gets them for an hour."""
    rank = func.row_number().over(partition_by=links.c.host, order_by=links.c.next_check)
    due = select(links, rank.label("rank")).where(links.c.next_check <= now).subquery()
    query = select(due).where(due.c.rank <= per_host).order_by(due.c.next_check).limit(limit)
    rows = db.execute(query).all()
    if not rows:
        return []
    db.execute(
        update(links)
        .where(links.c.dataset == bindparam("of"), links.c.url == bindparam("at"))
        .where(links.c.next_check <= now)
        .values(next_check=now + CLAIM),
        [{"of": row.dataset, "at": row.url} for row in rows],
    )
    return [_watched(row) for row in rows]


def save(db: Connection, found: Iterable[Watched]) -> None:
    """Write down how links answered; one that the entry lost meanwhile is left out."""
    rows = [
        {
            "of": one.dataset,
            "at": one.url,
            "next_check": one.next_check,
            "checked": one.checked,
            "status": one.status,
            "reason": one.reason,
            "failures": one.failures,
            "failing_since": one.failing_since,
            "copy": one.copy,
            "copied": one.copied,
            "copy_name": one.copy_name,
            "copy_bytes": one.copy_bytes,
        }
        for one in found
    ]
    if rows:
        kept = [name for name in rows[0] if name not in ("of", "at")]
        named: dict[str, Any] = {name: bindparam(name) for name in kept}
        db.execute(
            update(links)
            .where(links.c.dataset == bindparam("of"), links.c.url == bindparam("at"))
            .values(**named),
            rows,
        )


def of_dataset(db: Connection, id: DatasetId) -> list[Watched]:
    """The links of an entry, by address."""
    rows = db.execute(select(links).where(links.c.dataset == id).order_by(links.c.url))
    return [_watched(row) for row in rows]


def copies(db: Connection) -> set[Digest]:
    """Digests of all copies that a link names."""
    return {
        Digest(one) for one in db.scalars(select(links.c.copy).where(links.c.copy.is_not(None)))
    }


def failing(db: Connection, ids: Sequence[DatasetId]) -> dict[DatasetId, list[Watched]]:
    """The links of these entries that failed at least twice."""
    query = select(links).where(links.c.dataset.in_(ids), links.c.failures >= 2)
    found: dict[DatasetId, list[Watched]] = {}
    for row in db.execute(query.order_by(links.c.failing_since)):
        found.setdefault(DatasetId(row.dataset), []).append(_watched(row))
    return found


def _watched(row: Any) -> Watched:
    values = {name: getattr(row, name) for name in Watched.__dataclass_fields__}
    return Watched(**values)
