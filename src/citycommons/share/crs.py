"""Reference systems that faces speak: named by URI, coordinates in the order of their authority.

Inside, every position is CRS84. OGC API Features Part 2 (18-058r1) wants the axes of a position in
the order in which the system defines them: latitude first in EPSG:4326.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from citycommons.core.errors import Invalid
from citycommons.core.types import Bbox

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

_BASE = "http://www.opengis.net/def/crs"
CRS84 = f"{_BASE}/OGC/1.3/CRS84"
OFFERED = (
    CRS84,
    *(
        f"{_BASE}/EPSG/0/{code}"
        for code in (
            *(4326, 3857, 4258, 3035),  # the world and Europe
            *(25831, 25832, 25833, 32631, 32632, 32633),  # UTM
            *(31466, 31467, 31468, 3003, 3004, 6707, 6708, 2154, 28992, 2056, 27700),  # countries'
        )
    ),
)
"""The systems that answers can be had in, the first without asking."""

_SPELLINGS = (
    re.compile(r"https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/(\d{4,6})"),
    re.compile(r"urn:(?:ogc|x-ogc):def:crs:EPSG:[\d.]*:(\d{4,6})", re.IGNORECASE),
    re.compile(r"\[?EPSG:(\d{4,6})\]?", re.IGNORECASE),
)
_CRS84_SPELLINGS = re.compile(
    r"https?://www\.opengis\.net/def/crs/OGC/(1\.3|0)/CRS84|urn:ogc:def:crs:OGC:(1\.3)?:CRS84|"
    r"\[?(OGC:)?CRS:?84\]?",
    re.IGNORECASE,
)
_FARTHEST = 1e9  # metres: no system's axes reach so far
_STEPS = 32  # of each edge of a box whose edges bend on the way to degrees

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class System:
    """A reference system by its EPSG code; 0 is CRS84."""

    code: int = 0

    @property
    def uri(self) -> str:
        """Its name in OGC's register."""
        return f"{_BASE}/EPSG/0/{self.code}" if self.code else CRS84

    @property
    def is_projected(self) -> bool:
        """Whether its axes are lengths."""
        return bool(self.code) and bool(_crs(self.code).is_projected)

    def shape(self, given: Any) -> Any:
        """A geometry of this system in CRS84. Raises `Invalid` where it lies outside of it."""
        if not self.code:
            return given
        moved = shapely.transform(given, lambda spots: _moved(_into(self.code), spots))
        if not np.isfinite(shapely.get_coordinates(moved)).all():
            raise Invalid(f"These coordinates lie outside of EPSG:{self.code}. Mind the axes.")
        return moved

    def shape_within(self, given: Any) -> Any:
        """The same, without the places that lie outside of the system's world."""
        moved = shapely.transform(given, lambda spots: _moved(_into(self.code), spots))
        spots = shapely.get_coordinates(moved)
        return shapely.multipoints(spots[np.isfinite(spots).all(axis=1)])

    def written(self, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Geometries in CRS84 as this system writes them, axes in its own order."""
        if not self.code:
            return shapes
        moved: npt.NDArray[np.object_] = shapely.transform(
            shapes, lambda spots: _moved(_from(self.code), spots)
        )
        return moved

    def spots(self, degrees: Floats) -> Floats:
        """Positions in CRS84 (east, north) as this system has them, axes in its own order."""
        return _moved(_from(self.code), degrees) if self.code else degrees

    def box(self, numbers: Sequence[float]) -> Any:
        """A box (4 numbers, or 6 with heights, which are passed over) as a geometry in CRS84.

        West above east crosses the date line, and comes in two parts. Raises `Invalid` for what is
        no box.
        """
        west, south, east, north = self._edges(numbers)
        if not self.is_projected:
            return _degrees_box(west, south, east, north)
        if max(map(abs, (west, south, east, north))) > _FARTHEST:
            raise Invalid(f"This box lies outside of EPSG:{self.code}. Mind the axes.")
        ring: Any
        if size := max(east - west, north - south):
            ring = shapely.segmentize(
                shapely.box(west, south, east, north), max(size / _STEPS, 1e-6)
            )
        else:
            ring = shapely.Point(west, south)
        if self.is_north_first:
            ring = shapely.transform(ring, lambda spots: spots[:, ::-1])
        return self.shape(ring)

    def bbox(self, numbers: Sequence[float]) -> Bbox | None:
        """The same as edges in degrees; None where its edges bend."""
        if self.is_projected and self.code != 3857:
            return None
        if self.is_projected:
            west, south, east, north = shapely.bounds(self.box(numbers)).tolist()
            return west, south, east, north
        edges = self._edges(numbers)
        _check_degrees(edges)
        return edges

    def _edges(self, numbers: Sequence[float]) -> Bbox:
        """West, south, east and north in this system. Raises `Invalid` for what is no box."""
        if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
            raise Invalid("A box has four numbers, or six with heights: west,south,east,north.")
        half = len(numbers) // 2
        low, high = tuple(numbers[:2]), tuple(numbers[half : half + 2])
        if self.is_north_first:
            low, high = low[::-1], high[::-1]
        (west, south), (east, north) = low, high
        if south > north or (west > east and self.is_projected):
            raise Invalid("The box has its upper corner first: write the lower corner, then it.")
        return west, south, east, north

    @property
    def is_north_first(self) -> bool:
        """Whether its authority writes north before east."""
        return bool(self.code) and _crs(self.code).axis_info[0].direction.lower() == "north"


WORLD = System()


def _check_degrees(edges: Bbox) -> None:
    west, south, east, north = edges
    if south < -90 or north > 90 or abs(west) > 360 or abs(east) > 360:
        raise Invalid("The box lies outside of -180,-90,180,90 degrees.")


def _degrees_box(west: float, south: float, east: float, north: float) -> Any:
    _check_degrees((west, south, east, north))
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.MultiPolygon(
        [shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)]
    )


@cache
def _crs(code: int) -> "CRS":
    from pyproj import CRS

    return CRS.from_epsg(code)


@cache
def _into(code: int) -> "Transformer":
    from pyproj import Transformer

    return Transformer.from_crs(code, "OGC:CRS84")


@cache
def _from(code: int) -> "Transformer":
    from pyproj import Transformer

    return Transformer.from_crs("OGC:CRS84", code)


def _moved(transformer: "Transformer", spots: Floats) -> Floats:
    first, second = transformer.transform(spots[:, 0], spots[:, 1])
    moved: Floats = np.column_stack([first, second])
    return moved


def system(text: str, parameter: str = "crs") -> System:
    """The system that a URI (or `EPSG:25832`) names. Raises `Invalid` for one not offered."""
    text = text.strip()
    if _CRS84_SPELLINGS.fullmatch(text):
        return WORLD
    for spelling in _SPELLINGS:
        if found := spelling.fullmatch(text):
            one = System(int(found[1]))
            if one.uri in OFFERED:
                return one
    raise Invalid(
        f"“{parameter}”: “{text[:80]}” is no reference system that is offered here. The "
        "collection's “crs” lists them by URI.",
        parameter=parameter,
    )
