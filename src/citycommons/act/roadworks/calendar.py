"""Dates that harm least: several works, each with its length and its window, on one calendar.

Works that are open together can cost more than apart (the detour of one is the street of the
other) or less (one queue behind the other). What each costs, and what each two cost together, is
solved once; dates are then sought over the whole calendar; what the found calendar really costs is
solved again with all works of a day together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import partial
from itertools import combinations
from typing import Protocol, TypeVar

import numpy as np

from citycommons.act.model.types import DayType, TrafficModel
from citycommons.act.network.types import Floats
from citycommons.act.roadworks import changes, draws, facts, search_dates, solving
from citycommons.act.roadworks.bases import KEPT
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import Days, by_weekday, hours
from citycommons.act.roadworks.response import level
from citycommons.act.roadworks.search_dates import Span, Starts
from citycommons.act.roadworks.solving import Solver
from citycommons.core.errors import Invalid, TooMuch

_MOST_JOBS, _LONGEST = 60, 1100  # days
_LEVELS = (1.0, 0.65, 0.3)
_GAP = 1e-5  # total time is off by less than that share of itself
_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


class Spread(Protocol):
    """One function over many items: `work.spread`, or all in this process."""

    def __call__(
        self, function: Callable[[_Item], _Found], items: Iterable[_Item]
    ) -> list[_Found]: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """Works whose dates are sought: how long they take, and within which window."""

    name: str
    effects: Effects
    days: int  # calendar days from the first to the last
    earliest: date
    latest: date  # the last day on which they may still be open
    wanted: date  # the first day as it is planned now
    weekdays: frozenset[int] = frozenset(range(7))
    opens: time = time(0)
    closes: time | None = None
    after: tuple[str, ...] = ()  # names of works that have to be over before


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Works that are open on the same days, and what that does."""

    names: tuple[str, ...]
    days: int
    delay: float  # vehicle-hours of one such day, together
    apart: float  # the same if each were there alone
    more: float  # delay / apart - 1: 0.4 is 40 % more


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """One calendar: the first day of each, what it costs, and who is open with whom."""

    first_days: Mapping[str, date]
    delay: float  # vehicle-hours in all
    together: tuple[Together, ...]  # what costs most first


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The calendar as planned, a better one, and how much was solved for it."""

    planned: Dates
    better: Dates
    saved: float  # vehicle-hours; 0 if nothing better was found
    scenarios: int
    notes: tuple[str, ...] = field(default=())


def search(
    model: TrafficModel,
    jobs: Sequence[Job],
    *,
    solver: Solver | None = None,
    spread: Spread | None = None,
    days: Days = by_weekday,
    seed: int = 0,
    accuracy: float = 0.02,
) -> Proposal:
    """Propose first days that cost drivers least, each within its window.

    Parameters
    ----------
    spread
        Runs scenarios, `work.spread` on all cores; without it they are solved here.

    Raises
    ------
    Invalid
        For works that do not fit into their window, or wait for one another in a circle.
    TooMuch
        For more than 60 works or three years.
    """
    _check(jobs)
    over = spread or _here
    solve = partial(
        _delay, model, solver or solving.own(), tuple(job.effects for job in jobs), accuracy
    )
    known = _solved(solve, len(jobs), over)
    first = min(job.earliest for job in jobs)
    count = (max(job.latest for job in jobs) - first).days + 1
    kinds = [days(first + timedelta(days=n)) for n in range(count)]
    alone, pairs = _day_costs(model, jobs, known, kinds, first)
    spans = _spans(jobs, first)
    wanted = np.array([(job.wanted - first).days for job in jobs])
    found = search_dates.best(spans, alone, pairs, wanted, seed=seed)
    exact = _Exact(model, jobs, kinds, first, known, solve, over)
    planned, better = exact.dates(wanted), exact.dates(found)
    if better.delay >= planned.delay:
        better = planned
    return Proposal(
        planned=planned,
        better=better,
        saved=planned.delay - better.delay,
        scenarios=len(known),
        notes=(
            "Delay is of expected circumstances, without the surplus of the first weeks, which "
            "is the same whenever works begin.",
        ),
    )


Scenario = tuple[tuple[int, ...], float]
"""Indices of works that are open together, and the level of traffic against the busiest hour."""


def _delay(
    model: TrafficModel,
    solver: Solver,
    all_effects: Sequence[Effects],
    accuracy: float,
    one: Scenario,
) -> float:
    """Vehicle-hours of one hour of the model's busiest period at this level."""
    which, scale = one
    together = changes.joined(*(all_effects[i] for i in which))
    draw = draws.middle(model.network.zones, facts.uncertainty())
    period = max(model.periods, key=lambda each: level(model, (each.day, each.hour)))
    name = (model.id, period.day, period.hour, "calendar", scale)
    before = KEPT.get(name, lambda: solving.base(solver, period, draw, scale))
    after = solving.after(solver, before, together, draw, accuracy=accuracy, gap=_GAP)
    return solving.outcome(solver, before, after).delay_h


def _solved(solve: Callable[[Scenario], float], jobs: int, over: Spread) -> dict[Scenario, float]:
    """Each work alone at some levels of traffic, and each two of them at the busiest."""
    asked: list[Scenario] = [((i,), scale) for i in range(jobs) for scale in _LEVELS]
    asked += [(pair, 1.0) for pair in combinations(range(jobs), 2)]
    return dict(zip(asked, over(solve, asked), strict=True))


def _growth(known: Mapping[Scenario, float], i: int, scale: float) -> float:
    """Delay at this level as a share of the busiest hour's; a line per trip between levels."""
    top = known[(i,), 1.0]
    if top == 0:
        return scale
    per_trip = [known[(i,), each] / each / top for each in _LEVELS]
    return float(scale * np.interp(scale, _LEVELS[::-1], per_trip[::-1]))


def _day_factor(
    model: TrafficModel, job: Job, kind: DayType, grow: Callable[[float], float]
) -> float:
    """What one day of this type costs, in busiest hours."""
    return sum(
        share * grow(_scale(model, kind, hour)) for hour, share in hours(job.opens, job.closes)
    )


def _scale(model: TrafficModel, kind: DayType, hour: int) -> float:
    """An hour's traffic as a share of the period that scenarios are solved for."""
    top = max(level(model, (each.day, each.hour)) for each in model.periods)
    return level(model, (kind, hour)) / top if top else 0.0


def _day_costs(
    model: TrafficModel,
    jobs: Sequence[Job],
    known: Mapping[Scenario, float],
    kinds: Sequence[DayType],
    first: date,
) -> tuple[Floats, dict[tuple[int, int], Floats]]:
    """Vehicle-hours of each work on each day, (jobs, days), and what two together add, (days,)."""
    types = sorted(set(kinds))
    open_on = np.array(
        [
            [(first + timedelta(days=n)).weekday() in job.weekdays for n in range(len(kinds))]
            for job in jobs
        ]
    )
    at = np.array([types.index(kind) for kind in kinds])

    def grown(i: int) -> Callable[[float], float]:
        return lambda scale: _growth(known, i, scale)

    factor = np.array(
        [[_day_factor(model, job, kind, grown(i)) for kind in types] for i, job in enumerate(jobs)]
    )
    alone = (
        np.array([known[(i,), 1.0] for i in range(len(jobs))])[:, None] * factor[:, at] * open_on
    )
    pairs = {}
    for i, j in combinations(range(len(jobs)), 2):
        extra = known[(i, j), 1.0] - known[(i,), 1.0] - known[(j,), 1.0]
        if abs(extra) > 1e-9:
            both = np.minimum(factor[i], factor[j])[at] * open_on[i] * open_on[j]
            pairs[i, j] = extra * both
    return alone, pairs


def _spans(jobs: Sequence[Job], first: date) -> tuple[Span, ...]:
    place = {job.name: i for i, job in enumerate(jobs)}
    return tuple(
        Span(
            days=job.days,
            earliest=(job.earliest - first).days,
            latest=(job.latest - first).days - job.days + 1,
            after=tuple(place[name] for name in job.after),
        )
        for job in jobs
    )


@dataclass(eq=False)
class _Exact:
    """What a calendar costs with all works of each day solved together."""

    model: TrafficModel
    jobs: Sequence[Job]
    kinds: Sequence[DayType]
    first: date
    known: dict[Scenario, float]
    solve: Callable[[Scenario], float]
    over: Spread

    def dates(self, starts: Starts) -> Dates:
        """The calendar that begins each work on its day, counted from the first."""
        groups = self._groups(starts)
        asked = [(which, 1.0) for which in groups if (which, 1.0) not in self.known]
        self.known.update(zip(asked, self.over(self.solve, asked), strict=True))
        told = [self._together(which, days) for which, days in groups.items()]
        whole = sum(
            self._day(which, kind) * count
            for which, days in groups.items()
            for kind, count in days.items()
        )
        return Dates(
            first_days={
                job.name: self.first + timedelta(days=int(start))
                for job, start in zip(self.jobs, starts, strict=True)
            },
            delay=whole,
            together=tuple(
                sorted(
                    (one for one in told if len(one.names) > 1),
                    key=lambda one: -one.delay * one.days,
                )
            ),
        )

    def _groups(self, starts: Starts) -> dict[tuple[int, ...], dict[DayType, int]]:
        found: dict[tuple[int, ...], dict[DayType, int]] = {}
        for n, kind in enumerate(self.kinds):
            weekday = (self.first + timedelta(days=n)).weekday()
            which = tuple(
                i
                for i, job in enumerate(self.jobs)
                if starts[i] <= n < starts[i] + job.days and weekday in job.weekdays
            )
            if which:
                days = found.setdefault(which, {})
                days[kind] = days.get(kind, 0) + 1
        return found

    def _day(self, which: tuple[int, ...], kind: DayType) -> float:
        """Vehicle-hours of a day with these works: each by its own hours, and what they share."""
        each = {i: self._own(i, kind) for i in which}
        whole = sum(self.known[(i,), 1.0] * factor for i, factor in each.items())
        if len(which) < 2:
            return whole
        extra = self.known[which, 1.0] - sum(self.known[(i,), 1.0] for i in which)
        return whole + extra * min(each.values())

    def _own(self, i: int, kind: DayType) -> float:
        return _day_factor(
            self.model, self.jobs[i], kind, lambda scale: _growth(self.known, i, scale)
        )

    def _together(self, which: tuple[int, ...], days: Mapping[DayType, int]) -> Together:
        kind = max(days, key=lambda each: (days[each], each.value))
        apart = sum(self.known[(i,), 1.0] * self._own(i, kind) for i in which)
        delay = self._day(which, kind)
        return Together(
            names=tuple(self.jobs[i].name for i in which),
            days=sum(days.values()),
            delay=delay,
            apart=apart,
            more=delay / apart - 1 if apart else 0.0,
        )


def _here(function: Callable[[_Item], _Found], items: Iterable[_Item]) -> list[_Found]:
    return [function(one) for one in items]


def _check(jobs: Sequence[Job]) -> None:
    if not 1 <= len(jobs) <= _MOST_JOBS:
        raise TooMuch(f"Dates are sought for 1 to {_MOST_JOBS} works at once, not {len(jobs)}.")
    names = {job.name for job in jobs}
    if len(names) < len(jobs):
        raise Invalid("Two works have the same name; name each so that the calendar can tell them.")
    for job in jobs:
        room = (job.latest - job.earliest).days + 1
        if not 1 <= job.days <= room:
            raise Invalid(
                f"“{job.name}” takes {job.days} days, and its window from {job.earliest} to "
                f"{job.latest} has {room}. Widen the window."
            )
        if not job.earliest <= job.wanted <= job.latest - timedelta(days=job.days - 1):
            raise Invalid(f"“{job.name}” is planned from {job.wanted}, outside of its window.")
        if unknown := set(job.after) - names:
            raise Invalid(f"“{job.name}” waits for “{unknown.pop()}”, which is not in this search.")
    if (max(j.latest for j in jobs) - min(j.earliest for j in jobs)).days > _LONGEST:
        raise TooMuch("Dates are sought within three years at once; search a shorter calendar.")
