"""Counts of months from a counter that only knows a sum since ever.

A month's count is what the sum grew by. Where two readings lie on both sides of a month's end, the
sum at midnight (UTC) is taken from the line between them, so that months add up to what was read.
A sum that falls was reset, or corrected: nothing is counted between those two readings, never less
than nothing, and never the uses of before a second time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise


def by_month(readings: Sequence[tuple[datetime, int]]) -> dict[date, int]:
    """Counts of months, by their first day, from what a cumulative counter stood at.

    A month is named when any of its time lies between two readings. Their sum is exactly what the
    counter grew by, falls left out.
    """
    counts: dict[date, int] = defaultdict(int)
    ordered = sorted(set(readings))
    for (before, low), (after, high) in pairwise(ordered):
        reached = low
        for first, end in _months(before, after):
            share = 1.0 if end >= after else (end - before) / (after - before)
            stands = high if share == 1.0 else low + int((high - low) * share)
            counts[first] += max(0, stands - reached) if high > low else 0
            reached = stands
    return dict(counts)


def _months(begin: datetime, end: datetime) -> Iterable[tuple[date, datetime]]:
    """Months that lie between two moments: the first day of each, and when it ends."""
    first = begin.astimezone(UTC).date().replace(day=1)
    while (start := datetime(first.year, first.month, 1, tzinfo=UTC)) < end:
        following = (first + timedelta(days=32)).replace(day=1)
        yield first, start.replace(year=following.year, month=following.month)
        first = following


def resets(readings: Sequence[tuple[datetime, int]]) -> list[datetime]:
    """When a counter was found to have fallen."""
    ordered = sorted(set(readings))
    return [at for (_, low), (at, high) in pairwise(ordered) if high < low]
