"""Münster's clock against UTC, without a time-zone database on the machine.

Central European time is one hour before UTC, two between the last Sundays of March and October,
with changes at 1:00 UTC (Directive 2000/84/EC, in force for all years of these data).
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.datetime64]
Bools = npt.NDArray[np.bool_]

_HOUR = np.timedelta64(1, "h")


def last_sunday(year: int, month: int) -> date:
    """The last Sunday of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def midnight(day: date) -> datetime:
    """The moment a day begins in Münster, in UTC."""
    is_summer = last_sunday(day.year, 3) < day <= last_sunday(day.year, 10)
    hours = 2 if is_summer else 1
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=hours)


def to_utc(local: Times, is_second: Bools | None = None) -> tuple[Times, Bools, Bools]:
    """Clock times as UTC; which of them the clock leaves out in spring; which it shows twice.

    A time shown twice counts as the first, summer one, except where `is_second`. One left out
    counts as if the clock had not been changed. Arrays of shape (times,), datetime64[us].
    """
    utc = (local - _HOUR).astype("datetime64[us]")
    left_out = np.zeros(len(local), np.bool_)
    twice = np.zeros(len(local), np.bool_)
    if not len(local):
        return utc, left_out, twice
    first, last = local.min().astype(object).year, local.max().astype(object).year
    for year in range(first, last + 1):
        spring = np.datetime64(last_sunday(year, 3), "us") + 2 * _HOUR
        autumn = np.datetime64(last_sunday(year, 10), "us") + 3 * _HOUR
        left_out |= (local >= spring) & (local < spring + _HOUR)
        again = (local >= autumn - _HOUR) & (local < autumn)
        summer = (local >= spring + _HOUR) & (local < autumn)
        if is_second is not None:
            summer &= ~(again & is_second)
        twice |= again
        utc[summer] -= _HOUR
    return utc, left_out, twice
