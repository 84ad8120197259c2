"""A version's places, simplified for a small map: what lies where, how much of it, and its name.

Rows that share a place (hours of one counter) become one, with the mean of their measure. Lines
and outlines are simplified to what a map of this size can show; the data themselves stay whole.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import shapely

from citycommons.core.types import Bbox, Field, FieldType, Version
from citycommons.share.open import Opened
from citycommons.understand.columns import (
    doubtful,
    measure_column,
    quoted,
    series_columns,
    statistics_of,
)
from citycommons.understand.kept import kept

EDITION = 1
MOST = 6000  # places on a small map; the explorer shows all
SIZE = 900.0  # width of the map in units, for which shapes are simplified
_TIMEOUT_S = 60.0


class Shape(StrEnum):
    """What kind of place it is."""

    POINT = "point"
    LINE = "line"
    AREA = "area"


Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: its parts in CRS84 degrees, its name, its amount, how many rows lie there."""

    shape: Shape
    parts: tuple[Ring, ...]
    name: str = ""
    kind: str = ""  # of a category, such as a street's class
    value: float | None = None
    rows: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All places of a version that a small map shows."""

    places: tuple[Place, ...]
    bounds: Bbox
    measure: str = ""  # column whose mean is the amount; empty when rows are only located
    unit: str = ""
    every: int = 0  # places there are; more than shown when the map would be too full
    without: int = 0  # rows that have no place


def places(opened: Opened) -> Places | None:
    """The version's places for a small map, or None where it has no geometry."""
    name = f"places-{EDITION}"
    return kept(opened.lake, opened.version.file, name, Places, lambda: compute(opened))


def compute(opened: Opened) -> Places | None:
    """Group rows by place, take means, simplify; at most `MOST` places, those with most rows."""
    version = opened.version
    geometry = version.geometry
    if geometry is None or version.bounds is None:
        return None
    measure, name, kind = measure_column(version), name_column(version), _kind(opened)
    asked = opened.query(
        f", tidy AS (SELECT {quoted(geometry)} AS g, {_double(measure)} AS y, {_text(name)} AS s, "
        f"{_text(kind)} AS k, {doubtful(version.fields)} AS doubtful FROM rows)\n" + _sql("places"),
        timeout_s=_TIMEOUT_S,
    )
    found = asked.to_pylist()
    if not found:
        return None
    shapes = _alike(shapely.from_wkb([one["g"] for one in found]))
    bounds = _frame(shapes)
    tolerance = (bounds[2] - bounds[0]) / SIZE
    shown = tuple(
        Place(
            shape=_shape(shape),
            parts=parts,
            name=one["s"] or "",
            kind=one["k"] or "",
            value=one["y"],
            rows=one["n"],
        )
        for one, shape in zip(found, shapes, strict=True)
        if shape is not None and (parts := _parts(shape, tolerance))
    )
    known = statistics_of(version).get(geometry)
    return Places(
        places=shown,
        bounds=bounds,
        measure=measure.name if measure else "",
        unit=measure.unit if measure else "",
        every=found[0]["every"],
        without=known.nulls if known else 0,
    )


def _alike(shapes: Any) -> Any:
    """All as points where points and small areas are mixed, so that amounts can be compared."""
    kinds = shapely.get_dimensions(shapes)
    if not ((kinds == 0).any() and (kinds == 2).any()):
        return shapes
    return [shapely.point_on_surface(shape) for shape in shapes]


def _sql(name: str) -> str:
    text = (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("$most", str(MOST))


def _double(field: Field | None) -> str:
    return f"CAST({quoted(field.name)} AS DOUBLE)" if field else "CAST(NULL AS DOUBLE)"


def _text(field: Field | None) -> str:
    return f"CAST({quoted(field.name)} AS VARCHAR)" if field else "''"


def name_column(version: Version) -> Field | None:
    """The column that names a place: one that people read, with many values."""
    known = statistics_of(version)
    columns = series_columns(version, most=1_000_000)
    named = [f for f in columns if "name" in f.name.casefold()]
    readable = [f for f in columns if known[f.name].distinct >= 0.5 * min(version.rows, 40)]
    return next(iter([*named, *readable]), None)


def _kind(opened: Opened) -> Field | None:
    """The column that tells kinds of places apart, such as a street's class."""
    known = statistics_of(opened.version)
    return next(
        (
            f
            for f in opened.version.fields
            if f.type is FieldType.STRING and f.name in known and 2 <= known[f.name].distinct <= 24
        ),
        None,
    )


def _frame(shapes: Any) -> Bbox:
    """The box of what is shown, without the far outliers that would shrink all others to a dot."""
    boxes = shapely.bounds(shapes)
    boxes = boxes[~(boxes != boxes).any(axis=1)]
    xs = sorted(((boxes[:, 0] + boxes[:, 2]) / 2).tolist())
    ys = sorted(((boxes[:, 1] + boxes[:, 3]) / 2).tolist())

    def inner(values: list[float]) -> tuple[float, float]:
        low, high = values[len(values) // 10], values[-1 - len(values) // 10]
        reach = 3 * (high - low) or 0.02
        return low - reach, high + reach

    (west, east), (south, north) = inner(xs), inner(ys)
    kept_boxes = [
        box
        for box in boxes.tolist()
        if west <= (box[0] + box[2]) / 2 <= east and south <= (box[1] + box[3]) / 2 <= north
    ]
    low_x, low_y = min(b[0] for b in kept_boxes), min(b[1] for b in kept_boxes)
    high_x, high_y = max(b[2] for b in kept_boxes), max(b[3] for b in kept_boxes)
    return padded((low_x, low_y, high_x, high_y))


def padded(box: Bbox, share: float = 0.06, least: float = 0.006) -> Bbox:
    """The box with a margin, never narrower than `least` degrees (0.006: some hundred metres)."""
    width, height = max(box[2] - box[0], least), max(box[3] - box[1], least * 2 / 3)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half_x, half_y = width * (0.5 + share), height * (0.5 + share)
    return x - half_x, y - half_y, x + half_x, y + half_y


def _shape(shape: Any) -> Shape:
    dimension = shapely.get_dimensions(shape)
    return (Shape.POINT, Shape.LINE, Shape.AREA)[max(0, int(dimension))]


def _parts(shape: Any, tolerance: float) -> tuple[Ring, ...]:
    if shapely.is_empty(shape):
        return ()
    if shapely.get_dimensions(shape) == 0:
        points = shapely.get_coordinates(shape).tolist()
        return tuple(((x, y),) for x, y in points if math.isfinite(x) and math.isfinite(y))
    simple = shapely.simplify(shape, tolerance * 0.6, preserve_topology=False)
    if shapely.is_empty(simple):
        simple = shape
    return tuple(_lines(shapely.get_parts(simple)))


def _lines(parts: Iterable[Any]) -> Iterable[Ring]:
    for part in parts:
        lines = shapely.get_rings(part) if shapely.get_dimensions(part) == 2 else [part]
        for line in lines:
            points = shapely.get_coordinates(line)
            if len(points) > 1:
                yield tuple((round(x, 5), round(y, 5)) for x, y in points.tolist())


__all__ = ["MOST", "Place", "Places", "Shape", "name_column", "padded", "places"]
