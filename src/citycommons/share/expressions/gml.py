"""Geometries in GML, read as WKB in CRS84: what filters hold.

References
----------
OGC 07-036r1: GML 3.2.2, and 3.1.1 and 2.1.2 as older clients write it.
"""

from typing import Any

import numpy as np
import shapely

from citycommons.core.errors import Invalid
from citycommons.share.crs import WORLD, Floats, System, system

MOST_PLACES = 20_000
_PARTS: dict[str, Any] = {
    "MultiPoint": shapely.MultiPoint,
    "MultiCurve": shapely.MultiLineString,
    "MultiLineString": shapely.MultiLineString,
    "MultiSurface": shapely.MultiPolygon,
    "MultiPolygon": shapely.MultiPolygon,
}


def wkb(element: Any, default: str) -> bytes:
    """The geometry; `default` names the system of one that does not say its own.

    Raises `Invalid` for what cannot be read.
    """
    name = element.get("srsName") or default
    said, is_turned = axes(name)
    try:
        if _local(element) in ("Envelope", "Box"):
            return bytes(shapely.to_wkb(_box(element, said, is_turned=is_turned)))
        shape = _shape(element)
        if is_turned:
            shape = shapely.transform(shape, lambda spots: spots[:, ::-1])
        return bytes(shapely.to_wkb(said.shape(shape)))
    except (ValueError, shapely.GEOSException) as cause:
        raise Invalid(f"The {_local(element)[:40]} in the filter cannot be read.") from cause


def axes(name: str) -> tuple[System, bool]:
    """A system by its name, and whether the coordinates are turned against its authority's order.

    CRS84 has none to turn; `EPSG:4326` and `…epsg.xml#4326` have east first.
    """
    _, mark, code = name.partition("epsg.xml#")
    found = system(f"EPSG:{code}" if mark else name, "srsName") if name else WORLD
    is_by_authority = name.lower().startswith(("urn:", "http://www.opengis.net/def/"))
    return found, found.is_north_first and not is_by_authority


def _box(element: Any, said: System, *, is_turned: bool) -> Any:
    corners = [
        _numbers(part.text, part)
        for part in element.iter()
        if _local(part) in ("lowerCorner", "upperCorner", "pos", "coordinates")
    ]
    numbers = np.concatenate(corners) if corners else np.empty(0)
    if len(numbers) != 4:
        raise Invalid("An Envelope has a lowerCorner and an upperCorner.")
    if is_turned:
        numbers = numbers[[1, 0, 3, 2]]
    return said.box(numbers.tolist())


def _shape(element: Any) -> Any:
    name = _local(element)
    if name == "Point":
        return shapely.Point(_places(element)[0])
    if name in ("LineString", "LineStringSegment"):
        return shapely.LineString(_places(element))
    if name in ("Curve", "segments"):
        return shapely.LineString(_places(element))
    if name in ("Polygon", "PolygonPatch"):
        rings = [_places(ring) for ring in element.iter() if _local(ring) == "LinearRing"]
        if not rings:
            raise Invalid("A Polygon has an exterior LinearRing.")
        return shapely.Polygon(rings[0], rings[1:])
    if name == "Surface":
        patches = [part for part in element.iter() if _local(part) == "PolygonPatch"]
        return shapely.MultiPolygon([_shape(patch) for patch in patches])
    if name in _PARTS:
        members = [part for member in element for part in member]
        return _PARTS[name]([_shape(part) for part in members])
    raise Invalid(f"“{name[:40]}” is no geometry that can be asked with here.")


def _places(element: Any) -> Floats:
    found = [
        _numbers(part.text, part)
        for part in element.iter()
        if _local(part) in ("pos", "posList", "coordinates")
    ]
    numbers = np.concatenate(found) if found else np.empty(0)
    width = 3 if element.get("srsDimension") == "3" else 2
    if not len(numbers) or len(numbers) % width or len(numbers) > MOST_PLACES * width:
        raise Invalid(f"A {_local(element)[:40]} has pairs of numbers, {MOST_PLACES} at most.")
    return numbers.reshape(-1, width)[:, :2]


def _numbers(text: str | None, part: Any) -> Floats:
    said = (text or "").replace(",", " ") if _local(part) == "coordinates" else (text or "")
    numbers = np.array([float(one) for one in said.split()[: 3 * MOST_PLACES + 1]])
    if not np.isfinite(numbers).all():
        raise Invalid("Coordinates have to be finite numbers.")
    return numbers


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
