"""Variants of works side by side, under the same circumstances run by run.

Two ranges that overlap say little about which variant is better, as both rise and fall with the
same demand. So differences are taken run by run (common random numbers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import Days, by_weekday
from citycommons.act.roadworks.forecast import forecast
from citycommons.act.roadworks.question import Options, Stage
from citycommons.act.roadworks.ranges import range_of
from citycommons.act.roadworks.solving import Solver
from citycommons.act.roadworks.types import Forecast, Range
from citycommons.core.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of the variants, and how it stands to the first one."""

    name: str
    forecast: Forecast
    unserved: float  # trips an hour without any way left, in the worst phase
    more_delay: Range  # vehicle-hours in the detailed hours, against the first variant
    is_better_in: float  # share of the runs in which it costs less than the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Variants in the order they were named, and the name of the least harmful one."""

    variants: tuple[Variant, ...]
    best: str  # fewest trips without a way, then least delay over the calendar


def compare(
    model: TrafficModel,
    variants: Mapping[str, Sequence[Stage] | Effects],
    options: Options | None = None,
    *,
    solver: Solver | None = None,
    others: Effects | None = None,
    days: Days = by_weekday,
    created: datetime | None = None,
) -> Comparison:
    """Forecast each variant under the same draws; the first one is what others are held against.

    Raises `Invalid` without any variant, and whatever a forecast raises.
    """
    if not variants:
        raise Invalid("There is nothing to compare. Name a variant or two.")
    told = {
        name: forecast(
            model, stages, options, solver=solver, others=others, days=days, created=created
        )
        for name, stages in variants.items()
    }
    return of_forecasts(told)


def of_forecasts(told: Mapping[str, Forecast]) -> Comparison:
    """The comparison of forecasts that were made with the same model, seed and runs.

    Raises `Invalid` if they were not: their runs would not be under the same circumstances.
    """
    if len({(one.model, one.seed, one.runs) for one in told.values()}) > 1:
        raise Invalid(
            "These forecasts differ in model, seed or runs, so they cannot be held against one "
            "another. Forecast them again with the same ones."
        )
    first = next(iter(told.values()))
    made = tuple(_variant(name, one, first) for name, one in told.items())
    best = min(made, key=lambda one: (round(one.unserved, 6), one.forecast.total_delay.middle))
    return Comparison(variants=made, best=best.name)


def _variant(name: str, one: Forecast, first: Forecast) -> Variant:
    own, theirs = _run_delays(one), _run_delays(first)
    apart = [a - b for a, b in zip(own, theirs, strict=True)]
    middle = _middle(one) - _middle(first)
    return Variant(
        name=name,
        forecast=one,
        unserved=max(sum(pair.trips for pair in hour.no_alternative) for hour in one.hours),
        more_delay=range_of(apart, middle),
        is_better_in=sum(each < 0 for each in apart) / len(apart) if apart else 0.0,
    )


def _run_delays(one: Forecast) -> list[float]:
    """Vehicle-hours of each run, all detailed hours together."""
    return [sum(each) for each in zip(*(hour.run_delays for hour in one.hours), strict=True)]


def _middle(one: Forecast) -> float:
    return sum(hour.delay.middle for hour in one.hours)
