"""Pages as CSV and as GeoJSON, for those who read no SensorThings (`$resultFormat`)."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.share.sensorthings.observations import Observed
from citycommons.share.sensorthings.request import Options
from citycommons.share.sensorthings.written import Item, Writer, set_of

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(items: Sequence[Item], options: Options, writer: Writer) -> tuple[bytes, str]:
    """One line an entity; parts of objects stand in columns `properties/dataset`."""
    lines = [_flat(writer.json(item, options)) for item in items]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\r\n")
    if columns:
        written.writerow(columns)
    for line in lines:
        written.writerow([_cell(line.get(name)) for name in columns])
    return text.getvalue().encode(), "text/csv"


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name.endswith(("Link", "@iot.count")):
            continue
        key = before + ("id" if name == "@iot.id" else name)
        is_place = isinstance(value, dict) and ("coordinates" in value or "geometry" in value)
        if isinstance(value, dict) and not is_place:
            found |= _flat(value, f"{key}/")
        else:
            found[key] = value
    return found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # What a spreadsheet may take for a formula (OWASP).
        return f"'{value}" if value.startswith(_FORMULA) else value
    return orjson.dumps(value).decode()


def as_geojson(items: Sequence[Item], options: Options, writer: Writer) -> tuple[bytes, str]:
    """A feature an entity; its place is its own, or that of its feature of interest or Thing."""
    features = []
    for item in items:
        told = writer.json(item, options)
        features.append(
            {
                "type": "Feature",
                "id": item.id,
                "geometry": _geometry(item),
                "properties": {
                    name: value
                    for name, value in _flat(told).items()
                    if name not in ("location", "feature", "observedArea")
                },
            }
        )
    if items and set_of(items[0]) in ("Sensors", "ObservedProperties"):
        raise Invalid("Sensors and ObservedProperties have no place.", parameter="$resultFormat")
    body = {"type": "FeatureCollection", "features": features}
    return orjson.dumps(body), "application/geo+json"


def _geometry(item: Item) -> Any:
    if isinstance(item, Observed):
        return _geometry(item.feature)
    for name in ("location", "feature", "observedArea"):
        if name in item.values:
            found = item.values[name]
            is_place = isinstance(found, dict) and found.get("type") != "Feature"
            return found if is_place else None
    near = item.many.get("Locations") or []
    return _geometry(near[0]) if near else None
