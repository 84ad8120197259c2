"""The copies of one dataset: where, since when, used how often each month, and how one knows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyId,
    CopyState,
    Portal,
    PortalId,
    Reading,
)
from citycommons.core.counting import Metric
from citycommons.core.types import DatasetId
from citycommons.govern.access import Action, allows
from citycommons.measure.republication.cumulative import resets
from citycommons.measure.republication.shown import SHOWN, certainty_of, is_confirmed
from citycommons.share import catalogue
from citycommons.store import copies as rows
from citycommons.store import copy_readings
from citycommons.store.copies import month
from citycommons.store.work import Work

MOST = 200  # copies of one dataset that are told
MONTHS = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What is said of a copy's use in one month."""

    first_day: date
    investigations: int  # requests are among them
    requests: int
    certainty: Certainty
    is_outlier: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One copy with all that is known of its use."""

    copy: Copy
    portal: Portal
    months: tuple[Month, ...]  # latest first
    stands: tuple[Reading, ...]  # the last reading of each of the portal's own counters
    since: date | None  # the first day that is counted
    resets: tuple[date, ...]  # days on which a counter was found to have fallen

    @property
    def certainty(self) -> Certainty | None:
        """How its latest month is known; None where nothing is said."""
        return self.months[0].certainty if self.months else None


def of_dataset(work: Work, id: DatasetId) -> tuple[Copied, ...]:
    """Copies of a dataset, those most used last month first.

    Who may describe the dataset is also told of copies that are only announced or were refused.
    Raises `NotFound` where the actor may not know of the dataset.
    """
    dataset = catalogue.get(work, id)
    found: Sequence[Copy] = rows.copies_of(work.db, datasets=[id], limit=MOST)
    portals = rows.portals_of(work.db, {one.portal for one in found})
    if not allows(work.actor, Action.DESCRIBE, dataset):
        found = [one for one in found if one.state in SHOWN and not portals[one.portal].is_blocked]
    return _known(work, found, portals)


def of_copies(work: Work, found: Sequence[Copy]) -> tuple[Copied, ...]:
    """The same of these copies; whoever calls has asked whether the actor may see them."""
    return _known(work, found, rows.portals_of(work.db, {one.portal for one in found}))


def counts_of(work: Work, one: Copy) -> list[CopyCount]:
    """All counts of a copy, of months and of days."""
    return [*rows.counts(work.db, [one.id]), *rows.counts(work.db, [one.id], is_daily=True)]


def by_period(counts: Iterable[CopyCount]) -> dict[tuple[date, date], list[CopyCount]]:
    """Counts by the first and last day of their period."""
    found: dict[tuple[date, date], list[CopyCount]] = defaultdict(list)
    for one in counts:
        found[one.first_day, one.last_day].append(one)
    return found


def _known(
    work: Work, found: Sequence[Copy], portals: dict[PortalId, Portal]
) -> tuple[Copied, ...]:
    ids = [one.id for one in found]
    counts: dict[CopyId, list[CopyCount]] = defaultdict(list)
    for count in (*rows.counts(work.db, ids), *rows.counts(work.db, ids, is_daily=True)):
        counts[count.copy].append(count)
    readings: dict[CopyId, list[Reading]] = defaultdict(list)
    for reading in copy_readings.of_copies(work.db, ids):
        readings[reading.copy].append(reading)
    told = [_copied(one, portals[one.portal], counts[one.id], readings[one.id]) for one in found]
    return tuple(sorted(told, key=_last_use, reverse=True))


def _last_use(one: Copied) -> tuple[bool, int]:
    is_there = one.copy.state is not CopyState.GONE
    return is_there, one.months[0].investigations if one.months else -1


def _copied(
    one: Copy, portal: Portal, counts: Sequence[CopyCount], readings: Sequence[Reading]
) -> Copied:
    stands: dict[str, Reading] = {reading.word: reading for reading in readings}
    days = [count.first_day for count in counts] + [reading.day for reading in readings]
    return Copied(
        copy=one,
        portal=portal,
        months=_months(one, counts),
        stands=tuple(stands.values()),
        since=min(days, default=None),
        resets=_falls(readings),
    )


def _falls(readings: Sequence[Reading]) -> tuple[date, ...]:
    by_word: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for one in readings:
        by_word[one.word].append((one.read, one.value))
    found = {at.date() for kept in by_word.values() for at in resets(kept)}
    return tuple(sorted(found))


def _months(one: Copy, counts: Iterable[CopyCount]) -> tuple[Month, ...]:
    """By month; days are added up only where their month was not reported whole."""
    whole: dict[date, list[CopyCount]] = defaultdict(list)
    daily: dict[date, list[CopyCount]] = defaultdict(list)
    for count in counts:
        is_day = count.first_day == count.last_day
        (daily if is_day else whole)[month(count.first_day).first_day].append(count)
    told = {**daily, **whole}
    latest = sorted(told, reverse=True)[:MONTHS]
    return tuple(_month(one, first, told[first]) for first in latest)


def _month(one: Copy, first: date, counts: Sequence[CopyCount]) -> Month:
    sums = dict.fromkeys(Metric, 0)
    for count in counts:
        sums[count.metric] += count.count
    requests = sums[Metric.TOTAL_REQUESTS]
    said = max((count.certainty for count in counts), key=list(Certainty).index)
    certainty = certainty_of(said, one.state, is_confirmed=is_confirmed(one))
    return Month(
        first_day=first,
        investigations=max(requests, sums[Metric.TOTAL_INVESTIGATIONS]),
        requests=requests,
        certainty=certainty or said,
        is_outlier=any(count.is_outlier for count in counts),
    )
