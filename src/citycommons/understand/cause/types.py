"""A panel of sensors, an effect with its intervals, and the class that a claim has earned."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Counts of several sensors in the city's own clock; NaN where nothing was counted.

    `values` has the shape (sensors, times); `times` is `datetime64[h]`, each hour once.
    """

    sensors: tuple[str, ...]
    times: Times
    values: Floats

    def row(self, sensor: str) -> int:
        """The sensor's row; `ValueError` if there is none."""
        return self.sensors.index(sensor)

    def only(self, sensors: tuple[str, ...]) -> "Panel":
        """The panel of these sensors, in this order."""
        rows = [self.row(one) for one in sensors]
        return Panel(sensors, self.times, self.values[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When it was so: from the first moment to before the end, in the city's own clock."""

    first: datetime
    end: datetime


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
    LEVEL = "level"  # another level after a break, which never comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Values of one sensor that were left out, and why."""

    sensor: str
    kind: FaultKind
    first: datetime
    last: datetime
    values: int


class ClaimClass(StrEnum):
    """How far a finding carries; earned by tests and never chosen."""

    DESCRIPTIVE = "descriptive"  # this is what the sensors say
    ASSOCIATIONAL = "associational"  # it went together, and something else may have done it
    CAUSAL = "causal"  # the event did it


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A condition of a claim: whether it holds, and the sentence that says so with its figures."""

    name: str
    passed: bool
    sentence: str
    needed_for: ClaimClass  # the lowest class that is out of reach when it fails
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The class earned, and each reason as a sentence."""

    level: ClaimClass
    reasons: tuple[str, ...]
    tests: tuple[Test, ...]
