"""What each hour of the calendar costs: a few periods stand for all, at their level of traffic.

Hours of one day type differ mainly in how much traffic there is. So delay is solved for some
periods of the model at some levels of demand, and read off between them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from citycommons.act.model.types import DayType, Period, TrafficModel
from citycommons.act.roadworks.days import Occasion
from citycommons.core.errors import Invalid

_PERIODS = 5  # solved for each phase
_LEVELS = (1.0, 0.65, 0.3)  # of the busiest hour that a period stands for
_DAYS = tuple(DayType)

Hour = tuple[DayType, int]


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """The period that stands for an hour, and the hour's traffic as a share of the period's."""

    period: Period
    scale: float


def stand(model: TrafficModel, hour: Hour, among: Sequence[Period] = ()) -> Stand:
    """The period nearest to an hour: of its own day type if there is one, then by the clock.

    Raises `Invalid` for a model without periods.
    """
    known = among or model.periods
    if not known:
        raise Invalid("The traffic model has no hour with a base. Build it again from counts.")
    day, clock = hour
    period = min(known, key=lambda one: (one.day is not day, _apart(one.hour, clock), one.hour))
    if period.day is day and period.hour == clock:
        return Stand(period, 1.0)
    own = level(model, (period.day, period.hour))
    return Stand(period, level(model, hour) / own if own > 0 else 1.0)


def level(model: TrafficModel, hour: Hour) -> float:
    """Traffic of an hour as a share of the busiest hour."""
    return float(model.day_shape[_DAYS.index(hour[0]), hour[1]])


def busiest(model: TrafficModel, occasions: Sequence[Occasion]) -> Hour:
    """The hour with most traffic among these; the earliest of equals."""
    one = max(occasions, key=lambda each: (level(model, (each.day, each.hour)), -each.hour))
    return one.day, one.hour


def profile(
    model: TrafficModel,
    occasions: Sequence[Occasion],
    delay_at: Callable[[Period, float], float],
) -> dict[Hour, float]:
    """Vehicle-hours of each hour: `delay_at` solves a period at a scale of its demand."""
    chosen = _representatives(model, occasions)
    stands = {(one.day, one.hour): stand(model, (one.day, one.hour), chosen) for one in occasions}
    found: dict[Hour, float] = {}
    for period in chosen:
        own = {hour: one.scale for hour, one in stands.items() if one.period is period}
        found |= _read_off(own, lambda scale, period=period: delay_at(period, scale))  # type: ignore[misc]
    return found


def _representatives(model: TrafficModel, occasions: Sequence[Occasion]) -> tuple[Period, ...]:
    """The periods that carry most of the traffic of these hours."""
    weight: dict[int, float] = {}
    for one in occasions:
        hour = one.day, one.hour
        period = stand(model, hour).period
        weight[id(period)] = weight.get(id(period), 0.0) + one.count * level(model, hour)
    order = sorted(
        (period for period in model.periods if id(period) in weight),
        key=lambda period: -weight[id(period)],
    )
    return tuple(order[:_PERIODS])


def _read_off(
    scales: Mapping[Hour, float], delay_at: Callable[[float], float]
) -> dict[Hour, float]:
    """Delay per trip between solved levels as a straight line; below the lowest it stays."""
    if not scales:
        return {}
    top = max(scales.values())
    if top <= 0:
        return dict.fromkeys(scales, 0.0)
    bottom = min(scales.values())
    levels = [top * share for share in _LEVELS if share == 1.0 or bottom < top * (share + 0.15)]
    per_trip = [delay_at(each) / each for each in levels]
    return {
        hour: float(scale * np.interp(scale, levels[::-1], per_trip[::-1]))
        for hour, scale in scales.items()
    }


def _apart(a: int, b: int) -> int:
    return min((a - b) % 24, (b - a) % 24)
