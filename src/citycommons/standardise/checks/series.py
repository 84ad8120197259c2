"""Checks of time series: gaps, sensors that stand still, values that leap.

A series is the rows with the same values in the columns of option `series`, in order of time.
Limits that nobody declared come from the data, by medians, so that faults do not set them.

References
----------
Iglewicz, B., Hoaglin, D. (1993): How to Detect and Handle Outliers. ASQC (median absolute
deviation). World Meteorological Organization (2021): Guidelines on Surface Station Data Quality
Control, WMO-No. 1269 (gaps, persistence, step tests).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.types import Rule
from citycommons.standardise.checks.kind import (
    Found,
    Kind,
    Known,
    codes,
    column,
    floats,
    names,
    option,
    seconds,
)

Floats = np.ndarray
_DURATION = re.compile(
    r"^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
)
_UNITS = (365.25 * 86400, 30.4375 * 86400, 7 * 86400, 86400, 3600, 60, 1)
_MOST_STILL, _MOST_ZEROS = 24, 240
_FACTOR = 30.0
_MAD = 1.4826  # of a normal distribution: standard deviation by median absolute deviation


@dataclass(slots=True)
class Ordered:
    """Rows by series and time: `rows[n]` of the table, `starts[n]` where another series begins."""

    rows: np.ndarray
    starts: np.ndarray
    series: np.ndarray  # number of the series of each row
    times: Floats  # seconds since 1970

    def of(self, values: pa.Array) -> Floats:
        """A column's values in this order, as numbers."""
        found = floats(values)
        is_same = len(self.rows) == len(found) and bool(np.all(np.diff(self.rows) == 1))
        return found if is_same else np.asarray(found[self.rows])


def ordered(table: pa.Table, time: str, series: list[str], known: Known) -> Ordered:
    """The rows by series and time; those without a time are left out."""
    key = ("ordered", time, *series)
    if key not in known.found:
        known.found[key] = _ordered(table, time, series)
    line: Ordered = known.found[key]
    return line


def _ordered(table: pa.Table, time: str, series: list[str]) -> Ordered:
    at = seconds(column(table, time))
    which = codes(table, series)
    rows = np.flatnonzero(~np.isnan(at))
    keys = which[rows]
    onward = np.diff(keys)
    is_ordered = bool(np.all((onward > 0) | ((onward == 0) & (np.diff(at[rows]) >= 0))))
    if not is_ordered:
        rows = rows[np.lexsort((at[rows], keys))]
        keys = which[rows]
    starts = np.ones(len(rows), bool)
    starts[1:] = keys[1:] != keys[:-1]
    return Ordered(rows.astype(np.int64), starts, keys, at[rows])


def step_of(line: Ordered) -> float | None:
    """The usual step in seconds: of at least three in five neighbours; None without a rhythm."""
    steps = np.diff(line.times)[~line.starts[1:]]
    steps = steps[steps > 0]
    if len(steps) < 8:
        return None
    found, count = np.unique(steps, return_counts=True)
    most = int(count.argmax())
    return float(found[most]) if count[most] * 5 >= len(steps) * 3 else None


def time_gap(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """Times follow one another by a step, declared or found; a longer pause is a gap."""
    time = rule.columns[0]
    line = ordered(table, time, names(rule, "series"), known)
    if "step" in rule.options:
        step = duration(rule.options["step"])
    elif _is_monthly(line):
        step = 31 * 86400.0
    else:
        step = step_of(line) or 0.0
    if not step:
        return
    pause = np.diff(line.times, prepend=line.times[:1])
    wide = np.flatnonzero((pause > step * 1.5) & ~line.starts)
    values = pa.array(
        [
            f"{_when(line.times[n - 1])} to {_when(line.times[n])}, about "
            f"{max(1, round(pause[n] / step) - 1)} missing"
            for n in wide.tolist()
        ],
        pa.string(),
    )
    yield Found(
        message="a gap before it, {value}.", column=time, rows=line.rows[wide], values=values
    )


def stuck(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """A sensor does not tell the very same value again and again; zeros may last longer."""
    time = str(rule.options["time"])
    line = ordered(table, time, names(rule, "series"), known)
    most = option(rule, "most", _MOST_STILL)
    zeros = option(rule, "most_zeros", max(_MOST_ZEROS, most))
    for name in rule.columns:
        values = line.of(column(table, name))
        begins = line.starts.copy()
        begins[1:] |= (values[1:] != values[:-1]) | np.isnan(values[1:])
        first = np.flatnonzero(begins)
        counts = np.diff(np.append(first, len(values)))
        limit = np.where(values[first] == 0, zeros, most)
        wrong = np.flatnonzero((counts > limit) & ~np.isnan(values[first]))
        wrong = wrong[~_never_moves(values, line)[first[wrong]]]
        told = pa.array(
            [
                f"{_number(values[first[n]])} for {counts[n]} rows, until "
                f"{_when(line.times[first[n] + counts[n] - 1])}"
                for n in wrong.tolist()
            ],
            pa.string(),
        )
        yield Found(
            message="the same value for too long: {value}.",
            column=name,
            rows=line.rows[first[wrong]],
            values=told,
        )


def jump(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """A value does not leap from one row to the next further than it can.

    The limit is declared, or `factor` times the usual step of the series (by the median absolute
    difference); with `and_back`, only a leap there and back counts, as of a fault, not a change.
    """
    time = str(rule.options["time"])
    line = ordered(table, time, names(rule, "series"), known)
    for name in rule.columns:
        values = line.of(column(table, name))
        told = ~np.isnan(values)
        some, rows, starts = values, line.rows, line.starts
        if not told.all():
            some, rows, starts = values[told], line.rows[told], _starts(line.series[told])
        steps = np.diff(some, prepend=some[:1])
        steps[starts] = 0.0
        limits = _limits(rule, steps, starts)
        far = (np.abs(steps) > limits) & ~starts
        if rule.options.get("and_back"):
            back = np.zeros(len(some), bool)
            back[:-1] = far[1:] & (np.sign(steps[1:]) == -np.sign(steps[:-1]))
            far &= back
        wrong = np.flatnonzero(far)
        values_told = pa.array(
            [f"{_number(some[n - 1])} to {_number(some[n])}" for n in wrong.tolist()], pa.string()
        )
        yield Found(
            message="an impossible jump from {value}.",
            column=name,
            rows=rows[wrong],
            values=values_told,
        )


def _starts(series: np.ndarray) -> np.ndarray:
    starts = np.ones(len(series), bool)
    starts[1:] = series[1:] != series[:-1]
    return starts


def _limits(rule: Rule, steps: Floats, starts: np.ndarray) -> Floats:
    if "limit" in rule.options:
        return np.full(len(steps), option(rule, "limit"))
    factor = option(rule, "factor", _FACTOR)
    limits = np.full(len(steps), np.inf)
    first = np.flatnonzero(starts)
    for begin, end in zip(first, np.append(first[1:], len(steps)), strict=True):
        part = np.abs(steps[begin + 1 : end])
        moving = part[part > 0]
        if len(moving) >= 30:
            # The median of the steps that are any: a sensor at rest must not make each step a leap.
            limits[begin:end] = factor * _MAD * float(np.median(moving))
    return limits


def _never_moves(values: Floats, line: Ordered) -> np.ndarray:
    """Whether the row's whole series has but one value: a constant, and no sensor that is stuck."""
    first = np.flatnonzero(line.starts)
    if not len(first):
        return np.zeros(0, bool)
    low = np.fmin.reduceat(values, first)
    high = np.fmax.reduceat(values, first)
    return np.repeat(low == high, np.diff(np.append(first, len(values))))


def _is_monthly(line: Ordered) -> bool:
    steps = np.diff(line.times)[~line.starts[1:]] / 86400
    return len(steps) >= 8 and bool(np.mean((steps >= 28) & (steps <= 31)) >= 0.6)


def duration(given: object) -> float:
    """Seconds of an ISO 8601 duration or a number; raises `Invalid` for anything else."""
    if isinstance(given, int | float) and not isinstance(given, bool) and given > 0:
        return float(given)
    found = _DURATION.match(str(given))
    if found is None or not any(found.groups()):
        raise Invalid(f"“{given}” is no duration. Write PT15M, PT1H, P1D or P1M.")
    return sum(
        float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part
    )


def _when(second: float) -> str:
    return (
        datetime.fromtimestamp(float(second), UTC).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    )


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


_SERIES = {"series": "columns that name the series, like the station"}
KINDS = {
    "time-gap": Kind(
        find=time_gap,
        words="Times follow one another without a gap.",
        options={"step": "the usual step, like PT1H; found where not said", **_SERIES},
        of_table=True,
    ),
    "stuck": Kind(
        find=stuck,
        words="A sensor does not stand still.",
        options={
            "time": "the column of times",
            "most": "rows that may tell the same value, 24 where not said",
            "most_zeros": "rows that may tell zero, 240 where not said",
            **_SERIES,
        },
        needs=("time",),
        of_table=True,
    ),
    "jump": Kind(
        find=jump,
        words="A value does not leap.",
        options={
            "time": "the column of times",
            "limit": "the furthest step from one row to the next",
            "factor": "times the usual step, 30 where neither is said",
            "and_back": "only where it leaps back at once",
            **_SERIES,
        },
        needs=("time",),
        of_table=True,
    ),
}
