"""Positions and boxes: CRS84 (longitude, latitude) everywhere inside."""

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox


def parse_bbox(text: str) -> Bbox:
    """Read `west,south,east,north` in degrees; west may exceed east across the antimeridian."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as cause:
        raise Invalid(f"bbox “{text}” is not west,south,east,north in degrees.") from cause
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid(f"bbox “{text}” lies outside -180,-90,180,90 or has south above north.")
    return west, south, east, north


def joined(first: Bbox | None, second: Bbox | None) -> Bbox | None:
    """The smallest box around both."""
    if first is None or second is None:
        return first or second
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )
