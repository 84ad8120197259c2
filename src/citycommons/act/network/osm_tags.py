"""What the tags of an OpenStreetMap way say to motor traffic, in each direction.

Keys and values: OpenStreetMap wiki, “Key:oneway”, “Key:access”, “Key:lanes”, “Key:maxspeed”.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from citycommons.act.network.defaults import is_known, table, walking_kmh

Tags = Mapping[str, str]

_MODES = ("motorcar", "motor_vehicle", "vehicle", "access")  # the most special first
_CLOSED = frozenset(
    ("no", "private", "agricultural", "forestry", "emergency", "psv", "bus", "military")
) | frozenset(("permit", "taxi", "use_sidepath", "agricultural;forestry", "residents", "staff"))
_YES = frozenset(("yes", "true", "1"))
_BACK = frozenset(("-1", "reverse"))
_ROUND = frozenset(("roundabout", "circular"))
_KMH = 1.609344
_KINDS = {"road": "unclassified", "minor": "unclassified"}
# Barriers that a car does not pass unless the node says so.
BARRIERS = frozenset(
    ("bollard", "block", "jersey_barrier", "cycle_barrier", "chain", "log", "debris", "planter")
) | frozenset(
    ("bus_trap", "sump_buster", "motorcycle_barrier", "turnstile", "stile", "kissing_gate")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """One direction of a way; None is not said."""

    lanes: float | None
    speed_kmh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What motor traffic finds on a way; a direction that is closed to it is None."""

    kind: str
    name: str
    forward: Direction | None
    backward: Direction | None
    is_rural: bool


def read_way(tags: Tags, *, with_service: bool = False) -> Way | None:
    """The way for motor vehicles, or None if they may not use it."""
    kind = _KINDS.get(tags.get("highway", ""), tags.get("highway", ""))
    if not is_known(kind) or tags.get("area") == "yes":
        return None
    if kind == "service" and not with_service:
        return None
    one_way = _one_way(tags, kind)
    sides = {
        side: _direction(tags, side, one_way != 0)
        for side, sign in (("forward", 1), ("backward", -1))
        if one_way in (0, sign) and is_open(tags, side)
    }
    if not sides:
        return None
    fastest = max((side.speed_kmh or 0 for side in sides.values()), default=0)
    return Way(
        kind=kind,
        name=tags.get("name") or tags.get("ref", ""),
        forward=sides.get("forward"),
        backward=sides.get("backward"),
        is_rural=_zone(tags) == "rural" or fastest >= 70,
    )


def is_open(tags: Tags, side: str = "") -> bool:
    """Whether the most special access tag lets motor cars in (on that side)."""
    for mode in _MODES:
        for key in (f"{mode}:{side}", mode):
            if key in tags:
                return tags[key] not in _CLOSED
    return True


def blocks(tags: Tags) -> bool:
    """Whether a node with these tags stops cars."""
    if any(mode in tags for mode in _MODES):
        return not is_open(tags)
    return tags.get("barrier") in BARRIERS


def _one_way(tags: Tags, kind: str) -> int:
    """1 along the way, -1 against it, 0 both ways."""
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        value = tags.get(key, "").strip().lower()
        if value in _YES:
            return 1
        if value in _BACK:
            return -1
        if value:  # “no”, “reversible”, “alternating”
            return 0
    return int(tags.get("junction") in _ROUND or kind in ("motorway", "motorway_link"))


def _direction(tags: Tags, side: str, is_one_way: bool) -> Direction:
    return Direction(lanes=_lanes(tags, side, is_one_way), speed_kmh=_speed(tags, side))


def _lanes(tags: Tags, side: str, is_one_way: bool) -> float | None:
    found = _count(tags.get(f"lanes:{side}"))
    if found is None and (total := _count(tags.get("lanes"))) is not None:
        other = _count(tags.get("lanes:backward" if side == "forward" else "lanes:forward"))
        middle = _count(tags.get("lanes:both_ways")) or 0.0
        found = total if is_one_way else (total - middle) / 2
        if other is not None and not is_one_way:
            found = total - middle - other
        found = max(found - _for_buses(tags, side, is_one_way), 1.0)
    elif found is not None:
        found = max(found - _for_buses(tags, side, True), 1.0)
    return found


def _for_buses(tags: Tags, side: str, is_one_way: bool) -> float:
    keys = [f"lanes:{mode}:{side}" for mode in ("psv", "bus")]
    if is_one_way:
        keys += ["lanes:psv", "lanes:bus"]
    return next((n for key in keys if (n := _count(tags.get(key))) is not None), 0.0)


def _count(text: str | None) -> float | None:
    numbers = re.findall(r"\d+(?:\.\d+)?", text or "")
    return max(map(float, numbers)) if numbers and float(numbers[0]) < 20 else None


def _speed(tags: Tags, side: str) -> float | None:
    for key in (f"maxspeed:{side}", "maxspeed", "maxspeed:motorcar"):
        if key in tags and (found := speed_kmh(tags[key])) is not None:
            return found
    for key in ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic"):
        if key in tags and (found := speed_kmh(tags[key])) is not None:
            return found
    return None


def speed_kmh(text: str) -> float | None:
    """A value of `maxspeed` in km/h; None for what says none, like “signals”.

    Examples
    --------
    >>> [speed_kmh(text) for text in ("50", "30 mph", "walk", "DE:urban", "50;30", "signals")]
    [50.0, 48.28032, 7.0, 50.0, 30.0, None]
    """
    found = [one for part in re.split(r"[;|,]", text) if (one := _one_speed(part)) is not None]
    return min(found, default=None)


def _one_speed(text: str) -> float | None:
    text = text.strip().lower()
    if match := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(mph|km/?h|kph)?", text):
        number = float(match[1]) * (_KMH if match[2] == "mph" else 1.0)
        return number if number >= 3 else None
    if text in ("walk", "walking"):
        return walking_kmh()
    if text == "none":  # a motorway where the law recommends a speed
        return _implicit("de", "motorway")
    if match := re.fullmatch(r"([a-z]{2})(?:-[a-z]+)?:(?:zone:?)?(\d{1,3})", text):
        return float(match[2])
    if match := re.fullmatch(r"([a-z]{2})(?:-[a-z]+)?:([a-z_]+)", text):
        return _implicit(match[1], match[2])
    return None


def _implicit(country: str, zone: str) -> float | None:
    known = table()["implicit"]
    if zone in ("walk", "bicycle_road"):
        return walking_kmh() if zone == "walk" else 30.0
    found = known.get(country.upper(), {}).get(zone, known["any"].get(zone))
    return None if found is None else float(found)


def _zone(tags: Tags) -> str:
    for key in ("maxspeed:type", "source:maxspeed", "zone:traffic", "maxspeed"):
        _, colon, zone = tags.get(key, "").partition(":")
        if colon and zone in ("rural", "urban"):
            return zone
    return ""
