"""What CQL2's two encodings share: names of operators, and literals of places and times.

References
----------
OGC 21-065r2, Common Query Language (CQL2).
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import shapely
from shapely.errors import ShapelyError

from citycommons.core.errors import Invalid
from citycommons.share.crs import System
from citycommons.share.expressions.tree import Literal, Shape

MOST_DEPTH = 50  # of parts within parts; the tree behind it takes 60
MOST_SIGNS = 64_000  # of a filter

COMPARISONS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
SUMS = {"+": "add", "-": "sub"}
PRODUCTS = {"*": "mul", "/": "div", "%": "mod", "div": "int_div"}
SPATIAL = frozenset(
    f"s_{name}"
    for name in (
        *("contains", "crosses", "disjoint", "equals"),
        *("intersects", "overlaps", "touches", "within"),
    )
)
TEMPORAL = {
    f"t_{name.replace('_', '')}": f"t_{name}"
    for name in (
        *("after", "before", "contains", "disjoint", "during", "equals", "finished_by", "finishes"),
        *("intersects", "meets", "met_by", "overlapped_by", "overlaps", "started_by", "starts"),
    )
}
ARRAYS = {
    "a_contains": "a_contains",
    "a_containedby": "a_contained_by",
    "a_equals": "a_equals",
    "a_overlaps": "a_overlaps",
}
FOLDS = frozenset({"casei", "accenti"})


def number(text: str) -> Literal:
    """A number; whole ones past 64 bits become fractions. Raises `Invalid` for infinity."""
    if text.isdecimal() and len(text) < 20 and int(text) < 2**63:
        return Literal(int(text))
    value = float(text)
    if not math.isfinite(value):
        raise Invalid(f"“{text[:20]}” is too large a number.")
    return Literal(value)


def negative(one: Literal) -> Literal:
    """The number with the other sign."""
    return Literal(-one.value)  # type: ignore[operator]


def day(text: str) -> Literal:
    """A date as 2026-03-31."""
    try:
        return Literal(datetime.strptime(text, "%Y-%m-%d").date())  # noqa: DTZ007
    except ValueError as cause:
        raise Invalid(f"“{text[:40]}” is no date. Write it as 2026-03-31.") from cause


def moment(text: str) -> Literal:
    """A time in UTC as 2026-03-31T08:00:00Z."""
    date_, _, time_ = text.upper().partition("T")
    try:
        found = datetime.combine(date.fromisoformat(date_), time.fromisoformat(time_))
        return Literal(found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as cause:
        raise Invalid(f"“{text[:40]}” is no time. Write it as 2026-03-31T08:00:00Z.") from cause


def edge(text: str) -> Literal:
    """One end of an interval: a date, a time, or `..` for none."""
    if text in ("..", ""):
        return Literal(None)
    return day(text) if len(text) == 10 else moment(text)


def shape_of_wkt(text: str, system: System) -> Shape:
    """A geometry in well-known text."""
    try:
        return _packed(system.shape(shapely.from_wkt(text)))
    except ShapelyError as cause:
        said = str(cause).partition(":")[2].strip() or "it cannot be read"
        raise Invalid(f"“{text[:60]}” is no geometry: {said}.") from cause


def shape_of_geojson(given: bytes, system: System) -> Shape:
    """A GeoJSON geometry."""
    try:
        return _packed(system.shape(shapely.from_geojson(given)))
    except ShapelyError as cause:
        raise Invalid(f"“{given[:60].decode(errors='replace')}” is no geometry.") from cause


def shape_of_box(numbers: Sequence[float], system: System) -> Shape:
    """A box of 4 or 6 numbers."""
    return _packed(system.box(numbers))


def _packed(shape: Any) -> Shape:
    if shape is None or not math.isfinite(sum(shapely.bounds(shape).tolist() or [0.0])):
        raise Invalid("An empty geometry meets nothing; give one with coordinates.")
    return Shape(shapely.to_wkb(shapely.force_2d(shape)))
