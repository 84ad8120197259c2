"""What a forecast stands on: streets, demand by day type and hour, and the calibrated base."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from citycommons.act.assignment.types import Equilibrium
from citycommons.act.network.types import Floats, Network


class DayType(StrEnum):
    """Days that are alike in traffic."""

    WORKDAY = "workday"  # Monday to Friday in term
    SATURDAY = "saturday"
    SUNDAY = "sunday"  # and public holidays
    VACATION = "vacation"  # Monday to Friday in school holidays


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How well the base meets counts that it was, and was not, calibrated on."""

    counters: int
    held_out: int
    error: float  # root of summed squares over counts' own, on the counters used in the end
    held_out_error: float  # while they were held out
    geh_under_5: float  # share of held-out counters with GEH < 5 (UK TAG unit M3.1)
    left_out: tuple[str, ...]  # counters not trusted, each with the reason
    prior_distance: float  # sum |calibrated - prior| / sum prior


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """One hour of one day type: times are in minutes, flows in vehicles an hour."""

    day: DayType
    hour: int  # 8 is 08:00 to 09:00, the city's clock
    base: Equilibrium
    fit: Fit | None  # None where nothing was counted


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """Where trips begin and end."""

    id: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A counter that was found in the network, trusted or not."""

    id: str
    detectors: tuple[str, ...]  # whose counts add up to its own
    links: tuple[int, ...]  # of the model's network
    weights: tuple[float, ...]  # how much of each link's flow it sees


@dataclass(frozen=True, slots=True, eq=False)
class TrafficModel:
    """Everything that a forecast is computed from; the same inputs give the same `id`.

    `day_shape[d, h]` is the traffic of hour h on day type d as a share of the busiest hour: for
    hours that have no period of their own the nearest period is scaled by it.
    """

    id: str
    created: datetime
    network: Network
    zones: tuple[Zone, ...]
    periods: tuple[Period, ...]
    day_shape: Floats  # (4, 24)
    inputs: tuple[str, ...]  # dataset@digest of each version read
    limits: tuple[str, ...]  # what the data cannot tell, in plain English sentences
    counters: tuple[Placed, ...] = ()
