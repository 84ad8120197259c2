"""How near is too near, and which days are taken: the rules by which works are weighed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from citycommons.core.errors import Invalid

Days = tuple[date, date]
"""First and last day; both belong to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """An event that needs streets; without a place it needs the whole city's."""

    name: str
    days: Days
    place: bytes | None = None  # WKB, CRS84
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """Where children come and go on school days."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """What else happens in the city's streets."""

    occasions: tuple[Occasion, ...] = ()
    schools: tuple[School, ...] = ()
    holidays: tuple[
        Days, ...
    ] = ()  # without school; between the first and the last of them is term


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Distances in metres, times in days; see `rules.toml` for where they come from."""

    buffer_m: float
    buffer_days: int
    detour_m: float
    detour_along_m: float
    event_m: float
    school_m: float
    moratorium_m: float
    moratorium_years: float

    @property
    def moratorium_days(self) -> int:
        return round(self.moratorium_years * 365.25)


@cache
def _file() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("rules.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def default_rules() -> Rules:
    """The rules that hold where a city says nothing else."""
    found = _file()
    days = found["days"]
    return Rules(
        **found["distances"],
        buffer_days=days["buffer"],
        moratorium_years=days["moratorium_years"],
    )


def rules_with(changed: Mapping[str, float]) -> Rules:
    """The usual rules with some numbers replaced (`buffer_m`, `moratorium_years`, …).

    Raises `Invalid` for a number that no rule has, or that is below zero.
    """
    names = {one.name for one in fields(Rules)}
    if wrong := [name for name, value in changed.items() if name not in names or value < 0]:
        raise Invalid(
            f"“{wrong[0]}” is no rule of road works, or below zero. Rules are "
            f"{', '.join(sorted(names))}."
        )
    given: dict[str, Any] = dict(changed)
    if "buffer_days" in given:
        given["buffer_days"] = round(given["buffer_days"])
    return replace(default_rules(), **given)


def school_holidays(region: str) -> tuple[Days, ...]:
    """Days without school of a region (`DE-NW`); none where they are not known."""
    every = (one for one in _file()["school_holidays"] if one["region"] == region)
    return tuple((first, last) for one in every for first, last in one["days"])
