"""Places that questions name: well-known text, boxes, circles; as literals of the tree."""

import math

import numpy as np
import shapely

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import Expression, Literal, Shape, call

_EARTH_M = 6_371_008.8  # mean radius (IUGG), as `distance_m` has it
_CORNERS = 240
_FLAT_M = 500_000.0  # a circle up to here, away from poles and date line, has a plain box


def from_wkt(text: str) -> Shape:
    """The geometry of a well-known text, longitude first.

    Raises `Invalid` for what is none.
    """
    plain = text.partition(";")[2] if text[:5].upper() == "SRID=" else text
    try:
        shape = shapely.from_wkt(plain)
    except (shapely.GEOSException, ValueError) as cause:
        raise _no_place(text) from cause
    if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        raise _no_place(text)
    return _shape(shape)


def _no_place(text: str) -> Invalid:
    return Invalid(f"“{text[:60]}” is no place. Write it as POINT (7.62 51.96).")


def _shape(shape: shapely.Geometry) -> Shape:
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape)
    return Shape(bytes(shapely.to_wkb(shapely.force_2d(shape))))


def point(lon: float, lat: float) -> Shape:
    """A point in degrees. Raises `Invalid` for one that is not on Earth."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Invalid(f"{lon:g}, {lat:g} (longitude, latitude) lies outside the Earth.")
    return Shape(bytes(shapely.to_wkb(shapely.Point(lon, lat))))


def box(west: float, south: float, east: float, north: float) -> Shape:
    """A box in degrees; west above east crosses the date line."""
    point(west, south), point(east, north)
    if south > north:
        raise Invalid("The box has its south above its north.")
    if west <= east:
        return _shape(shapely.box(west, south, east, north))
    halves = shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)
    return _shape(shapely.MultiPolygon(halves))


def near(place: Expression, middle: Shape, metres: float) -> Expression:
    """Whether a place lies within so many metres: points exactly, other shapes if they touch.

    Raises `Invalid` unless the middle is a point and the distance a number from 0.
    """
    spot = shapely.from_wkb(middle.wkb)
    if not isinstance(spot, shapely.Point):
        raise Invalid("The middle of a circle is a point, such as POINT (7.62 51.96).")
    if not 0 <= metres < math.inf:
        raise Invalid("A distance is a number of metres from 0.")
    is_near = call("le", call("distance_m", place, middle), Literal(float(metres)))
    edge = _edge(spot.x, spot.y, metres)
    if edge is None:
        return is_near
    circle = shapely.Polygon(edge)
    frame = Shape(bytes(shapely.to_wkb(shapely.box(*circle.buffer(1e-9).bounds))))
    touches = call("s_intersects", place, Shape(bytes(shapely.to_wkb(circle))))
    return call("and", call("s_intersects", place, frame), call("or", is_near, touches))


def _edge(lon: float, lat: float, metres: float) -> np.ndarray | None:
    """Points on the circle; None where it is no simple ring in degrees."""
    reach = math.degrees(metres / _EARTH_M)
    if metres > _FLAT_M or not metres or abs(lat) + reach > 85:
        return None
    turns = np.linspace(0, 2 * math.pi, _CORNERS, endpoint=False)
    angle, here = metres / _EARTH_M, math.radians(lat)
    north = np.arcsin(
        math.sin(here) * math.cos(angle) + math.cos(here) * math.sin(angle) * np.cos(turns)
    )
    east = np.arctan2(
        np.sin(turns) * math.sin(angle) * math.cos(here),
        math.cos(angle) - math.sin(here) * np.sin(north),
    )
    edge = np.column_stack([lon + np.degrees(east), np.degrees(north)])
    return None if np.abs(edge[:, 0]).max() >= 180 else edge
