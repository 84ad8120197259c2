"""A sensor's usual week, and each day as a share of it."""

import numpy as np

from citycommons.understand.cause.types import Bools, Floats, Ints, Panel

ALL_HOURS = np.ones(24, bool)
_GAP, _SETTLED = 14, 21  # days
_ENOUGH = 0.6  # of a day's usual traffic must have been counted
_ODD_LOW, _ODD_HIGH = 0.6, 1.5  # of the usual day, in the middle of all sensors: a holiday
_KINDS = np.array([0, 0, 0, 0, 1, 2, 3])  # Monday to Thursday, Friday, Saturday, Sunday


def days_before(counts: Floats, first: int) -> tuple[Ints, int]:
    """Days before `first` on which a sensor (days, 24) was counted, and the gap behind them.

    Days between a gap of two weeks or more and the event, if they are fewer than three weeks, are
    left out: what came back after such a gap need not be what had been counted before.
    """
    there = np.flatnonzero(np.isfinite(counts[: max(first, 0)]).sum(axis=1) >= 12)
    ends = np.append(there[1:], first) - there if len(there) else np.zeros(0, np.int64)
    for at in np.flatnonzero(ends > _GAP):
        if len(there) - 1 - at < _SETTLED:
            return there[: at + 1], int(ends[at] - 1)
    return there, int(ends[-1] - 1) if len(there) else first


def weekdays(panel: Panel) -> Ints:
    """Monday is 0, shape (days,)."""
    first = panel.first_day.weekday()
    return (first + np.arange(panel.values.shape[1])) % 7


def usual_week(counts: Floats, weekday: Ints, before: Bools) -> Floats:
    """Median count by kind of day and hour over the days `before`, shape (sensors, days, 24).

    NaN where an hour of a kind of day was never counted.
    """
    kinds = _KINDS[weekday]
    usual = np.full(counts.shape, np.nan)
    for kind in range(4):
        there = counts[:, before & (kinds == kind)]
        if there.shape[1]:
            usual[:, kinds == kind] = _median(there)[:, None, :]
    return usual


def shares(counts: Floats, usual: Floats, hours: Bools = ALL_HOURS) -> tuple[Floats, Floats]:
    """Each day's count over the usual one in these hours, and that usual count, (sensors, days).

    Only hours that were counted are compared; NaN where they make less than 60 % of a usual day.
    """
    due = np.where(np.isfinite(usual), usual, 0.0)[:, :, hours]
    seen = counts[:, :, hours]
    known = np.isfinite(seen) & (due > 0)
    counted = np.where(known, seen, 0.0).sum(axis=2)
    expected = np.where(known, due, 0.0).sum(axis=2)
    whole = due.sum(axis=2)
    enough = (expected >= _ENOUGH * whole) & (expected > 0)
    ratio = np.divide(counted, expected, out=np.full(counted.shape, np.nan), where=enough)
    return ratio, whole


def odd_days(ratio: Floats) -> Bools:
    """Days on which the middle sensor saw far less or more than usual: holidays, storms."""
    middle = _median(ratio)
    with np.errstate(invalid="ignore"):
        return (middle < _ODD_LOW) | (middle > _ODD_HIGH)


def _median(values: Floats) -> Floats:
    """Median without NaN along the first axis that varies; NaN where nothing is."""
    axis = 1 if values.ndim == 3 else 0
    nothing = ~np.isfinite(values).any(axis=axis)
    filled = np.where(np.expand_dims(nothing, axis), 0.0, values)
    return np.where(nothing, np.nan, np.nanmedian(filled, axis=axis))
