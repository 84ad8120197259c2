"""Shapes as text, whole columns at a time: GeoJSON and well-known text.

Numbers of all shapes of a kind are written at once and put together by their offsets, which is 15
times as fast as one shape after another.

References
----------
RFC 7946 (GeoJSON); OGC Simple Features 1.2.1, section 7 (well-known text); GeoArrow (offsets).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.share.arrange import points_among

Shapes = npt.NDArray[np.object_]
Spots = npt.NDArray[np.float64]
_POINT, _NOWHERE, _ODD = 0, -1, -2
# Nestings of positions by the number that GEOS gives the kind.
_DEPTHS = {0: 0, 1: 1, 3: 2, 4: 1, 5: 2, 6: 3}
_NAMES = {
    0: "Point",
    1: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How a shape is written: around a position, between two, around a list, around it all."""

    position: tuple[str, str, str]
    between: str
    around: tuple[str, str]
    begin: Callable[[str], str]
    end: str
    kinds: frozenset[int]
    one_by_one: Callable[[Shapes], pa.Array]  # for every other kind, and for what is empty


def _geojson_one_by_one(shapes: Shapes) -> pa.Array:
    return pc.replace_substring(pa.array(shapely.to_geojson(shapes), pa.string()), " ", "")


def _wkt_one_by_one(shapes: Shapes) -> pa.Array:
    return pa.array(shapely.to_wkt(shapes, rounding_precision=-1), pa.string())


GEOJSON = Notation(
    position=("[", ",", "]"),
    between=",",
    around=("[", "]"),
    begin=lambda name: f'{{"type":"{name}","coordinates":',
    end="}",
    kinds=frozenset(_DEPTHS),
    one_by_one=_geojson_one_by_one,
)
WKT = Notation(
    position=("", " ", ""),
    between=", ",
    around=("(", ")"),
    begin=lambda name: f"{name.upper()} ",
    end="",
    kinds=frozenset({0, 1, 3, 5, 6}),
    one_by_one=_wkt_one_by_one,
)


def geojson(column: pa.Array, decimals: int) -> pa.Array:
    """GeoJSON geometries (RFC 7946: right-handed rings), null for null; heights are left out."""

    def rounded(spots: Spots) -> Spots:
        return np.asarray(np.round(spots, decimals) + 0.0)  # no -0

    def flat(shapes: Shapes) -> Shapes:
        return np.asarray(shapely.orient_polygons(shapely.force_2d(shapes)), object)

    return _texts(column, GEOJSON, rounded, flat)


def wkt(column: pa.Array) -> pa.Array:
    """Well-known text with all decimals, null for null."""
    return _texts(column, WKT, lambda spots: spots + 0.0, lambda shapes: shapes)


def _texts(
    column: pa.Array,
    how: Notation,
    numbers: Callable[[Spots], Spots],
    prepared: Callable[[Shapes], Shapes],
) -> pa.Array:
    is_point, spots = points_among(column)
    is_point[is_point], spots = ~np.isnan(spots).any(axis=1), spots[~np.isnan(spots).any(axis=1)]
    parts, rows = [_points(numbers(spots), how)], [np.flatnonzero(is_point)]
    if not is_point.all():
        left = np.flatnonzero(~is_point)
        shapes = prepared(_shapes(column.take(pa.array(left))))
        kinds = shapely.get_type_id(shapes)
        kinds[(shapely.is_empty(shapes) | shapely.has_z(shapes)) & (kinds >= 0)] = _ODD
        for kind in np.unique(kinds).tolist():
            some = np.flatnonzero(kinds == kind)
            parts.append(_of_kind(shapes[some], kind, how, numbers))
            rows.append(left[some])
        order = np.argsort(np.concatenate(rows), kind="stable")
        return pa.concat_arrays(parts).take(pa.array(order))
    return parts[0]


def _shapes(column: pa.Array) -> Shapes:
    """The shapes themselves; None for what is no shape."""
    found = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return np.asarray(found, object)


def _of_kind(
    shapes: Shapes, kind: int, how: Notation, numbers: Callable[[Spots], Spots]
) -> pa.Array:
    if kind == _NOWHERE:
        return pa.nulls(len(shapes), pa.string())
    if kind not in how.kinds:
        return how.one_by_one(shapely.transform(shapes, numbers, include_z=True))
    if kind == _POINT:
        return _points(numbers(shapely.get_coordinates(shapes)), how)
    _, spots, offsets = shapely.to_ragged_array(shapes, include_z=False)
    lon, lat = _degrees(numbers(spots))
    before, comma, after = how.position
    texts = pc.binary_join_element_wise(before, lon, comma, lat, after, "")
    for level in offsets:
        lists = pa.ListArray.from_arrays(pa.array(level, pa.int32()), texts)
        joined = pc.binary_join(lists, how.between)
        texts = pc.binary_join_element_wise(how.around[0], joined, how.around[1], "")
    return pc.binary_join_element_wise(how.begin(_NAMES[kind]), texts, how.end, "")


def _points(spots: Spots, how: Notation) -> pa.Array:
    lon, lat = _degrees(spots)
    before, comma, after = how.position if how.position[0] else ("(", how.position[1], ")")
    begin = how.begin(_NAMES[_POINT]) + before
    return pc.binary_join_element_wise(begin, lon, comma, lat, after + how.end, "")


def _degrees(spots: Spots) -> tuple[pa.Array, pa.Array]:
    """Longitudes and latitudes as text."""
    lon, lat = (pc.cast(pa.array(spots[:, axis]), pa.string()) for axis in (0, 1))
    return lon, lat
