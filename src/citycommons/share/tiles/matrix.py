"""The tile matrix set WebMercatorQuad, and where a place lies in it.

World coordinates count from the north-west corner of the square, 2^32 to a side: 1 cm at the
equator, and a tile's own units are had by shifting bits.

References
----------
OGC 17-083r4: Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0, annex D.1.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from citycommons.core.errors import NotFound
from citycommons.core.types import Bbox

ID = "WebMercatorQuad"
CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
DEEPEST = 22  # zoom levels run from 0 to this
EXTENT = 4096  # units to a side of a tile
BUFFER = 64  # units around it that are drawn too
BITS = 32
HALF_M = 20037508.342789244
NORTH = 85.0511287798066
_DENOMINATOR = 559082264.028717  # scale of zoom 0 at 0.28 mm a pixel, 256 pixels a tile

World = npt.NDArray[np.float64]


def projected(places: World) -> World:
    """Degrees (lon, lat) as world coordinates; beyond the square's edge they are laid on it."""
    size = 2.0**BITS
    lat = np.radians(np.clip(places[:, 1], -NORTH, NORTH))
    x = (places[:, 0] + 180) / 360
    y = 0.5 - np.log(np.tan(np.pi / 4 + lat / 2)) / (2 * np.pi)
    return np.clip(np.column_stack([x, y]) * size, 0, size - 1)


def degrees(world: World) -> World:
    """World coordinates as degrees (lon, lat)."""
    share = world / 2.0**BITS
    lat = np.degrees(2 * np.arctan(np.exp((0.5 - share[:, 1]) * 2 * np.pi)) - np.pi / 2)
    return np.column_stack([share[:, 0] * 360 - 180, lat])


def bbox(z: int, x: int, y: int, margin: float = 0.0) -> Bbox:
    """The tile's box in degrees, wider by a share of its side."""
    side = 2.0**-z
    west, east = ((x + step) * side * 360 - 180 for step in (-margin, 1 + margin))
    north, south = (_latitude((y + step) * side) for step in (-margin, 1 + margin))
    return max(west, -180.0), south, min(east, 180.0), north


def _latitude(share: float) -> float:
    bounded = min(max(share, 0.0), 1.0)
    return float(np.degrees(2 * np.arctan(np.exp((0.5 - bounded) * 2 * np.pi)) - np.pi / 2))


def at(z: int, x: int, y: int) -> tuple[int, int, int]:
    """The tile's address. Raises `NotFound` for one that the set does not have."""
    if not (0 <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise NotFound(
            f"There is no tile {z}/{x}/{y}: zoom runs from 0 to {DEEPEST}, columns and rows from "
            "0 to 2^zoom - 1.",
        )
    return z, x, y


def over(box: Bbox, z: int) -> tuple[int, int, int, int]:
    """Tiles over the box: first and last column, first and last row."""
    west, south, east, north = box
    corners = projected(np.array([[west, north], [east, south]])) / 2.0 ** (BITS - z)
    (left, top), (right, bottom) = corners.astype(np.int64).tolist()
    return left, right, top, bottom


def document(base: str) -> dict[str, Any]:
    """The set as OGC writes it (Tile Matrix Set 2.0, JSON encoding)."""
    return {
        "id": ID,
        "title": "Google Maps Compatible for the World",
        "uri": URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_level(z) for z in range(DEEPEST + 1)],
        "links": [
            {
                "rel": "self",
                "type": "application/json",
                "href": f"{base}/ogc/tileMatrixSets/{ID}",
            }
        ],
    }


def _level(z: int) -> dict[str, Any]:
    return {
        "id": str(z),
        "scaleDenominator": _DENOMINATOR / 2**z,
        "cellSize": 2 * HALF_M / 256 / 2**z,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF_M, HALF_M],
        "tileWidth": 256,
        "tileHeight": 256,
        "matrixWidth": 1 << z,
        "matrixHeight": 1 << z,
    }
