"""COUNTER's metrics of datasets in periods, exact: for reports, not for who looks at a page.

References
----------
COUNTER Code of Practice for Research Data 1.0.1, section 3.3: investigations are all looks at a
dataset or its description, requests among them are those that took data; unique ones count the
sessions in which it happened.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Literal

from citycommons.core.counting import Counted, Method, Metric
from citycommons.core.types import ClientKind, DatasetId, Use
from citycommons.store import usage
from citycommons.store.usage.batches import Counts, Sessions
from citycommons.store.work import Work

Grain = Literal["month", "day"]
WHOLE_CITY = DatasetId("")
"""Sessions that used anything; its totals are those of all datasets together."""

_METHODS = {ClientKind.PERSON: Method.REGULAR, ClientKind.MACHINE: Method.MACHINE}
_Plain = tuple[str, str, str, date]  # dataset, use, client, first day
_Key = tuple[DatasetId, date, Metric, Method]


def counted(
    work: Work,
    *,
    first_day: date,
    last_day: date,
    grain: Grain = "month",
    datasets: Collection[DatasetId] | None = None,
) -> tuple[Counted, ...]:
    """Each metric of each dataset by access method in the months or days of a period.

    Metrics of zero are left out, and so are unique ones of days on which sessions were not yet
    counted (before this release). Asks nobody's permission: who shows or sends it, decides what.
    `datasets` None are all; the whole city is `WHOLE_CITY`. Both days belong to the period.
    """
    wanted = None if datasets is None else {*datasets}
    is_city = wanted is not None and WHOLE_CITY in wanted
    uses, sessions = usage.by_period(
        work.db,
        first_day=first_day,
        last_day=last_day,
        is_monthly=grain == "month",
        datasets=None if is_city else wanted,
    )
    counts: Counter[_Key] = Counter()
    for dataset, use, client, day, count in uses:
        for id in _names(dataset, wanted, is_city):
            _add(counts, (id, day), use, client, count, unique=False)
    for dataset, use, client, day, count in sessions:
        if DatasetId(dataset) in wanted if wanted is not None else dataset:
            _add(counts, (DatasetId(dataset), day), use, client, count, unique=True)
    return tuple(
        _counted(key, count, grain, first_day, last_day) for key, count in sorted(counts.items())
    )


def metrics(days: Mapping[date, tuple[Counts, Sessions]], grain: Grain) -> tuple[Counted, ...]:
    """The same of days that stand in no table, over all datasets that are named there."""
    sums: tuple[Counter[_Plain], Counter[_Plain]] = (Counter(), Counter())
    for day, (uses, sessions) in days.items():
        begin = day.replace(day=1) if grain == "month" else day
        for key, count in uses.items():
            sums[0][key[0], key[2], key[4], begin] += count
        for (dataset, version, use, client), count in sessions.items():
            if dataset and not version:
                sums[1][dataset, use, client, begin] += count
    counts: Counter[_Key] = Counter()
    for is_unique, found in enumerate(sums):
        for (dataset, use, client, begin), count in found.items():
            of = (DatasetId(dataset), begin)
            _add(counts, of, use, client, count, unique=bool(is_unique))
    if not days:
        return ()
    first, last = min(days), max(days)
    return tuple(_counted(key, n, grain, first, last) for key, n in sorted(counts.items()))


def _names(dataset: str, wanted: set[DatasetId] | None, is_city: bool) -> list[DatasetId]:
    id = DatasetId(dataset)
    mine = [id] if wanted is None or id in wanted else []
    return [*mine, WHOLE_CITY] if is_city else mine


def _add(
    counts: "Counter[_Key]",
    of: tuple[DatasetId, date],
    use: str,
    client: str,
    count: int,
    *,
    unique: bool,
) -> None:
    """A request is an investigation, too; sessions are stored so already, uses are not."""
    if (method := _METHODS.get(ClientKind(client))) is None:
        return  # robots
    is_request = use == Use.REQUEST
    if unique:
        metric = Metric.UNIQUE_REQUESTS if is_request else Metric.UNIQUE_INVESTIGATIONS
        counts[(*of, metric, method)] += count
        return
    counts[(*of, Metric.TOTAL_INVESTIGATIONS, method)] += count
    if is_request:
        counts[(*of, Metric.TOTAL_REQUESTS, method)] += count


def _counted(key: _Key, count: int, grain: Grain, first_day: date, last_day: date) -> Counted:
    dataset, day, metric, method = key
    end = day.replace(day=monthrange(day.year, day.month)[1]) if grain == "month" else day
    return Counted(
        dataset=dataset,
        first_day=max(day, first_day),
        last_day=min(end, last_day),
        metric=metric,
        method=method,
        count=count,
    )
