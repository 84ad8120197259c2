"""Which counters to trust, and what each counts on a usual day: faults are listed with reasons.

Counts arrive as they were measured: loops overflow, freeze, fall silent, are renumbered. A day on
which a counter is at fault is left out; a counter at fault too often is left out whole. The usual
flow is the median of what is left, so that works, holidays that no calendar knows and faults that
no rule finds move it little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citycommons.act.network.types import Floats

Flags = NDArray[np.bool_]

_DAY = slice(6, 21)  # hours in which a street of a city is never empty
_FEWEST_DAYS = 10
_SILENT_SHARE = 0.5  # of days
_FROZEN_HOURS = 5  # the same count of 5 or more vehicles in so many hours running
_FROZEN_SHARE = 0.2
_LEVELS = 2.0  # factor between the usual day of the first and of the second half
_SPIKE = 4.0  # times the 98th percentile of its own counts
_LIKE_OTHERS = 0.6  # correlation of its day with the day of all others


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Hourly counts: NaN where nothing was delivered or the delivery is marked as doubtful."""

    ids: tuple[str, ...]
    flow: Floats  # (k, days, 24), the city's clock
    days: NDArray[np.datetime64]  # (days,) datetime64[D]


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """What is left of a series."""

    series: Series  # counters that are trusted, their bad days NaN
    left_out: tuple[str, ...]  # "id: reason"
    masked_days: int  # counter-days that were left out of trusted counters


def screen(series: Series, usual: Flags) -> Screened:
    """Leave out what cannot be traffic.

    Parameters
    ----------
    usual
        (days,) days that are alike, such as working days in term: levels are compared on these.
    """
    flow = series.flow.copy()
    before = np.asarray(np.isfinite(flow).any(axis=2))
    flow[_spikes(flow)] = np.nan
    silent, frozen = _silent(flow), _frozen(flow)
    there = np.asarray(np.isfinite(flow[:, :, _DAY]).any(axis=2))
    said = _reasons(series.ids, flow, usual, there, silent, frozen)
    flow[np.asarray(silent | frozen)] = np.nan
    kept = np.array([at for at, one in enumerate(series.ids) if one not in said], np.int64)
    masked = before[kept] & ~np.isfinite(flow[kept]).any(axis=2)
    return Screened(
        Series(tuple(series.ids[at] for at in kept), flow[kept], series.days),
        tuple(f"{id}: {said[id]}" for id in series.ids if id in said),
        int(masked.sum()),
    )


def typical(series: Series, days: Flags, hour: int) -> tuple[Floats, Floats]:
    """Median flow (k,) of these days at this hour, and the standard error of that median.

    NaN for a counter with fewer than three such hours. The spread is 1.4826 median absolute
    deviations; a median's standard error is 1.2533 times that of a mean (normal counts).
    """
    import warnings

    cells = series.flow[:, days, hour]
    there = np.isfinite(cells).sum(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rows without any value give NaN
        middle = np.nanmedian(cells, axis=1)
        away = 1.4826 * np.nanmedian(np.abs(cells - middle[:, None]), axis=1)
    error = 1.2533 * away / np.sqrt(np.maximum(there, 1))
    few = there < 3
    return np.where(few, np.nan, middle), np.where(few, np.nan, error)


def _spikes(flow: Floats) -> Flags:
    """Counts far above all others of the same counter, or below zero: overflows."""
    high = np.array([_percentile(one, 98) for one in flow.reshape(len(flow), -1)])
    with np.errstate(invalid="ignore"):
        return np.asarray((flow > _SPIKE * np.maximum(high, 50)[:, None, None]) | (flow < 0))


def _percentile(values: Floats, at: float) -> float:
    there = values[np.isfinite(values)]
    return float(np.percentile(there, at)) if len(there) else 0.0


def _silent(flow: Floats) -> Flags:
    """Counter-days whose every delivered hour of the day is zero."""
    day = flow[:, :, _DAY]
    return np.asarray(
        (np.nan_to_num(day).sum(axis=2) == 0) & np.isfinite(day).any(axis=2), np.bool_
    )


def _frozen(flow: Floats) -> Flags:
    """Counter-days with the same count (of 5 and more) in many hours running."""
    same = (flow[:, :, 1:] == flow[:, :, :-1]) & (flow[:, :, 1:] >= 5)
    found = np.zeros(flow.shape[:2], np.bool_)
    run = np.zeros(flow.shape[:2], np.int16)
    for hour in range(same.shape[2]):
        run = np.where(same[:, :, hour], run + 1, 0)
        found |= run >= _FROZEN_HOURS - 1
    return found


def _reasons(
    ids: tuple[str, ...], flow: Floats, usual: Flags, there: Flags, silent: Flags, frozen: Flags
) -> dict[str, str]:
    said: dict[str, str] = {}
    good = np.where((silent | frozen)[:, :, None], np.nan, flow)
    sums = np.where(
        np.isfinite(good[:, :, _DAY]).all(axis=2),
        np.nan_to_num(good[:, :, _DAY]).sum(axis=2),
        np.nan,
    )
    shape = _shape(good[:, usual])
    everybody = _middle(shape / np.maximum(shape.sum(axis=1, keepdims=True), 1e-9))
    for at, id in enumerate(ids):
        days = int(there[at].sum())
        fine = sums[at, usual]
        fine = fine[np.isfinite(fine)]
        if days and silent[at].sum() > _SILENT_SHARE * days:
            said[id] = f"silent all day on {int(silent[at].sum())} of {days} days"
        elif days and frozen[at].sum() > _FROZEN_SHARE * days:
            said[id] = f"frozen on the same count on {int(frozen[at].sum())} of {days} days"
        elif len(fine) < _FEWEST_DAYS:
            said[id] = f"only {len(fine)} whole usual days, {_FEWEST_DAYS} are needed"
        elif why := _moved(fine):
            said[id] = why
        elif _correlation(shape[at], everybody) < _LIKE_OTHERS:
            said[id] = "its hours do not follow the day of the other counters"
    return said


def _moved(sums: Floats) -> str:
    half = len(sums) // 2
    first, second = float(np.median(sums[:half])), float(np.median(sums[half:]))
    low, high = sorted((first, second))
    if high > _LEVELS * max(low, 1.0):
        return (
            f"its usual day went from {first:.0f} to {second:.0f} vehicles: renumbered, moved, or "
            "the street changed"
        )
    return ""


def _shape(flow: Floats) -> Floats:
    """Mean flow by hour, (k, 24); 0 where nothing is known."""
    there = np.isfinite(flow)
    return np.asarray(np.where(there, flow, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))


def _middle(shapes: Floats) -> Floats:
    used = shapes[shapes.sum(axis=1) > 0]
    return np.median(used, axis=0) if len(used) else np.zeros(shapes.shape[1])


def _correlation(one: Floats, other: Floats) -> float:
    if one.std() == 0 or other.std() == 0:
        return 1.0 if other.std() == 0 else 0.0
    return float(np.corrcoef(one, other)[0, 1])
