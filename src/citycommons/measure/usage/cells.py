"""Counted uses of datasets by month or day, as the house knows them and as everybody may.

References
----------
COUNTER: Code of Practice for Research Data, release 1.0.1, sections 3.3 (metrics) and 7 (counting).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Literal

from citycommons.core.counting import Method, Metric
from citycommons.core.types import (
    Access,
    ActorKind,
    ClientKind,
    DatasetId,
    PublisherId,
    Use,
)
from citycommons.govern.access import Action, allows, visible_publishers
from citycommons.measure.usage import months as by_month
from citycommons.measure.usage.small import LEAST, shown_pair
from citycommons.store import usage_sums
from citycommons.store.usage_sums import Summed, Wanted
from citycommons.store.work import Work

METHODS = {ClientKind.PERSON: Method.REGULAR, ClientKind.MACHINE: Method.MACHINE}
Grain = Literal["month", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Uses of a dataset in a month (or on a day) by one access method; COUNTER's four metrics."""

    dataset: DatasetId
    first_day: date
    method: Method
    investigations: int = 0  # requests are among them
    requests: int = 0
    unique_investigations: int = 0  # sessions
    unique_requests: int = 0
    is_whole: bool = True  # else something small was left out
    has_looks: bool = True  # else all that is shown are requests
    has_unique_looks: bool = True

    def metric(self, one: Metric) -> int:
        """The count of a metric."""
        return {
            Metric.TOTAL_INVESTIGATIONS: self.investigations,
            Metric.UNIQUE_INVESTIGATIONS: self.unique_investigations,
            Metric.TOTAL_REQUESTS: self.requests,
            Metric.UNIQUE_REQUESTS: self.unique_requests,
        }[one]


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def end_of(day: date, grain: Grain = "month") -> date:
    """The last day of what begins on this day."""
    if grain == "day":
        return day
    return month_of(day.replace(day=1) + timedelta(days=31)) - timedelta(days=1)


def months_before(month: date, count: int) -> date:
    """The first day of the month that many months earlier."""
    year, place = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(year, place + 1, 1)


def seen(
    work: Work, *, publisher: PublisherId | None = None, source: str = ""
) -> dict[DatasetId, PublisherId]:
    """Datasets that the actor may discover, with whose they are, narrowed down.

    `source` is the address of what they are copies of, or the beginning of such addresses.
    """
    actor = work.actor
    if actor.scopes is not None and Action.DISCOVER.value not in actor.scopes:
        return {}
    open_to = [Access.PUBLIC]
    if actor.kind is not ActorKind.ANYONE:
        open_to.append(Access.RESTRICTED)
    return usage_sums.owners(
        work.db,
        open_to=open_to,
        publishers=visible_publishers(actor),
        publisher=publisher,
        source=source,
    )


def sees_all(work: Work, publisher: PublisherId | None = None) -> bool:
    """Whether the actor may see small counts, too: the publisher's people, or the city's."""
    return allows(work.actor, Action.READ_LEDGER, publisher)


def exact_cells(
    work: Work,
    first_day: date,
    last_day: date,
    *,
    datasets: Collection[DatasetId] | None = None,
    grain: Grain = "month",
    with_sessions: bool = True,
) -> tuple[Cell, ...]:
    """Cells with any use, by dataset, time and method; robots are in none. Asks nobody's leave."""
    wanted = Wanted(
        first_day=first_day, last_day=last_day, datasets=datasets, by_day=grain == "day"
    )
    sessions = by_month.sessions(work, wanted) if with_sessions else ()
    return counted_in(by_month.uses(work, wanted), sessions)


def counted_in(uses: Iterable[Summed], sessions: Iterable[Summed]) -> tuple[Cell, ...]:
    """The cells of uses and sessions, exactly."""
    totals: dict[tuple[DatasetId, date, Method], Counter[Use]] = defaultdict(Counter)
    uniques: dict[tuple[DatasetId, date, Method], Counter[Use]] = defaultdict(Counter)
    for found, kept in ((uses, totals), (sessions, uniques)):
        for one in found:
            if method := METHODS.get(one.client):
                kept[one.dataset, one.day, method][one.use] += one.count
    return tuple(
        Cell(
            dataset=dataset,
            first_day=day,
            method=method,
            investigations=totals[key].total(),
            requests=totals[key][Use.REQUEST],
            unique_investigations=uniques[key][Use.INVESTIGATION],
            unique_requests=uniques[key][Use.REQUEST],
        )
        for key in sorted({*totals, *uniques})
        for dataset, day, method in [key]
    )


def cells_of(
    work: Work,
    first_day: date,
    last_day: date,
    *,
    datasets: Collection[DatasetId] | None = None,
    grain: Grain = "month",
    exact: bool = False,
    with_sessions: bool = True,
) -> tuple[Cell, ...]:
    """Cells as everybody may see them, or `exact` ones; without sessions it takes half the time.

    Months are whole ones: part of a month beside the whole would tell of small rests.
    """
    whole = month_of(first_day), end_of(last_day)
    get = partial(exact_cells, work, datasets=datasets, with_sessions=with_sessions)
    if exact:
        return get(*((first_day, last_day) if grain == "day" else whole), grain=grain)
    months = shown(get(*whole))
    return months if grain == "month" else in_fives(get(first_day, last_day, grain="day"), months)


def shown(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """The same months as everybody may see them; what is too small to be shown is nought."""
    return tuple(map(_shown, cells))


def _shown(cell: Cell) -> Cell:
    investigations, requests = shown_pair(cell.investigations, cell.requests)
    looked, took = shown_pair(cell.unique_investigations, cell.unique_requests)
    made = replace(
        cell,
        investigations=investigations,
        requests=requests,
        unique_investigations=looked,
        unique_requests=took,
    )
    return replace(
        made,
        is_whole=made == cell,
        has_looks=investigations == cell.investigations,
        has_unique_looks=looked == cell.unique_investigations,
    )


def in_fives(days: Iterable[Cell], months: Iterable[Cell]) -> tuple[Cell, ...]:
    """Days rounded down to fives, made of no more than what their months show."""
    return tuple(
        replace(
            one,
            investigations=_fives(one.investigations),
            requests=_fives(one.requests),
            unique_investigations=_fives(one.unique_investigations),
            unique_requests=_fives(one.unique_requests),
        )
        for one in days_within(days, months)
    )


def days_within(days: Iterable[Cell], months: Iterable[Cell]) -> tuple[Cell, ...]:
    """Days without what their months leave out; nobody is shown them as they are."""
    shown_months = {(one.dataset, one.first_day, one.method): one for one in months}
    found = []
    for one in days:
        month = shown_months[one.dataset, month_of(one.first_day), one.method]
        looks = one.investigations if month.has_looks else one.requests
        looked = one.unique_investigations if month.has_unique_looks else one.unique_requests
        made = replace(
            one,
            investigations=looks if month.investigations else 0,
            requests=one.requests if month.requests else 0,
            unique_investigations=looked if month.unique_investigations else 0,
            unique_requests=one.unique_requests if month.unique_requests else 0,
            is_whole=False,
        )
        found.append(made)
    return tuple(found)


def _fives(count: int) -> int:
    return count // LEAST * LEAST


def robots(uses: Iterable[Summed], *, exact: bool = False) -> int:
    """Uses by robots, by month and dataset, added up; small ones are left out unless `exact`."""
    months: Counter[tuple[DatasetId, date]] = Counter()
    for one in uses:
        if one.client is ClientKind.ROBOT:
            months[one.dataset, one.day] += one.count
    return sum(count for count in months.values() if exact or count >= LEAST)
