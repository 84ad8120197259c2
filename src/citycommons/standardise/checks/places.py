"""Checks of shapes: they can be drawn, and they lie where the city is (OGC Simple Features)."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.errors import Invalid
from citycommons.core.types import Rule
from citycommons.standardise.checks.kind import Found, Kind, Known, column

_POINT = 21  # bytes of a WKB point in two dimensions
_CUT = 1 << 16  # shapes looked at together


def valid_geometry(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    for name in rule.columns:
        rows: list[np.ndarray] = []
        why: list[str] = []
        values = column(table, name)
        # Points of finite numbers cannot be broken, and are most of what cities have.
        if _are_points(values):
            continue
        for start, shapes in _shapes(values):
            wrong = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
            rows.append(wrong + start)
            why += [_plain(text) for text in shapely.is_valid_reason(shapes[wrong])]
        found = np.concatenate(rows) if rows else np.empty(0, np.int64)
        told = pa.array(why, pa.string())
        yield Found(message="the shape is broken: {value}.", column=name, rows=found, values=told)


def inside(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """Shapes lie within `bounds` (west, south, east, north), the city's own where none are said."""
    bounds = rule.options.get("bounds") or known.bounds
    if bounds is None:
        return
    if len(bounds) != 4 or bounds[0] > bounds[2] or bounds[1] > bounds[3]:
        raise Invalid(f"Rule “inside”: bounds are west, south, east, north, not {bounds}.")
    west, south, east, north = (float(one) for one in bounds)
    for name in rule.columns:
        rows: list[np.ndarray] = []
        told: list[str] = []
        for start, shapes in _shapes(column(table, name)):
            box = shapely.bounds(shapes)
            out = (box[:, 0] < west) | (box[:, 1] < south)
            out |= (box[:, 2] > east) | (box[:, 3] > north)
            wrong = np.flatnonzero(out)
            rows.append(wrong + start)
            told += [f"{box[row, 0]:.5f}, {box[row, 1]:.5f}" for row in wrong]
        found = np.concatenate(rows) if rows else np.empty(0, np.int64)
        message = "{value} lies outside the city."
        yield Found(message=message, column=name, rows=found, values=pa.array(told, pa.string()))


def _are_points(values: pa.Array) -> bool:
    """Whether all there are is little-endian points in the plane with finite coordinates."""
    if not pa.types.is_binary(values.type):
        return False
    there = values.drop_null()
    if not len(there) or not pc.all(pc.equal(pc.binary_length(there), _POINT)).as_py():
        return False
    start = np.frombuffer(there.buffers()[1], np.int32)[there.offset]
    raw = np.frombuffer(there.buffers()[2], np.uint8)[start : start + _POINT * len(there)]
    packed = raw.reshape(-1, _POINT)
    if not (packed[:, :5] == np.array([1, 1, 0, 0, 0], np.uint8)).all():
        return False
    return bool(np.isfinite(np.ascontiguousarray(packed[:, 5:]).view("<f8")).all())


def _shapes(values: pa.Array) -> Iterator[tuple[int, np.ndarray]]:
    if not pa.types.is_binary(values.type):
        raise Invalid("A rule about places needs a geometry column.")
    for start in range(0, len(values), _CUT):
        raw = values.slice(start, _CUT).to_numpy(zero_copy_only=False)
        yield start, shapely.from_wkb(raw, on_invalid="ignore")


def _plain(reason: str) -> str:
    """GEOS's reason in our words, with the place it names."""
    told, _, place = reason.partition("[")
    words = {
        "Self-intersection": "its outline crosses itself",
        "Ring Self-intersection": "a ring touches itself",
        "Hole lies outside shell": "a hole lies outside its outline",
        "Nested shells": "one outline lies inside another",
        "Interior is disconnected": "a hole cuts it apart",
        "Duplicate Rings": "a ring stands twice",
        "Too few points in geometry component": "it has too few points",
    }.get(told.strip(), told.strip().lower())
    return f"{words} at {place.rstrip(']')}" if place else words


KINDS = {
    "valid-geometry": Kind(find=valid_geometry, words="Shapes do not cross themselves."),
    "inside": Kind(
        find=inside,
        words="Places lie within the city.",
        options={"bounds": "west, south, east, north in degrees; the city's own where empty"},
    ),
}
