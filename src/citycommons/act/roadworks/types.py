"""What works will do, as numbers with their ranges; `Works` themselves are in `core.works`."""

from dataclasses import dataclass
from datetime import datetime

from citycommons.act.model.types import DayType
from citycommons.core.works import WorksId


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A forecast with its 90 % interval."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetChange:
    """A street, or a stretch of it, in one direction of the model: vehicles an hour."""

    link: int  # index in the model's network
    street: str
    before: float
    after: Range
    change: Range
    minutes: Range  # longer, per vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEffect:
    """Trips from one area to another in the hour, and how much longer each takes."""

    origin: str
    destination: str
    trips: float
    minutes: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAlternative:
    """Trips for which no way is left at all."""

    origin: str
    destination: str
    trips: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEffect:
    """How much the trips of one area lose, those that begin there or those that end there."""

    area: str
    is_origin: bool
    trips: float  # that take longer
    delay: Range  # vehicle-hours in the hour


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekDelay:
    """The hour's delay while drivers learn; week 1 is the first one."""

    week: int
    delay: Range  # vehicle-hours in the hour


@dataclass(frozen=True, slots=True, kw_only=True)
class HourDelay:
    """What one hour of the calendar costs, without the detail of streets."""

    phase: int
    day: DayType
    hour: int
    days: float  # how many such days the phase has; a part of an hour is a part of a day
    delay: Range  # vehicle-hours in one such hour


@dataclass(frozen=True, slots=True, kw_only=True)
class HourForecast:
    """One hour of one day type under one phase."""

    phase: int
    day: DayType
    hour: int
    delay: Range  # vehicle-hours in this hour
    minutes_per_trip: Range  # of the trips that change or are held up
    drivers_changing: Range  # vehicles an hour that take another way
    streets: tuple[StreetChange, ...]  # the largest changes first
    pairs: tuple[PairEffect, ...]  # the largest delays first
    no_alternative: tuple[NoAlternative, ...]
    co2: Range  # kg more in this hour
    error: float  # of the predicted change, reached when the solver stopped
    cpu_seconds: float
    areas: tuple[AreaEffect, ...] = ()  # the largest delays first
    weeks: tuple[WeekDelay, ...] = ()  # the first eight
    run_delays: tuple[float, ...] = ()  # of each run, vehicle-hours: to compare variants run by run
    run_co2: tuple[float, ...] = ()  # kg


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What delay costs, and by which value of time."""

    amount: Range
    currency: str
    per_hour: float
    source: str
    year: int
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What one state of works, or one drawn variant, will do; reproducible from the ids in it."""

    id: str
    works: WorksId | None
    revision: int | None
    model: str
    seed: int
    runs: int  # behind each range
    created: datetime
    hours: tuple[HourForecast, ...]
    total_delay: Range  # vehicle-hours over the whole calendar of the works
    cost: Money
    co2: Range  # kg over the whole calendar
    parking_lost: int
    bus_lines: tuple[str, ...]
    cycle_routes: tuple[str, ...]
    correction: float  # by what past forecasts were wrong, already in the numbers; 1.0 is nothing
    widening: float  # of the ranges, from past coverage
    notes: tuple[str, ...]  # defaults used, limits
    profile: tuple[HourDelay, ...] = ()  # each hour that the works touch
    emission_source: str = ""
