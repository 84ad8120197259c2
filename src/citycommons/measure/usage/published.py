"""The city's own usage as a dataset like any other: months that are over, as everybody sees them.

Versions stay for ever, so there is a new one for a month and none for a day: two versions of one
month would tell what a day in between brought. Reading the dataset is a use of it and is counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa

from citycommons import __version__
from citycommons.core.counting import Metric
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    ActorKind,
    Channel,
    DatasetId,
    Provenance,
    Publisher,
    PublisherId,
    Use,
    Version,
)
from citycommons.measure.usage.cells import (
    METHODS,
    Cell,
    counted_in,
    end_of,
    month_of,
    months_before,
    seen,
    shown,
)
from citycommons.measure.usage.meaning import described
from citycommons.measure.usage.small import told_apart
from citycommons.share import publish
from citycommons.store import catalogue, usage_sums
from citycommons.store.usage_sums import Summed, Wanted
from citycommons.store.work import City, Work

ID = DatasetId("usage-of-this-portal")
_KINDS = len(Channel) * 30  # doors times formats, at least
_SETTLED = timedelta(hours=1)  # after midnight, by which the last hits of a month are counted
_SUMS = (Metric.UNIQUE_INVESTIGATIONS, Metric.UNIQUE_REQUESTS)

Row = tuple[date, str, str, str, str, str, str, int]
_tried: dict[str, date] = {}


def publish_due(city: City) -> Version | None:
    """Publish the months that are over, if there is one more; None where there is nothing new."""
    if not city.settings.publish_usage:
        return None
    month = month_of((city.clock() - _SETTLED).date())
    if _tried.get(str(city.engine.url)) == month:
        return None
    with city.work(SYSTEM, may_write=False) as work:
        latest = catalogue.version(work.db, ID)
        is_there = latest is not None and month_of((latest.created - _SETTLED).date()) >= month
        table = None if is_there else table_of(work, end_of(months_before(month, 1)))
    published = None
    if table is not None and table.num_rows:
        published = _published(city, table)
    _tried[str(city.engine.url)] = month
    return published


def _published(city: City, table: pa.Table) -> Version | None:
    dataset = described(ID, _publisher(city).id)
    steps = (f"counted by City Commons {__version__}, counts below five left out",)
    provenance = Provenance(received=city.clock(), steps=steps)
    prepared = publish.prepare(city.lake, dataset, table, provenance=provenance)
    with city.work(SYSTEM) as work:
        if (known := catalogue.find_dataset(work.db, ID)) is None:
            publish.describe(work, dataset)
        done = publish.publish(work, known or dataset, prepared)
    return done.version if done.is_new else None


def _publisher(city: City) -> Publisher:
    """The city itself; made where no publisher is a city."""
    with city.work(SYSTEM) as work:
        every = catalogue.publishers(work.db)
        ours = [one for one in every if one.kind is ActorKind.CITY] or every
        if ours:
            return min(ours, key=lambda one: one.id)
        made = Publisher(id=PublisherId("city"), name=city.settings.name, kind=ActorKind.CITY)
        catalogue.save_publisher(work.db, made)
        return made


def table_of(work: Work, last_day: date) -> pa.Table:
    """All months up to a day, of datasets that anyone may discover."""
    public = replace(work, actor=ANYONE)
    owners = seen(public)
    first_day = usage_sums.first_day(work.db) or last_day
    wanted = Wanted(first_day=month_of(first_day), last_day=last_day)
    uses = [
        one
        for one in usage_sums.uses(work.db, wanted, "channel", "format")
        if one.dataset in owners
    ]
    sessions = [one for one in usage_sums.sessions(work.db, wanted) if one.dataset in owners]
    cells = shown(counted_in(uses, sessions))
    rows = sorted(_rows(cells, uses, {str(id): str(owner) for id, owner in owners.items()}))
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)


SCHEMA = pa.schema(
    [
        ("month", pa.date32()),
        ("dataset", pa.string()),
        ("publisher", pa.string()),
        ("access_method", pa.string()),
        ("metric", pa.string()),
        ("channel", pa.string()),
        ("format", pa.string()),
        ("count", pa.int64()),
    ]
)


def _rows(cells: Iterable[Cell], uses: Iterable[Summed], owners: dict[str, str]) -> Iterator[Row]:
    by_cell: dict[tuple[object, ...], list[Summed]] = defaultdict(list)
    for use in uses:
        if method := METHODS.get(use.client):
            by_cell[use.dataset, use.day, method].append(use)
    for one in cells:
        begin = (one.first_day, str(one.dataset), owners[one.dataset], one.method.value)
        parts = by_cell[one.dataset, one.first_day, one.method]
        taken = [part for part in parts if part.use is Use.REQUEST]
        if one.investigations:
            yield from _told(begin, Metric.TOTAL_INVESTIGATIONS, parts if one.has_looks else taken)
        if one.requests:
            yield from _told(begin, Metric.TOTAL_REQUESTS, taken)
        for metric in _SUMS:
            if count := one.metric(metric):
                yield (*begin, metric.value, "", "", count)


def _told(
    begin: tuple[date, str, str, str], metric: Metric, parts: Iterable[Summed]
) -> Iterator[Row]:
    """A row for each door and format, and one of what is not told apart; they add up."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in parts:
        channel, format = one.apart
        counts[channel, format] += one.count
    apart = told_apart(counts, _KINDS)
    for (channel, format), count in apart.parts:
        yield (*begin, metric.value, channel, format, count)
    if apart.rest:
        yield (*begin, metric.value, "", "", apart.rest)
