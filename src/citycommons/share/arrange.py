"""The order of rows in a version, its content digest, and the box around its places.

References
----------
Skilling, J.: Programming the Hilbert curve. AIP Conference Proceedings 707, 2004.
OGC GeoParquet 1.1: bounding box columns ("covering").
"""

import hashlib
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Bbox, Digest
from citycommons.store import spill
from citycommons.store.lake import BBOX

Boxes = npt.NDArray[np.float64]
SIDES = ("xmin", "ymin", "xmax", "ymax")  # of the covering column
_ORDER = 16  # bits per axis: cells of about 0.6 m × 0.3 m over a whole city
_POINT = 21  # bytes of a WKB point in two dimensions
_BATCH = 65_536


def boxes_of(geometry: pa.ChunkedArray) -> Boxes:
    """Bounds of each geometry, shape (rows, 4) as west, south, east, north; NaN where null."""
    column = geometry.combine_chunks() if isinstance(geometry, pa.ChunkedArray) else geometry
    points = points_of(column)
    if points is not None:
        return np.concatenate([points, points], axis=1)
    import shapely

    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    return np.asarray(shapely.bounds(shapes), dtype=np.float64)


def points_of(column: pa.Array) -> Boxes | None:
    """Coordinates, NaN where null, if every geometry is a little-endian point; else None."""
    is_point, spots = points_among(column)
    if not len(spots) or (is_point != np.asarray(column.is_valid())).any():
        return None
    points = np.full((len(column), 2), np.nan)
    points[is_point] = spots
    return points


def points_among(column: pa.Array) -> tuple[npt.NDArray[np.bool_], Boxes]:
    """Which geometries are little-endian points in two dimensions, and their coordinates.

    They are not decoded one by one, which takes 20 times as long.
    """
    offsets = np.frombuffer(column.buffers()[1] or b"", dtype=np.int32)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    is_point = np.asarray(column.is_valid()) & (np.diff(offsets) == _POINT)
    starts = offsets[:-1][is_point]
    if not len(starts):
        return is_point, np.empty((0, 2))
    data = np.frombuffer(column.buffers()[2], dtype=np.uint8)
    if (np.diff(starts) == _POINT).all():
        packed = data[starts[0] : starts[0] + _POINT * len(starts)].reshape(-1, _POINT)
    else:
        packed = data[starts[:, None] + np.arange(_POINT)]
    is_known = (packed[:, :5] == np.array([1, 1, 0, 0, 0], np.uint8)).all(axis=1)
    is_point[is_point] = is_known
    return is_point, np.ascontiguousarray(packed[is_known, 5:]).view("<f8").reshape(-1, 2)


def bounds_of(boxes: Boxes) -> Bbox | None:
    """The box around all; None when nothing has a place."""
    there = boxes[~np.isnan(boxes[:, 0])]
    if not len(there):
        return None
    low, high = there[:, :2].min(axis=0), there[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def around(one: Bbox | None, other: Bbox | None) -> Bbox | None:
    """The box around two boxes, either of which may be nowhere."""
    if one is None or other is None:
        return one or other
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def centres_of(boxes: Boxes) -> Boxes:
    """The middle of each box, as a box without extent."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.concatenate([middle, middle], axis=1)


def hilbert_distances(centres: Boxes, around: Bbox | None) -> npt.NDArray[np.int64]:
    """How far along the Hilbert curve that fills the box each centre lies; those nowhere last."""
    missing = np.isnan(centres[:, 0])
    low, high = np.array(around or (0, 0, 1, 1), np.float64).reshape(2, 2)
    span = high - low
    span[span == 0] = 1
    side = (1 << _ORDER) - 1
    cells = np.nan_to_num((centres[:, :2] - low) / span * side).astype(np.uint32)
    distance = _hilbert(cells[:, 0], cells[:, 1]).astype(np.int64)
    distance[missing] = np.iinfo(np.int64).max
    return distance


def _hilbert(x: npt.NDArray[np.uint32], y: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """Distance along the curve, four bits of both axes at a time."""
    steps, turns = _curve()
    distance = np.zeros(len(x), np.uint64)
    turn = np.zeros(len(x), np.uint32)
    for shift in range(_ORDER - 4, -1, -4):
        at = (turn << np.uint32(8)) | ((x >> np.uint32(shift)) & np.uint32(15)) << np.uint32(4)
        at |= (y >> np.uint32(shift)) & np.uint32(15)
        distance = (distance << np.uint64(8)) | steps[at]
        turn = turns[at]
    return distance


@cache
def _curve() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    """For each turn of the curve and four bits of x and y: the way along it, and the next turn.

    A turn is two bits: whether both axes are mirrored, and whether they are swapped.
    """
    turn, x, y = (
        part.ravel() for part in np.meshgrid(range(4), range(16), range(16), indexing="ij")
    )
    way = np.zeros(len(x), np.uint64)
    swapped, mirrored = turn & 1, turn >> 1
    for bit in range(3, -1, -1):
        a, b = (x >> bit) & 1, (y >> bit) & 1
        rx, ry = np.where(swapped, b, a) ^ mirrored, np.where(swapped, a, b) ^ mirrored
        way = (way << np.uint64(2)) | ((3 * rx) ^ ry).astype(np.uint64)
        mirrored = np.where((ry == 0) & (rx == 1), mirrored ^ 1, mirrored)
        swapped = np.where(ry == 0, swapped ^ 1, swapped)
    return way, (swapped | mirrored << 1).astype(np.uint32)


def covering(boxes: Boxes) -> pa.StructArray:
    """The `bbox` column of GeoParquet 1.1: a struct of four float64."""
    columns = [pa.array(boxes[:, i], from_pandas=True) for i in range(4)]
    return pa.StructArray.from_arrays(columns, names=list(SIDES))


def boxes_in(covering: pa.ChunkedArray) -> Boxes:
    """The boxes of a `bbox` column, shape (rows, 4); NaN where null."""
    if not len(covering):
        return np.empty((0, 4))
    sides = [pc.struct_field(covering, name) for name in SIDES]
    return np.stack([np.asarray(pc.fill_null(side, np.nan)) for side in sides], axis=1)


def geo_metadata(geometry: str, bounds: Bbox | None, *, covered: bool = True) -> bytes:
    """The `geo` metadata of GeoParquet 1.1 for one WKB column in CRS84 (its default)."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
    if covered:
        cover = {name: [BBOX, name] for name in SIDES}
        column["covering"] = {"bbox": cover}
    if bounds:
        column["bbox"] = list(bounds)
    return orjson.dumps(
        {"version": "1.1.0", "primary_column": geometry, "columns": {geometry: column}}
    )


def content_digest(table: pa.Table) -> Digest:
    """SHA-256 of names, types and values, whatever file format or chunking holds them.

    Null slots count as null only; the bytes below them are never looked at.
    """
    seen = hashlib.sha256()
    for name, column in zip(table.schema.names, table.columns, strict=True):
        seen.update(orjson.dumps([name, str(column.type), len(column)]))
        for some in spill.pieces(_plain(column), _BATCH):
            part = some.combine_chunks()
            if isinstance(part, pa.ChunkedArray):
                part = pa.concat_arrays(part.chunks)
            _feed(seen, part)
    return Digest(seen.hexdigest())


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _feed(seen: Any, part: pa.Array) -> None:
    if part.null_count:
        seen.update(np.packbits(np.asarray(part.is_valid())).tobytes())
        part = part.drop_null()
    kind = part.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        seen.update(pc.binary_length(part).to_numpy().tobytes())
        offsets = np.frombuffer(part.buffers()[1], np.int32)[part.offset :][: len(part) + 1]
        if len(part):
            seen.update(memoryview(part.buffers()[2])[offsets[0] : offsets[-1]])
    elif pa.types.is_boolean(kind):
        seen.update(np.packbits(part.to_numpy(zero_copy_only=False)).tobytes())
    else:
        width = kind.bit_width // 8
        raw = np.frombuffer(part.buffers()[1], np.uint8)
        seen.update(raw[part.offset * width : (part.offset + len(part)) * width].tobytes())
