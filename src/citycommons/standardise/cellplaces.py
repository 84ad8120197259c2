"""Positions in one cell: WKT and EWKT, GeoJSON, WKB in hex digits, pairs of numbers, degrees."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.types import Bbox
from citycommons.standardise import degrees

Floats = npt.NDArray[np.float64]

_NUMBER = r"[-+]?\d{1,8}(?:[.,]\d+)?"
_POINT_PAIR = r"[-+]?\d{1,8}(?:\.\d+)?"
_PAIRS = tuple(
    rf"^\s*[\[(]?\s*(?P<a>{number})\s*{between}\s*(?P<b>{number})\s*[\])]?\s*$"
    for number, between in (
        (_POINT_PAIR, "[,;]"),  # 48.82, 2.19
        (_NUMBER, "[;/|]"),  # 48,82; 2,19
        (_NUMBER, r",?\s+"),  # 48,82 2,19
    )
)
_WKT = re.compile(
    r"^\s*(?:SRID\s*=\s*(?P<srid>\d+)\s*;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*(?:ZM?|M)?\s*(?:\(|EMPTY\s*$)",
    re.IGNORECASE,
)
_GEOJSON = re.compile(r'^\s*\{.*"type"\s*:\s*"(?:Multi)?(?:Point|LineString|Polygon)"', re.DOTALL)
_WKB = re.compile(r"^\s*(?:\\x)?0[01][0-9A-Fa-f]{40,}\s*$")
_SRID = re.compile(r"^\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_SAMPLE = 200
_MOST_MISFITS = 0.1


@dataclass(frozen=True, slots=True)
class Cells:
    """What a column of positions holds, in numbers as they stand: shapes, or pairs."""

    kind: str  # "WKT", "GeoJSON", "WKB", "pair", "degrees"
    shapes: Any = None  # shapely geometries of a column of shapes
    first: Floats | None = None  # of pairs, as written
    second: Floats | None = None
    crs: str = ""  # as the cells themselves say (EWKT, EWKB), when all say the same


def understood(column: pa.ChunkedArray, bounds: Bbox | None = None) -> Cells | None:
    """What the texts of a column are, if nine of ten are positions; None when they are none.

    Degrees, minutes and seconds come as longitude, latitude; other pairs as they stand.
    """
    first = pc.drop_null(column.slice(0, 5_000)).slice(0, _SAMPLE).to_pylist()
    if not first:
        return None
    for pattern, read in (
        (_WKT, _from_wkt),
        (_GEOJSON, _from_geojson),
        (_WKB, _from_wkb),
    ):
        if _fit(first, pattern.match):
            return read(column)
    for pair in _PAIRS:
        compiled = re.compile(pair)
        if _fit(first, compiled.match) and _says_more(first):
            return _from_pairs(column, pair)
    if _fit(first, lambda text: degrees.is_pair(text)):
        lon, lat = degrees.parse_pairs(column, is_o_west=is_o_west(first, column, bounds))
        return Cells("degrees", first=lon, second=lat)
    return None


def is_o_west(sample: list[str], column: pa.ChunkedArray, bounds: Bbox | None) -> bool:
    """Whether an “O” is Ouest or Ovest: there is an E as well, or only so it lies in the city."""
    has_o, has_east = degrees.has_o(sample)
    if not has_o or has_east or bounds is None:
        return has_o and has_east
    lon, _ = degrees.parse_pairs(column, is_o_west=True)
    if not np.isfinite(lon).any():
        lon = degrees.parse(column, is_o_west=True)
    inside = (lon >= bounds[0]) & (lon <= bounds[2])
    return bool(inside.sum() * 2 > np.isfinite(lon).sum())


def _fit(sample: list[str], test: Callable[[str], object]) -> bool:
    return sum(1 for text in sample if test(text)) >= (1 - _MOST_MISFITS) * len(sample)


def _says_more(sample: list[str]) -> bool:
    """Whether pairs look like positions, not like two small whole numbers or a decimal comma."""
    digits = [re.findall(r"\d+(?:[.,]\d+)?", text) for text in sample]
    has_fractions = sum(1 for d in digits if any(re.search(r"[.,]\d{2}", part) for part in d))
    are_large = sum(1 for d in digits if len(d) == 2 and all(len(part) >= 5 for part in d))
    return max(has_fractions, are_large) * 2 >= len(sample)


def _from_wkt(column: pa.ChunkedArray) -> Cells:
    texts = column.to_pylist()
    srids = {found[1] for text in texts if text and (found := _SRID.match(text))}
    bare = np.array([text and _SRID.sub("", text) for text in texts], dtype=object)
    shapes = shapely.from_wkt(bare, on_invalid="fix")
    return Cells("WKT", shapes=shapes, crs=f"EPSG:{srids.pop()}" if len(srids) == 1 else "")


def _from_geojson(column: pa.ChunkedArray) -> Cells:
    texts = np.array(column.to_pylist(), dtype=object)
    return Cells("GeoJSON", shapes=shapely.from_geojson(texts, on_invalid="ignore"))


def _from_wkb(column: pa.ChunkedArray) -> Cells:
    texts = [text and text.strip().removeprefix("\\x") for text in column.to_pylist()]
    shapes = shapely.from_wkb(np.array(texts, dtype=object), on_invalid="ignore")
    there = shapes[shapely.is_geometry(shapes)]
    srids = set(shapely.get_srid(there).tolist()) - {0}
    return Cells("WKB", shapes=shapes, crs=f"EPSG:{srids.pop()}" if len(srids) == 1 else "")


def _from_pairs(column: pa.ChunkedArray, pattern: str) -> Cells:
    parts = pc.extract_regex(column.combine_chunks(), pattern)
    a, b = (_number(pc.struct_field(parts, name)) for name in ("a", "b"))
    return Cells("pair", first=a, second=b)


def _number(texts: pa.Array) -> Floats:
    points = pc.cast(pc.replace_substring(texts, ",", "."), pa.float64())
    return np.asarray(pc.fill_null(points, np.nan), dtype=np.float64)
