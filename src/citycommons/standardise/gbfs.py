"""GBFS 2.x and 3.0 feeds: one table each, texts of 3.0 in a column a language.

Field types after gbfs.md of MobilityData: times are POSIX seconds in 2.x and RFC 3339 in 3.0.
"""

from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.standardise import objects
from citycommons.standardise.formats import Draft, Source

TIMES = frozenset(
    ("last_reported", "available_until", "available_from", "last_updated", "until", "vehicle_until")
)


class Gbfs:
    """One feed of a GBFS system."""

    def recognises(self, source: Source) -> float:
        start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start.startswith(b"{"):
            return 0.0
        signs = (b'"last_updated"', b'"ttl"', b'"data"')
        return 0.99 if all(sign in source.head for sign in signs) else 0.0

    def read(self, source: Source) -> Draft:
        try:
            document = orjson.loads(source.path.read_bytes())
            data = document["data"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as cause:
            raise Invalid(f"{source.name} is a broken GBFS feed. Ask for it again.") from cause
        version = document.get("version", "1.0")
        name, records, shapes = _records(data, source)
        written = [_spoken(record) for record in records]
        steps = [f"format GBFS {version}", f"records taken from data.{name}"]
        if updated := objects.moment_of(document.get("last_updated")):
            steps.append(f"last updated {updated:%Y-%m-%dT%H:%M:%SZ}")
        if not records:
            raise Invalid(f"{source.name} holds no rows: data.{name} is empty at this moment.")
        return objects.draft(written, steps=steps, times=TIMES, shapes=shapes)


def _records(data: Any, source: Source) -> tuple[str, list[dict[str, Any]], list[Any] | None]:
    """The feed's list, and the shapes of its rows where it has shapes."""
    for name, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, dict) and value.get("type") == "FeatureCollection":
            features = value.get("features") or []
            return (
                name,
                [dict(feature.get("properties") or {}) for feature in features],
                [feature.get("geometry") for feature in features],
            )
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return name, value, _places(value)
    raise Invalid(f"{source.name} is a GBFS feed without rows; bring station_status or the like.")


def _places(records: list[dict[str, Any]]) -> list[Any] | None:
    if not any("lat" in one and "lon" in one for one in records):
        return None
    return [_point(one) for one in records]


def _point(one: dict[str, Any]) -> Any:
    lon, lat = one.get("lon"), one.get("lat")
    if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
        return None
    return {"type": "Point", "coordinates": [lon, lat]}


def _spoken(record: dict[str, Any]) -> dict[str, Any]:
    """Localised texts of 3.0 (`[{"text": …, "language": …}]`): the first as the field itself."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if _is_spoken(value):
            found[key] = value[0]["text"]
            found |= {f"{key}_{one['language']}": one["text"] for one in value[1:]}
        else:
            found[key] = value
    return found


def _is_spoken(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and one.keys() == {"text", "language"} for one in value)
    )
