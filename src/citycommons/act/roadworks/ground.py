"""The ground that works lie on, to ask what else is there."""

from collections.abc import Iterable
from math import cos, radians

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from citycommons.core.types import Bbox
from citycommons.core.works import Line

NEAR_M = 15.0
"""Half the width of a street with what belongs to it."""
_METRES = 111_320.0  # of a degree of latitude


class Ground:
    """The ground of works, as an area in metres around its own middle."""

    def __init__(self, lines: Iterable[Line]) -> None:
        whole = shapely.union_all([shapely.LineString(line) for line in lines if len(line) > 1])
        self.lat = float(whole.centroid.y) if not whole.is_empty else 0.0
        self.area = shapely.buffer(self.flat(whole), NEAR_M)
        shapely.prepare(self.area)
        self.bounds: Bbox = self._bounds(whole)

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """The shape in metres."""
        scale = np.array([_METRES * cos(radians(self.lat)), _METRES])
        return shapely.transform(shape, lambda places: places * scale)

    def _bounds(self, whole: BaseGeometry) -> Bbox:
        west, south, east, north = whole.bounds
        more = NEAR_M / _METRES
        wide = more / cos(radians(self.lat))
        return west - wide, south - more, east + wide, north + more

    def meets(self, shape: BaseGeometry) -> bool:
        """Whether a shape in CRS84 comes near the works."""
        return bool(self.area.intersects(self.flat(shape)))


def quoted(name: str) -> str:
    """A column's name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'
