"""What a street is taken to be where nobody says: `defaults.toml`, each value with its source."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

OTHER = "unclassified"
"""The class of a street whose own class is not in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """One direction of a street of one class, in or outside a built-up area."""

    lanes: float
    speed_kmh: float
    capacity: float  # vehicles an hour and lane
    b: float  # of the BPR function
    power: float
    source: str


@cache
def table() -> dict[str, Any]:
    """The whole file, as read."""
    return tomllib.loads((files(__package__) / "defaults.toml").read_text("utf-8"))


@cache
def road(kind: str, *, is_rural: bool = False) -> Road:
    """The default for an OpenStreetMap highway class; an unknown one is taken for `OTHER`."""
    whole = table()
    found = whole["class"].get(kind) or whole["class"][OTHER]
    here, delay = found["rural" if is_rural else "urban"], whole["delay"][found["delay"]]
    said_by = [*here["source"], delay["source"]]
    return Road(
        lanes=float(here["lanes"]),
        speed_kmh=float(here["speed_kmh"]),
        capacity=float(here["capacity"]),
        b=float(delay["b"]),
        power=float(delay["power"]),
        source="; ".join(whole["source"][one] for one in dict.fromkeys(said_by)),
    )


def is_known(kind: str) -> bool:
    """Whether motor vehicles use streets of this class, by the table."""
    return kind in table()["class"]


def number(section: str, name: str) -> float:
    """A single value, such as `number("connector", "speed_kmh")`."""
    return float(table()[section][name])


def walking_kmh() -> float:
    return number("walk", "speed_kmh")
