"""Discounting schedules: by how much less a pound counts each year later, as data with a source."""

import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import msgspec

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.ids import checked_id

_SHIPPED = files(__package__).joinpath("facts", "schedules")
OWN = "discounting"
"""Folder of a city's home with its own schedules, each a TOML file as the shipped ones are."""

LONGEST = 300
"""Years to which anything is discounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One step: the real rate a year up to and with `last_year`; None is for ever."""

    rate: float
    last_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A discounting schedule, with the text it was read from."""

    id: str
    title: str
    source: str
    year: int  # of the source
    country: str
    steps: tuple[Rate, ...]
    is_checked: bool = False  # somebody compared it with the source itself
    note: str = ""
    digest: str = ""  # sha-256 of its text


def factors(schedule: Schedule, years: int) -> list[float]:
    """What one unit of money of year 0, 1, …, `years` is worth in year 0.

    Each year's factor is the one before it divided by 1 + rate of that year, so that the factor
    of a year after a step carries all earlier rates.

    References
    ----------
    HM Treasury, The Green Book, annex 6 (declining long-term discount rates).

    Examples
    --------
    >>> [round(1000 * factor) for factor in factors(shipped()["uk-green-book"], 3)]
    [1000, 966, 934, 902]
    """
    found = [1.0]
    for year in range(1, years + 1):
        found.append(found[-1] / (1.0 + rate_of(schedule, year)))
    return found


def rate_of(schedule: Schedule, year: int) -> float:
    """The rate in a year, 1 being the first after the base year."""
    for step in schedule.steps:
        if step.last_year is None or year <= step.last_year:
            return step.rate
    raise Invalid(
        f"The schedule “{schedule.id}” ends before year {year}. Shorten the horizon, or give its "
        "last step no last_year."
    )


def read(id: str, text: str) -> Schedule:
    """The schedule of a TOML text: title, source, year, country and steps are needed.

    Raises `Invalid` that says which key, or which step, is wrong.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise Invalid(f"The schedule “{id}” is no TOML: {cause}.") from cause
    said["is_checked"] = said.pop("checked", False)
    said |= {"id": id, "digest": hashlib.sha256(text.encode()).hexdigest()}
    try:
        found = msgspec.convert(said, Schedule)
    except msgspec.ValidationError as cause:
        raise Invalid(f"The schedule “{id}” cannot be read: {cause}.") from cause
    return _sensible(found)


def _sensible(found: Schedule) -> Schedule:
    if not found.source.strip() or not found.title.strip():
        raise Invalid(f"The schedule “{found.id}” needs a title and a source.", column="source")
    if not found.steps:
        raise Invalid(f"The schedule “{found.id}” has no steps.", column="steps")
    for step in found.steps:
        if not -0.05 <= step.rate <= 0.25:
            raise Invalid(
                f"The schedule “{found.id}” has a rate of {step.rate:g} a year. Write 3.5 % as "
                "0.035; rates lie between -0.05 and 0.25.",
                column="rate",
            )
    for one, after in pairwise(found.steps):
        last = after.last_year
        if one.last_year is None or (last is not None and last <= one.last_year):
            raise Invalid(f"The steps of “{found.id}” must follow one another.", column="last_year")
    return found


def shipped() -> dict[str, Schedule]:
    """The schedules that come with the program, by id."""
    names = sorted(one.name for one in _SHIPPED.iterdir() if one.name.endswith(".toml"))
    texts = {name.removesuffix(".toml"): _SHIPPED.joinpath(name) for name in names}
    return {id: read(id, text.read_text("utf-8")) for id, text in texts.items()}


def every(home: Path) -> dict[str, Schedule]:
    """The city's own schedules, then the shipped ones; an own one replaces a shipped one."""
    own = sorted((home / OWN).glob("*.toml"))
    found = {one.stem: read(one.stem, one.read_text("utf-8")) for one in own}
    return found | {id: one for id, one in shipped().items() if id not in found}


def named(home: Path, id: str) -> Schedule:
    """One of them. Raises `NotFound`, with the ids of those there are."""
    found = every(home).get(checked_id(id, "schedule"))
    if found is None:
        raise NotFound(
            f"There is no discounting schedule “{id}”. There are: {', '.join(sorted(every(home)))}."
        )
    return found
