"""Published constants of a forecast, each with source, year and country, and whether it was read.

They stand in the files beside this one, where a city sees them and can put its own in their place.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from citycommons.act.network.types import Floats
from citycommons.core.errors import Invalid

_FUELS = ("petrol", "diesel")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOfTime:
    """What an hour of one vehicle is worth."""

    per_hour: float
    currency: str
    source: str
    published: int  # year of the source
    year: int  # of the prices
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """How unsure the inputs are: standard deviations of logarithms, and shares of compliance."""

    demand: float
    day: float
    zone: float
    zone_uncounted: float
    zone_most: float
    capacity: float
    compliance_low: float
    compliance_high: float
    source: str = ""


@cache
def table(name: str) -> dict[str, dict[str, float | str]]:
    """One of the files, as it is written."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


def number(name: str, part: str, key: str) -> float:
    """A number of a part of a file."""
    return float(table(name)[part][key])


def value_of_time(country: str = "EU-25") -> ValueOfTime:
    """The value of an hour of a car with its passengers: occupancy times the mix of purposes.

    Raises `Invalid` for a country without published values here; it names those that have them.
    """
    known = table("values_of_time")
    if country not in known or country == "mix":
        names = ", ".join(sorted(set(known) - {"mix"}))
        raise Invalid(f"There is no value of time for “{country}”; there is one for {names}.")
    own, mix = known[country], known["mix"]
    person = sum(float(own[one]) * float(mix[one]) for one in ("business", "commuting", "other"))
    return ValueOfTime(
        per_hour=round(person * float(mix["occupancy"]), 4),
        currency=str(own["currency"]),
        source=f"{own['source']} ({own['known']}); {mix['source']}",
        published=int(own["published"]),
        year=int(own["year"]),
        country=country,
    )


def co2_kg_per_km(speed_kmh: Floats) -> Floats:
    """CO2 of a mean car by its mean speed, shape as given; speeds outside the curves count as ends.

    References
    ----------
    Department for Transport, TAG table A1.3.8; see `emissions.toml`.

    Examples
    --------
    >>> co2_kg_per_km(np.array([10.0, 50.0])).round(3)
    array([0.333, 0.154])
    """
    about = table("emissions")["about"]
    v = np.clip(speed_kmh, float(about["slowest_kmh"]), float(about["fastest_kmh"]))
    whole = np.zeros_like(v)
    for fuel in _FUELS:
        one = {key: float(value) for key, value in table("emissions")[fuel].items()}
        litres = (one["a"] + one["b"] * v + one["c"] * v**2 + one["d"] * v**3) / v
        whole += one["share"] * one["kg_co2_per_litre"] * litres
    return whole


def emission_source() -> str:
    """Where the emission curves come from, and how well that is known."""
    about = table("emissions")["about"]
    return f"{about['source']}, {about['year']} ({about['known']})"


@cache
def uncertainty() -> Uncertainty:
    """The house's own statement of how unsure the inputs are."""
    text = files(__package__).joinpath("uncertainty.toml").read_text("utf-8")
    return Uncertainty(**tomllib.loads(text))


def urban_work_zone(lanes_before: float, lanes_open: float) -> float:
    """Share of the whole approach's capacity that is left beside works, urban street with signals.

    References
    ----------
    Highway Capacity Manual, 6th edition; see `work_zones.toml`.

    Examples
    --------
    >>> round(urban_work_zone(2, 1), 3)
    0.412
    """
    one = {key: number("work_zones", "urban", key) for key in ("base", "per_foot", "per_lane")}
    width = number("work_zones", "urban", "width_ft")
    widths = 1 / (1 - one["per_foot"] * (width - 12))
    reduced = 1 / (1 + one["per_lane"] * max(0.0, lanes_before - lanes_open))
    return lanes_open / lanes_before * min(1.0, one["base"] * widths * reduced)


def motorway_work_zone(lanes_before: float, lanes_open: float) -> float:
    """Share of the carriageway's capacity that is left beside works, motorway by day, soft barrier.

    References
    ----------
    Highway Capacity Manual, 6th edition, equations 10-8 and 10-9; see `work_zones.toml`.

    Examples
    --------
    >>> round(motorway_work_zone(3, 2), 3)
    0.597
    """

    def said(key: str) -> float:
        return number("work_zones", "motorway", key)

    severity = 1 / (lanes_open / lanes_before * lanes_open)
    discharge = said("constant") - said("severity") * severity - said("soft_barrier")
    discharge += said("lateral_per_ft") * said("lateral_ft")
    before_breakdown = discharge * 100 / (100 - said("drop_percent"))
    return lanes_open / lanes_before * min(1.0, before_breakdown / said("usual"))
