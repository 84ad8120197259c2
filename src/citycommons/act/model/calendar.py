"""Which day is of which type: weekends, public holidays and school vacations of a region."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from citycommons.act.model.types import DayType
from citycommons.core.errors import NotFound

DAYS = tuple(DayType)
"""The order of day types in arrays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The free days of a region, with where they are written down."""

    id: str
    name: str
    timezone: ZoneInfo
    fixed: frozenset[tuple[int, int]]  # month, day
    easter: frozenset[int]  # days from Easter Sunday
    vacations: tuple[tuple[date, date], ...]
    source: str

    def type_of(self, day: date) -> DayType:
        """The type of a day; a vacation counts from Monday to Friday only."""
        if day.weekday() == 6 or self.is_holiday(day):
            return DayType.SUNDAY
        if day.weekday() == 5:
            return DayType.SATURDAY
        free = any(first <= day <= last for first, last in self.vacations)
        return DayType.VACATION if free else DayType.WORKDAY

    def is_holiday(self, day: date) -> bool:
        return (day.month, day.day) in self.fixed or (
            day - easter_sunday(day.year)
        ).days in self.easter

    def knows_vacations(self, day: date) -> bool:
        """Whether school vacations of that year are in the calendar at all."""
        return any(day.year in (first.year, last.year) for first, last in self.vacations)


def easter_sunday(year: int) -> date:
    """Easter Sunday (Meeus 1991, Astronomical Algorithms, chapter 8, after Butcher 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    wide = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * wide) // 433
    n = (h + wide - 7 * m + 90) // 25
    return date(year, n, (h + wide - 7 * m + 33 * n + 19) % 32)


def calendar(id: str) -> Calendar:
    """The calendar of a region by its name in calendars.toml; `NotFound` lists those there are."""
    regions = _regions()
    if id not in regions:
        raise NotFound(f"There is no calendar “{id}”; there are {', '.join(regions)}.")
    said = regions[id]
    return Calendar(
        id=id,
        name=said["name"],
        timezone=ZoneInfo(said["timezone"]),
        fixed=frozenset((int(one[:2]), int(one[3:])) for one in said["fixed"]),
        easter=frozenset(said["easter"]),
        vacations=tuple(
            (date.fromisoformat(first), date.fromisoformat(last))
            for first, last in said["vacations"]
        ),
        source=f"{said['holidays_source']}; vacations: {said['vacations_source']}",
    )


def calendar_at(lon: float, lat: float) -> Calendar:
    """The calendar of the smallest region around a place; `NotFound` where there is none."""

    def size(id: str) -> float:
        west, south, east, north = _regions()[id]["box"]
        return float((east - west) * (north - south))

    for id in sorted(_regions(), key=size):
        west, south, east, north = _regions()[id]["box"]
        if west <= lon <= east and south <= lat <= north:
            return calendar(id)
    raise NotFound(f"No calendar covers {lon:.2f}, {lat:.2f}. Name one: {', '.join(_regions())}.")


def days_between(first: date, last: date) -> list[date]:
    """All days of a span, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@cache
def _regions() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        (files(__package__) / "calendars.toml").read_text("utf-8")
    )
    return dict(found["region"])
