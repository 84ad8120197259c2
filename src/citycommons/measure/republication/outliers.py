"""Counts that are far from all that is known: shown apart, until a person accepts them.

A copy's count of a period is an outlier when it is more than 20 times what the origin itself was
used in that period, or more than 10 times the median of the copy's other periods of the same
length. The median, because one wild month in the past would lift a mean and hide the next one (its
breakdown point is one half). A median of fewer than three periods says nothing, and numbers up to
100 are never outliers: with few uses, factors are chance. Once a person accepted a period's number,
counts up to it are taken as they come.

References
----------
Rousseeuw, Hubert: Robust statistics for outlier detection, WIREs Data Mining 1 (2011) 73–79.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from statistics import median

from citycommons.core.copies import Copy, CopyCount, CopyId
from citycommons.core.counting import Metric
from citycommons.core.types import DatasetId
from citycommons.measure.usage import REGULAR
from citycommons.store import copies as rows
from citycommons.store import usage
from citycommons.store.copies import Period
from citycommons.store.work import Work

TIMES_ORIGIN = 20
TIMES_MEDIAN = 10
LEAST = 100  # uses in a period; so many are never an outlier
FEWEST_PERIODS = 3

_TOTALS = (Metric.TOTAL_INVESTIGATIONS, Metric.TOTAL_REQUESTS)


def is_outlier(uses: int, *, origin: int, others: Sequence[int], accepted: int = 0) -> bool:
    """Whether a period's uses are far from the origin's own and from the copy's other periods."""
    if uses <= max(LEAST, accepted):
        return False
    if uses > TIMES_ORIGIN * origin:
        return True
    return len(others) >= FEWEST_PERIODS and uses > TIMES_MEDIAN * median(others)


def uses_of(found: Iterable[CopyCount]) -> int:
    """The uses that one period's counts stand for: investigations, of which requests are a part.

    A portal that tells requests alone has at least so many uses.
    """
    sums: dict[Metric, int] = defaultdict(int)
    for one in found:
        sums[one.metric] += one.count
    return max((sums[metric] for metric in _TOTALS), default=0)


def marked(work: Work, copies: Collection[Copy], found: Sequence[CopyCount]) -> list[CopyCount]:
    """The same counts, those of outlying periods marked; to be called before they are kept.

    `found` may speak of any of the `copies`. Two statements, however many counts.
    """
    if not found:
        return []
    of = {one.id: one for one in copies}
    given = _uses(found)
    known = [*rows.counts(work.db, of), *rows.counts(work.db, of, is_daily=True)]
    alike: dict[tuple[CopyId, bool], dict[Period, int]] = defaultdict(dict)
    for (id, period), uses in (_uses(known) | given).items():
        alike[id, period.is_day][period] = uses
    origin = _origin(work, {one.dataset for one in copies}, {period for _, period in given})
    wrong = {
        (id, period)
        for (id, period), uses in given.items()
        if uses > LEAST
        and is_outlier(
            uses,
            origin=origin[of[id].dataset, period],
            others=[n for p, n in alike[id, period.is_day].items() if p != period],
            accepted=of[id].accepted,
        )
    }
    return [replace(one, is_outlier=(one.copy, _period(one)) in wrong) for one in found]


def _period(one: CopyCount) -> Period:
    return Period(first_day=one.first_day, last_day=one.last_day)


def _uses(found: Iterable[CopyCount]) -> dict[tuple[CopyId, Period], int]:
    kept: dict[tuple[CopyId, Period], list[CopyCount]] = defaultdict(list)
    for one in found:
        kept[one.copy, _period(one)].append(one)
    return {key: uses_of(counts) for key, counts in kept.items()}


def _origin(
    work: Work, datasets: Collection[DatasetId], periods: Collection[Period]
) -> dict[tuple[DatasetId, Period], int]:
    """What the origin counted itself of each dataset in each period."""
    since = min(one.first_day for one in periods)
    by_day = usage.totals(
        work.db, "dataset", "day", since=since, datasets=datasets, clients=REGULAR
    )
    found: dict[tuple[DatasetId, Period], int] = defaultdict(int)
    for period in periods:
        for (id, day), count in by_day:
            if period.first_day <= day <= period.last_day:
                found[DatasetId(id), period] += count
    return found
