"""A panel of sensors, an effect with its intervals, and the class that a claim has earned."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from citycommons.core.study import ClaimClass

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Hourly counts of several sensors by day; NaN where nothing was counted.

    `values` has the shape (sensors, days, 24), by the hours of the city's own clock; the days
    follow one another from `first_day` on without a gap.
    """

    sensors: tuple[str, ...]
    first_day: date
    values: Floats

    @property
    def days(self) -> NDArray[np.datetime64]:
        """The days, `datetime64[D]`."""
        return np.datetime64(self.first_day, "D") + np.arange(self.values.shape[1])

    def row(self, sensor: str) -> int:
        """The sensor's row; `ValueError` if there is none."""
        return self.sensors.index(sensor)

    def day(self, day: date) -> int:
        """The day's column, which may lie outside."""
        return (day - self.first_day).days

    def with_values(self, values: Floats) -> "Panel":
        """The same sensors and days with other values."""
        return Panel(self.sensors, self.first_day, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When it was so; both days belong to it."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where the truth lies with the stated probability."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number by one method."""

    method: str
    value: float
    interval_90: Interval
    interval_95: Interval
    p: float  # probability of a result this far from nothing, were there no effect


class FaultKind(StrEnum):
    """What is wrong with a sensor."""

    NEGATIVE = "negative"
    OVERFLOW = "overflow"
    STUCK = "stuck"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Values of one sensor that were left out, and why."""

    sensor: str
    kind: FaultKind
    first_day: date
    last_day: date
    values: int  # hours left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Whether a claim's condition holds, and the sentence that says so with its figures."""

    name: str
    holds: bool
    sentence: str
    needed_for: ClaimClass  # out of reach when it does not hold, with all classes above


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The class earned, and each reason as a sentence."""

    level: ClaimClass
    conditions: tuple[Condition, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is this class and no higher one."""
        broken = dict.fromkeys(one.sentence for one in self.conditions if not one.holds)
        return tuple(broken or dict.fromkeys(one.sentence for one in self.conditions))
