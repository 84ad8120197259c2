"""Dates and places as ODSQL writes them."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

import shapely

from citycommons.core.errors import Invalid
from citycommons.share.expressions import places
from citycommons.share.expressions.tree import Expression, Literal, Shape


def moment(text: str) -> Literal:
    """What `date'…'` says: a year, a month, a day or a time. Raises `Invalid` if it is none."""
    plain = text.strip().replace("/", "-")
    try:
        if re.fullmatch(r"\d{4}", plain):
            return Literal(date(int(plain), 1, 1))
        if re.fullmatch(r"\d{4}-\d\d", plain):
            return Literal(date.fromisoformat(plain + "-01"))
        if re.fullmatch(r"\d{4}-\d\d-\d\d", plain):
            return Literal(date.fromisoformat(plain))
        found = datetime.fromisoformat(plain)
        return Literal(found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as cause:
        raise Invalid(f"“{text[:40]}” is no date. Write date'2026-03-31'.") from cause


def place(text: str) -> Shape:
    """What `geom'…'` says, in well-known text or GeoJSON. Raises `Invalid` if it is none."""
    if not text.lstrip().startswith("{"):
        return places.from_wkt(text)
    try:
        found = shapely.from_geojson(text)
    except (shapely.GEOSException, ValueError) as cause:
        raise Invalid(f"“{text[:60]}” is no GeoJSON geometry.") from cause
    return places.from_wkt(shapely.to_wkt(found, rounding_precision=-1) if found else "")


def box_of(first: Shape, second: Shape) -> Shape:
    """The box that has both at its corners."""
    bounds: Sequence[float] = shapely.total_bounds(
        [shapely.from_wkb(first.wkb), shapely.from_wkb(second.wkb)]
    ).tolist()
    return places.box(*bounds)


def edge(one: Expression) -> float:
    """A number that stands as such. Raises `Invalid` if it is none."""
    if isinstance(one, Literal) and isinstance(one.value, int | float):
        return float(one.value)
    raise Invalid("The edges of a box are numbers: in_bbox(field, 51.9, 7.5, 52.0, 7.7).")
