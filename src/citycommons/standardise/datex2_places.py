"""Where a DATEX II element lies: GML lines and areas, points, OpenLR coordinates (WGS 84).

LocationReferencing: `gmlLineString` and `gmlMultiPolygon` list latitude before longitude;
`pointCoordinates` names both; `openlrCoordinates` are the ends of a line.
"""

from typing import Any
from xml.etree.ElementTree import Element

import orjson

_COORDINATES = frozenset(
    (
        *("gmlLineString", "gmlMultiPolygon", "pointCoordinates", "coordinatesForDisplay"),
        *("openlrCoordinates", "locationForDisplay", "geoJsonGeometry"),
    )
)


def is_place(name: str) -> bool:
    """Whether an element of this name holds coordinates, which `place` reads."""
    return name in _COORDINATES


def place(element: Element) -> dict[str, Any] | None:
    """A GeoJSON geometry: areas before lines before points; None where no coordinates are said."""
    if (extended := _extended(element)) is not None:
        return extended
    areas = [_ring(e) for e in _all(element, "exterior")]
    lines = [_pairs(_text_of(e, "posList")) for e in _all(element, "gmlLineString")]
    if not lines:
        ends = [_point(e) for e in _all(element, "openlrCoordinates")]
        lines = [[end for end in ends if end]]
    names = ("pointCoordinates", "coordinatesForDisplay", "locationForDisplay")
    named = [found for name in names for found in _all(element, name)]
    points = [_point(e) for e in named]
    if found := [area for area in areas if len(area) >= 4]:
        return {"type": "MultiPolygon", "coordinates": [[ring] for ring in found]}
    if drawn := [line for line in lines if len(line) >= 2]:
        if len(drawn) == 1:
            return {"type": "LineString", "coordinates": drawn[0]}
        return {"type": "MultiLineString", "coordinates": drawn}
    if there := [point for point in points if point]:
        return {"type": "Point", "coordinates": there[0]}
    return None


def _extended(element: Element) -> dict[str, Any] | None:
    """Geometries as GeoJSON, as the French extension gives them."""
    shapes = []
    for text in (e.text or "" for e in _all(element, "geoJsonGeometry")):
        try:
            shapes.append(orjson.loads(text))
        except orjson.JSONDecodeError:
            continue
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    return {"type": "GeometryCollection", "geometries": shapes}


def _ring(element: Element) -> list[list[float]]:
    ring = _pairs(_text_of(element, "posList"))
    return [*ring, ring[0]] if ring and ring[0] != ring[-1] else ring


def _pairs(text: str) -> list[list[float]]:
    try:
        numbers = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        return []
    return [[lon, lat] for lat, lon in zip(numbers[::2], numbers[1::2], strict=False)]


def _point(element: Element) -> list[float] | None:
    try:
        lon, lat = (float(_text_of(element, name)) for name in ("longitude", "latitude"))
    except ValueError:
        return None
    return [lon, lat]


def _all(element: Element, name: str) -> list[Element]:
    return [e for e in element.iter() if e.tag.rpartition("}")[2] == name]


def _text_of(element: Element, name: str) -> str:
    return next((e.text or "" for e in _all(element, name)), "")
