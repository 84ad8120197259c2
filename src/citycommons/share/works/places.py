"""Numbers of positions as texts, and where a line leads."""

from decimal import Decimal
from itertools import pairwise
from math import atan2, cos, degrees, hypot, isfinite, radians

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox
from citycommons.core.works import Line
from citycommons.share.works.edition import LONGEST_LINE

_METRES = 111_195.0  # of a degree of latitude on a sphere of 6 371 km
_DECIMALS = 6  # at least, as Waze asks; about 0.1 m


def degree(value: float) -> str:
    """The number exactly, without an exponent and with six decimals or more."""
    text = f"{Decimal(repr(float(value))):f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(_DECIMALS, '0')}"


def latitude_first(line: Line) -> str:
    """“lat lon lat lon …”, as GML under WGS 84 and Waze write it."""
    return " ".join(f"{degree(lat)} {degree(lon)}" for lon, lat in line)


def checked(pairs: list[tuple[float, float]], whose: str) -> Line:
    """The line, if its positions are on the globe and not too many."""
    if len(pairs) > LONGEST_LINE:
        raise Invalid(
            f"{whose} has a line of {len(pairs)} positions; at most {LONGEST_LINE} are read. "
            "Ask its publisher for a simpler one."
        )
    for lon, lat in pairs:
        if not (isfinite(lon) and isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
            raise Invalid(
                f"{whose} has a position of latitude {lat}, longitude {lon}, which is nowhere. "
                "Positions are degrees of WGS 84."
            )
    return tuple(pairs)


def read_latitude_first(text: str, whose: str) -> Line:
    """A line from “lat lon lat lon …”."""
    words = text.replace(",", " ").split()
    if len(words) > 2 * LONGEST_LINE:
        return checked([(0.0, 0.0)] * (len(words) // 2), whose)
    try:
        numbers = [float(word) for word in words]
    except ValueError as cause:
        raise Invalid(f"{whose} has a line that is no list of numbers: {text[:60]}…") from cause
    return checked(list(zip(numbers[1::2], numbers[::2], strict=False)), whose)


def bearing(line: Line) -> float | None:
    """Degrees clockwise from north, from the first position to the last; None of a ring."""
    (west, south), (east, north) = line[0], line[-1]
    x, y = (east - west) * cos(radians((south + north) / 2)), north - south
    return None if x == y == 0 else degrees(atan2(x, y)) % 360


def metres(line: Line) -> float:
    """Its length, on a sphere, good to some per mille over a city."""
    return sum(
        hypot((b[0] - a[0]) * cos(radians((a[1] + b[1]) / 2)), b[1] - a[1]) * _METRES
        for a, b in pairwise(line)
    )


def bounds(found: list[Line]) -> Bbox | None:
    """The box around all of them."""
    every = [position for line in found for position in line]
    if not every:
        return None
    lons, lats = [p[0] for p in every], [p[1] for p in every]
    return min(lons), min(lats), max(lons), max(lats)
