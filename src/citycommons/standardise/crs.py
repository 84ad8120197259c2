"""Reference systems: those of European cities by how well positions fit them, and any by its code.

Codes and areas of use are the EPSG dataset's, through PROJ. Positions go in and out as east, north.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox, Choice

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

Floats = npt.NDArray[np.float64]

CANDIDATES = (
    *(25832, 25833, 25831, 4647, 5650, 5649),  # ETRS89 / UTM, also with the zone before the east
    *(3003, 3004),  # Gauss–Boaga
    *(2154, *range(3942, 3951), 27572),  # Lambert 93, CC42 to CC50, Lambert II étendu
    *(2056, 21781),  # LV95, LV03
    *(27700, 2157, 29903),  # OSGB, Irish ITM, Irish Grid
    *(28992, 31370),  # RD New, Lambert 72
    *(31467, 31466, 31468, 31469),  # Gauß–Krüger
    *(31287, 31256, 31255, 31254),  # Austria
    *(23032, 23033, 3035),  # ED50 / UTM, LAEA Europe
)
MERCATOR = 3857
NORTH_FIRST = "north-first"
"""What follows the code in a choice whose first column is north."""

_HINTS: tuple[tuple[re.Pattern[str], tuple[int, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), codes)
    for pattern, codes in (
        (r"\brd\b|rijksdriehoek", (28992,)),
        (r"\blv ?95\b|ch1903\+", (2056,)),
        (r"\blv ?03\b|\bch1903\b", (21781,)),
        (r"lambert ?93|\bl93\b|rgf ?93", (2154,)),
        (r"\bcc ?4\d\b|\bcc ?50\b", tuple(range(3942, 3951))),
        (r"gau(?:ss|ß)[ -]?boaga|\bgb\b|monte ?mario|roma ?40", (3003, 3004)),
        (r"gau(?:ss|ß)[ -]?kr|\bgk\b|\bdhdn\b|rechtswert|hochwert", (31466, 31467, 31468, 31469)),
        (r"utm ?32|etrs.*32", (25832, 4647)),
        (r"utm ?33|etrs.*33", (25833, 5650)),
        (r"\bosgb\b|\bbng\b|national grid", (27700,)),
        (r"\bitm\b", (2157,)),
        (r"\bmgi\b|\bbmn\b", (31254, 31255, 31256, 31287)),
        (r"mercator|3857|900913", (MERCATOR,)),
    )
)
_PARTS = {"mm": 0.001, "cm": 0.01, "1e-5": 1e-5, "1e-6": 1e-6, "1e-7": 1e-7}
"""Parts of a metre or degree in which coordinates may be written; they follow the code."""
_LENGTHS = ("mm", "cm")
_ANGLES = ("1e-5", "1e-6", "1e-7")
_DEGREES = re.compile(
    r"\b(?:lat|lon|lng|long|latitud\w+|longitud\w+|breite\w*|l(?:ä|ae)nge\w*)\b", re.I
)
_CODE = re.compile(r"(?:epsg|srid|crs)\D{0,3}(\d{4,6})", re.IGNORECASE)
_SAMPLE = 1_000
_LEAST = 0.5  # share of the positions inside a system's area of use
_MOST = 8


def named(text: str) -> str:
    """The system's code as `EPSG:2056`, `EPSG:2056 mm` where files write it in thousandths.

    Raises `Invalid` for one that does not exist.
    """
    code, _, unit = text.strip().partition(" ")
    if unit in _PARTS:
        return f"{named(code)} {unit}"
    found = _system(text)
    authority = found.to_authority(min_confidence=70)
    if authority is None:
        raise Invalid(f"“{text}” has no EPSG code. Write one, such as EPSG:25832.")
    return ":".join(authority)


def is_degrees(crs: str) -> bool:
    """Whether a system counts in degrees and needs no transformation (WGS 84, ETRS89)."""
    return not crs or crs.upper() in ("EPSG:4326", "OGC:CRS84", "EPSG:4258", "EPSG:4979")


def stated(*texts: str) -> str:
    """The code that a text names (`X (EPSG:25832)`), if it is one; empty without."""
    for text in texts:
        if found := _CODE.search(text):
            try:
                return named(found[1])
            except Invalid:
                continue
    return ""


def to_degrees(x: Floats, y: Floats, crs: str) -> tuple[Floats, Floats]:
    """East and north in a system as longitude and latitude; infinite where it is not defined.

    Raises `Invalid` for a system that does not exist.
    """
    if is_degrees(crs):
        return x, y
    code, _, unit = named(crs).partition(" ")
    part = _PARTS.get(unit, 1.0)
    lon, lat = _transformer(code).transform(x * part, y * part, errcheck=False)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def shapes_to_degrees(shapes: Any, crs: str) -> Any:
    """Shapely geometries of a system in degrees; a shape outside its reach loses its position."""
    if is_degrees(crs):
        return shapes
    import shapely

    def move(points: Floats) -> Floats:
        return np.column_stack(to_degrees(points[:, 0], points[:, 1], crs))

    return shapely.transform(shapely.force_2d(shapes), move)


def choices(
    x: Floats, y: Floats, *, bounds: Bbox | None = None, hint: str = ""
) -> tuple[Choice, ...]:
    """Systems that these positions may be in, the likeliest first, in either order of the axes.

    `x` and `y` are the first and the second column. How well a system fits is the share of the
    positions inside its area of use, and inside the city's box where `bounds` tells it; what the
    names say (`hint`) decides between equals. Nothing fits positions that are none.
    """
    there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(there) > _SAMPLE:
        there = there[np.linspace(0, len(there) - 1, _SAMPLE).astype(np.int64)]
    if not len(there):
        return ()
    a, b = x[there], y[there]
    if np.median(np.abs(a)) < 1_000 or np.median(np.abs(b)) < 1_000:
        return ()
    if not (fitting := _fitting(a, b, "", bounds, hint)):
        # Some software writes metres as whole numbers of thousandths or hundredths.
        fitting = [one for unit in _LENGTHS for one in _fitting(a, b, unit, bounds, hint)]
    if _DEGREES.search(hint):  # devices write degrees as whole numbers of millionths
        fitting += [
            (-1.0 - one.fits, rank, one)
            for rank, unit in enumerate(_ANGLES)
            if (one := _choice(4326, unit, "", a, b, bounds)) is not None
        ]
    fitting.sort(key=lambda item: item[:2])
    return tuple(one for _, _, one in fitting[:_MOST])


def _fitting(
    a: Floats, b: Floats, unit: str, bounds: Bbox | None, hint: str
) -> list[tuple[float, int, Choice]]:
    """Systems that fit, with what they are ordered by."""
    meant = {code for pattern, codes in _HINTS if pattern.search(hint) for code in codes}
    found: list[tuple[float, int, Choice]] = []
    for rank, code in enumerate((*CANDIDATES, MERCATOR)):
        for order, (east, north) in (("", (a, b)), (NORTH_FIRST, (b, a))):
            if (one := _choice(code, unit, order, east, north, bounds)) is not None:
                likely = one.fits + 0.05 * (code in meant) - 0.02 * (code == MERCATOR)
                if order and _system(str(code)).axis_info[0].direction == "east":
                    likely -= 0.03  # its users write east first
                found.append((-likely, rank, one))
    return found


def _choice(
    code: int, unit: str, order: str, east: Floats, north: Floats, bounds: Bbox | None
) -> Choice | None:
    system = _system(str(code))
    area = system.area_of_use
    lon, lat = to_degrees(east, north, f"EPSG:{code} {unit}".strip())
    inside = _within(lon, lat, area.bounds if area else (-180.0, -90.0, 180.0, 90.0))
    share = float(inside.mean())
    if share < _LEAST:
        return None
    count = len(east)
    evidence = f"{int(inside.sum())} of {count} positions lie where {system.name} is used"
    fits = 0.5 * share if bounds else share
    if bounds:
        home = _within(lon, lat, bounds)
        fits += 0.5 * float(home.mean())
        evidence = f"{int(home.sum())} of {count} positions lie inside the city"
    elif code == MERCATOR:
        fits *= 0.5  # it covers the world, so lying inside says little
    at = np.flatnonzero(inside)[0]
    return Choice(
        value=" ".join(part for part in (f"EPSG:{code}", unit, order) if part),
        title=f"{system.name} (EPSG:{code})"
        + (f", in {unit}{' degrees' if unit in _ANGLES else ''}" if unit else "")
        + (", north in the first column" if order else ""),
        evidence=evidence,
        sample=f"{lon[at]:.5f}, {lat[at]:.5f}",
        fits=round(fits, 3),
    )


def _within(lon: Floats, lat: Floats, box: Sequence[float]) -> npt.NDArray[np.bool_]:
    west, south, east, north = box
    found: npt.NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return found


@cache
def _system(text: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    text = text.strip()
    try:
        return CRS.from_user_input(f"EPSG:{text}" if text.isdecimal() else text)
    except CRSError as cause:
        raise Invalid(
            f"“{text}” is no reference system. Write its EPSG code, such as EPSG:25832."
        ) from cause


@cache
def _transformer(code: str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(code, "OGC:CRS84", always_xy=True)
