"""What the platform knows of its own cost: acts and runs by count, stored bytes. No person."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, select

from citycommons.core.types import SYSTEM
from citycommons.store.tables import audit, runs, sources, versions


def acts(
    db: Connection, actions: Collection[str], since: datetime, until: datetime
) -> dict[tuple[str, str], int]:
    """How often people did each of these to each thing: (action, dataset or other id) → count.

    Acts of the program itself are no work of anybody. A version counts for its dataset.
    """
    query = (
        select(audit.c.action, audit.c.thing, func.count())
        .where(audit.c.action.in_(sorted(actions)), audit.c.actor != SYSTEM.id)
        # Times are ISO texts in UTC, so that their order is the order of time.
        .where(audit.c.time >= since.isoformat(), audit.c.time < until.isoformat())
        .group_by(audit.c.action, audit.c.thing)
    )
    found: Counter[tuple[str, str]] = Counter()
    for action, thing, count in db.execute(query):
        found[action, thing.partition("@")[0]] += int(count)
    return dict(found)


def outcomes(db: Connection, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """How often the sources ran: (source, outcome) → count."""
    query = select(runs.c.source, runs.c.outcome, func.count())
    query = query.where(runs.c.started >= since, runs.c.started < until)
    query = query.group_by(runs.c.source, runs.c.outcome)
    return {(source, outcome): int(count) for source, outcome, count in db.execute(query)}


def sources_of(db: Connection, publisher: str) -> dict[str, str | None]:
    """A publisher's sources, removed ones too, each with the dataset it brings."""
    query = select(sources.c.id, sources.c.body["dataset"].as_string())
    query = query.where(sources.c.publisher == publisher)
    return {id: dataset or None for id, dataset in db.execute(query)}


def stored(db: Connection) -> dict[str, int]:
    """Bytes of each dataset's files in the lake, a file of several versions once."""
    each = (
        select(
            versions.c.dataset,
            versions.c.file,
            func.max(cast(versions.c.body["bytes"].as_string(), BigInteger)).label("bytes"),
        )
        .group_by(versions.c.dataset, versions.c.file)
        .subquery()
    )
    query = select(each.c.dataset, func.sum(each.c.bytes)).group_by(each.c.dataset)
    return {dataset: int(size or 0) for dataset, size in db.execute(query)}
