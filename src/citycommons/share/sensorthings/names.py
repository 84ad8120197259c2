"""Entity sets, their properties and what they lead to (OGC 18-088, clause 8.2)."""

from collections.abc import Mapping

from citycommons.core.errors import Invalid

THINGS, LOCATIONS, HISTORY = "Things", "Locations", "HistoricalLocations"
DATASTREAMS, SENSORS, PROPERTIES = "Datastreams", "Sensors", "ObservedProperties"
OBSERVATIONS, FEATURES = "Observations", "FeaturesOfInterest"

SETS: dict[str, tuple[str, ...]] = {
    THINGS: ("name", "description", "properties"),
    LOCATIONS: ("name", "description", "encodingType", "location", "properties"),
    HISTORY: ("time",),
    DATASTREAMS: (
        *("name", "description", "observationType", "unitOfMeasurement", "observedArea"),
        *("phenomenonTime", "resultTime", "properties"),
    ),
    SENSORS: ("name", "description", "encodingType", "metadata", "properties"),
    PROPERTIES: ("name", "definition", "description", "properties"),
    OBSERVATIONS: (
        *("phenomenonTime", "resultTime", "result", "resultQuality", "validTime", "parameters"),
    ),
    FEATURES: ("name", "description", "encodingType", "feature", "properties"),
}
"""Properties of the entities of each set, in the order in which they are written."""

ONE: dict[str, dict[str, str]] = {
    HISTORY: {"Thing": THINGS},
    DATASTREAMS: {"Thing": THINGS, "Sensor": SENSORS, "ObservedProperty": PROPERTIES},
    OBSERVATIONS: {"Datastream": DATASTREAMS, "FeatureOfInterest": FEATURES},
}
MANY: dict[str, tuple[str, ...]] = {
    THINGS: (LOCATIONS, HISTORY, DATASTREAMS),
    LOCATIONS: (THINGS, HISTORY),
    HISTORY: (LOCATIONS,),
    DATASTREAMS: (OBSERVATIONS,),
    SENSORS: (DATASTREAMS,),
    PROPERTIES: (DATASTREAMS,),
    OBSERVATIONS: (),
    FEATURES: (OBSERVATIONS,),
}

_ID = ("id", "@iot.id", "selfLink", "@iot.selfLink")
_DEEP = frozenset(
    {"properties", "unitOfMeasurement", "parameters", "location", "feature", "observedArea"}
)


def led_to(of: str, name: str) -> tuple[str, bool] | None:
    """The set that a navigation property leads to, and whether to many; None if it is none."""
    if name in ONE.get(of, {}):
        return ONE[of][name], False
    return (name, True) if name in MANY[of] else None


def navigation(of: str) -> Mapping[str, str]:
    """All navigation properties of a set, in order, and the sets they lead to."""
    return {**ONE.get(of, {}), **{name: name for name in MANY[of]}}


def check_path(of: str, path: str) -> tuple[str, ...]:
    """The segments of a path from an entity to a property.

    Raises `Invalid` that names the first segment that is not there, and what is.
    """
    parts, at = tuple(path.split("/")), of
    for place, part in enumerate(parts):
        if found := led_to(at, part):
            at = found[0]
            continue
        is_last = place == len(parts) - 1
        if (part in SETS[at] or part in _ID) and (is_last or part in _DEEP):
            return parts
        known = ("id", *SETS[at], *navigation(at))
        raise Invalid(
            f"{at} have no “{part[:60]}” there. They have: {', '.join(known)}.", property=part
        )
    raise Invalid(f"“{path[:80]}” is an entity; name one of its properties.", property=path)
