"""Hourly counts of the city's detectors, as arrays on the city's own clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from citycommons.act.demand.screen import Series
from citycommons.act.model.calendar import DAYS, Calendar, days_between
from citycommons.act.model.inputs import time_column
from citycommons.act.network.types import Floats
from citycommons.core.errors import Invalid
from citycommons.share.open import Opened

_HOUR_S = 3600
_NAMES = "SELECT DISTINCT detector AS id FROM rows ORDER BY id"
_HOURS = """
SELECT place::INTEGER AS place, floor(epoch("{when}") / 3600)::INTEGER AS hour,
       vehicles::FLOAT AS vehicles
FROM rows
JOIN (SELECT unnest(?::VARCHAR[]) AS id, unnest(range(?)) AS place) known ON detector = id
WHERE vehicles IS NOT NULL AND epoch("{when}") >= ? AND epoch("{when}") < ? AND {believed}
"""
_BELIEVED = ("", "computed")
"""Flags of rows that are counts: lanes computed from a common loop add up rightly."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """All hours of all detectors, NaN where there is no believable count."""

    ids: tuple[str, ...]
    days: tuple[date, ...]
    flow: Floats  # (detectors, days, 24)

    def added(self, ids: Sequence[str], groups: Sequence[Sequence[str]]) -> Series:
        """Sums of detectors; a sum is unknown in an hour in which one of its parts is."""
        row = {id: at for at, id in enumerate(self.ids)}
        empty = np.full((len(self.days), 24), np.nan)
        sums = [
            np.sum([self.flow[row[one]] if one in row else empty for one in group], axis=0)
            for group in groups
        ]
        flow = np.array(sums).reshape(len(groups), len(self.days), 24)
        return Series(tuple(ids), flow, np.array(self.days, "datetime64[D]"))


def counted(
    opened: Opened, clock: Calendar, *, since: date | None = None, until: date | None = None
) -> Counted:
    """Read counts from `since` on and before `until` (that day is not read any more).

    Hours are the city's clock; of the two hours 2:00 of the autumn night the later one stands.
    Raises `Invalid` if there is none.
    """
    when = time_column(opened.version.fields)
    has_flag = any(one.name == "flag" for one in opened.version.fields)
    believed = "coalesce(flag, '') IN (?, ?)" if has_flag else "true"
    seconds = 4e12 if until is None else _midnight(until, clock).timestamp()
    begin = -4e12 if since is None else _midnight(since, clock).timestamp()
    names = [str(one) for one in opened.query(_NAMES).column("id").to_pylist()]
    found = opened.query(
        _HOURS.format(when=when.replace('"', ""), believed=believed),
        [names, len(names), begin, seconds, *(_BELIEVED if has_flag else ())],
        timeout_s=120.0,
    )
    if not found.num_rows:
        raise Invalid(
            "There is no count in these days." if since or until else "There is no count."
        )
    at, hour, value = (found.column(n).to_numpy() for n in ("place", "hour", "vehicles"))
    return _gridded(tuple(names), at, hour, value, clock)


def _midnight(day: date, clock: Calendar) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.timezone)


def _gridded(
    ids: tuple[str, ...],
    at: NDArray[np.int32],
    hour: NDArray[np.int32],
    value: NDArray[np.float32],
    clock: Calendar,
) -> Counted:
    first, last = int(hour.min()), int(hour.max())
    local = [
        datetime.fromtimestamp(one * _HOUR_S, clock.timezone) for one in range(first, last + 1)
    ]
    days = days_between(local[0].date(), local[-1].date())
    cell = np.array([(one.date() - days[0]) // timedelta(days=1) * 24 + one.hour for one in local])
    flow = np.full((len(ids), len(days) * 24), np.nan, np.float32)
    order = np.lexsort((hour, at))  # a fixed order: which of two autumn hours stands must not vary
    flow[at[order], cell[hour[order] - first]] = value[order]
    return Counted(ids, tuple(days), flow.reshape(len(ids), len(days), 24).astype(np.float64))


def types_of(days: Sequence[date], clock: Calendar) -> NDArray[np.int8]:
    """Position in `DAYS` of each day's type, shape (days,)."""
    return np.array([DAYS.index(clock.type_of(day)) for day in days], np.int8)


def day_shape(series: Series, types: NDArray[np.int8]) -> Floats:
    """Traffic of each hour by day type over the busiest hour of all, (4, 24).

    Counters count alike, whatever they count: each first stands against its own mean workday. A
    day type without days takes the workday's shape; without any count all hours are 1.
    """
    flow, work = series.flow, types == 0
    if not len(flow):
        return np.ones((len(DAYS), 24))
    level = np.nanmean(np.where(work[None, :, None], flow, np.nan), axis=(1, 2), keepdims=True)
    own = np.where(level > 0, flow / level, np.nan)
    shape = np.ones((len(DAYS), 24))
    for kind in range(len(DAYS)):
        cells = own[:, types == kind]
        there = np.isfinite(cells)
        if there.any(axis=(0, 1)).all():
            sums = np.where(there, cells, 0).sum(axis=(0, 1))
            shape[kind] = sums / there.sum(axis=(0, 1))
        else:
            shape[kind] = shape[0]
    return np.asarray(shape / shape.max())
