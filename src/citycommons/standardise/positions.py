"""Positions as WKB, from columns of degrees, or “48.82, 2.19”, WKT and GeoJSON in cells."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.types import Field, FieldType
from citycommons.standardise import hints
from citycommons.standardise.formats import Draft, Rows

Floats = npt.NDArray[np.float64]
NAME = "geometry"
_FAR_DEGREES = 5.0
_PAIR = re.compile(r"^\s*\[?\s*(?P<a>-?\d{1,3}\.\d+)\s*[,;]\s*(?P<b>-?\d{1,3}\.\d+)\s*\]?\s*$")
_WKT = re.compile(r"^\s*(?:SRID=4326;)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?\s*\(", re.I)
_GEOJSON = re.compile(r'^\s*\{.*"type"\s*:\s*"(?:Multi)?(?:Point|LineString|Polygon)"', re.S)


@dataclass(frozen=True, slots=True)
class Placed:
    """A geometry column and the words on how it was found."""

    values: pa.Array
    evidence: str
    column: str = ""  # the text column that held it


def locate(table: pa.Table, fields: list[Field], draft: Draft) -> Placed | None:
    """The table's positions as WKB points (or shapes) in CRS84; None when columns name none.

    Positions outside the world, and those far from all others, are faults and stay empty.
    """
    if pair := _axes(fields):
        x, y = (_floats(table[name]) for name in pair)
        if _is_degrees(x, y, is_named=hints.axis(pair[0]) == "lon"):
            evidence = f"from the columns {pair[0]} and {pair[1]}"
            return Placed(_checked(x, y, pair, draft), evidence)
    texts = [field for field in fields if field.type is FieldType.STRING]
    for find in (_from_shapes, _from_pairs):
        for field in texts:
            if found := find(table[field.name], field, draft):
                return found
    return None


def points(x: Floats, y: Floats, is_there: npt.NDArray[np.bool_]) -> pa.Array:
    """WKB points, little-endian; null where nothing is there."""
    kinds = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    packed = np.empty(len(x), kinds)
    packed["order"], packed["type"], packed["x"], packed["y"] = 1, 1, x, y
    packed = packed[is_there]
    sizes = np.where(is_there, kinds.itemsize, 0)
    offsets = np.zeros(len(x) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    bits = pa.array(is_there).buffers()[1]
    data = [bits, pa.py_buffer(offsets), pa.py_buffer(packed.tobytes())]
    return pa.Array.from_buffers(pa.binary(), len(x), data)


def outside(bounds: Floats) -> npt.NDArray[np.bool_]:
    """Which of the boxes (rows of west, south, east, north) do not lie within the world."""
    west, south, east, north = bounds.T
    with np.errstate(invalid="ignore"):
        wrong: npt.NDArray[np.bool_] = (west < -180) | (east > 180) | (south < -90) | (north > 90)
    return wrong


def _axes(fields: list[Field]) -> tuple[str, str] | None:
    """Names of the columns of longitude and latitude; a clear name wins over x and y."""
    numbers = [f for f in fields if f.type in (FieldType.NUMBER, FieldType.INTEGER)]
    named: dict[str, str] = {}
    for field in numbers:
        if axis := hints.axis(field.name):
            named.setdefault(axis, field.name)
    for east, north in (("lon", "lat"), ("x", "y")):
        if east in named and north in named:
            return named[east], named[north]
    return None


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), np.nan), dtype=np.float64)


def _is_degrees(x: Floats, y: Floats, *, is_named: bool) -> bool:
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return False
    inside = float(((np.abs(x) <= 180) & (np.abs(y) <= 90))[there].mean())
    # x and y may be metres or pixels: they must look like degrees throughout.
    has_fractions = bool((np.mod(x[there], 1) != 0).any())
    return inside >= 0.5 if is_named else inside >= 0.98 and has_fractions


def _checked(x: Floats, y: Floats, names: tuple[str, str], draft: Draft) -> pa.Array:
    there = np.isfinite(x) & np.isfinite(y)
    with np.errstate(invalid="ignore"):
        inside = there & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    half = there ^ (np.isfinite(x) | np.isfinite(y))
    empty = inside & (x == 0) & (y == 0)
    inside &= ~empty
    far = inside & _far(x, y, inside)
    column = f"{names[0]}, {names[1]}"
    for rule, rows, message in (
        ("position-outside", there & ~inside & ~empty, "{value} lies outside the world"),
        ("position-zero", empty, "{value} is the zero of the map, not a place"),
        ("position-far", far, "{value} lies far from all other positions; are the axes swapped?"),
        ("position-half", half, "{value} is only half a position"),
    ):
        _flag(rule, f"{message}; no geometry was made.", column, rows, x, y, draft)
    return points(x, y, inside & ~far)


def _far(x: Floats, y: Floats, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Positions more than 5 degrees from the middle, where 19 of 20 lie within 1 degree of it."""
    far = np.zeros(len(x), bool)
    if inside.sum() < 20:
        return far
    for axis in (x, y):
        with np.errstate(invalid="ignore"):
            away = np.abs(axis - np.median(axis[inside]))
            if (away[inside] <= 1).mean() < 0.95:
                return np.zeros(len(x), bool)
            far |= away > _FAR_DEGREES
    return far


def _flag(
    rule: str,
    message: str,
    column: str,
    wrong: npt.NDArray[np.bool_],
    x: Floats,
    y: Floats,
    draft: Draft,
) -> None:
    rows: Rows = np.flatnonzero(wrong)
    if not len(rows):
        return
    shown = rows[: draft.faults.left]
    texts = [f"{x[row]:g}, {y[row]:g}" for row in shown.tolist()]
    found = zip(draft.lines(shown).tolist(), texts, strict=True)
    draft.faults.add_many(rule, message, column=column, found=found, total=len(rows))


def _fits(column: pa.ChunkedArray, pattern: re.Pattern[str]) -> bool:
    first = pc.drop_null(column.slice(0, 5_000)).slice(0, 200).to_pylist()
    return bool(first) and sum(1 for t in first if pattern.match(t)) >= 0.9 * len(first)


def _from_pairs(column: pa.ChunkedArray, field: Field, draft: Draft) -> Placed | None:
    if not _fits(column, _PAIR):
        return None
    parts = pc.extract_regex(column.combine_chunks(), _PAIR.pattern)
    a, b = (_floats(pc.struct_field(parts, name)) for name in ("a", "b"))
    # Portals write latitude first in one cell; longitude first only where that alone is possible.
    is_swapped = bool((np.abs(a[np.isfinite(a)]) > 90).any())
    x, y = (a, b) if is_swapped else (b, a)
    order = "longitude, latitude" if is_swapped else "latitude, longitude"
    values = _checked(x, y, (field.name, field.name), draft)
    return Placed(values, f"from the column {field.name}, read as {order}", field.name)


def _from_shapes(column: pa.ChunkedArray, field: Field, draft: Draft) -> Placed | None:
    kind = next((k for k, p in (("WKT", _WKT), ("GeoJSON", _GEOJSON)) if _fits(column, p)), "")
    if not kind:
        return None
    texts = np.array(column.to_pylist(), dtype=object)
    if kind == "WKT":
        bare = np.array([t and t.removeprefix("SRID=4326;") for t in texts], dtype=object)
        shapes = shapely.from_wkt(bare, on_invalid="fix")
    else:
        shapes = shapely.from_geojson(texts, on_invalid="ignore")
    shapes[outside(shapely.bounds(shapes))] = None
    there = np.asarray(column.is_valid())
    lost = np.flatnonzero(there & ~shapely.is_geometry(shapes))
    if len(lost) * 2 > there.sum():
        return None  # metres of some grid, perhaps; nothing here says which
    shown = lost[: draft.faults.left]
    found = zip(draft.lines(shown).tolist(), [texts[row] for row in shown.tolist()], strict=True)
    message = f"“{{value}}” is no {kind} in degrees; no geometry was made."
    draft.faults.add_many("geometry", message, column=field.name, found=found, total=len(lost))
    values = pa.array(shapely.to_wkb(shapes, output_dimension=2), pa.binary())
    return Placed(values, f"from the column {field.name}, {kind}", field.name)
