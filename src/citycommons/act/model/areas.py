"""Areas cut into pieces with few crossings each, so that trips do not all begin at one corner."""

from typing import Any

import numpy as np
import pyarrow as pa

from citycommons.act.network.assemble import streets_of
from citycommons.act.network.types import Floats, Network


def pieces(
    areas: pa.Table, network: Network, *, id: str, geometry: str, shared: tuple[str, ...], most: int
) -> pa.Table:
    """Cut each area until no piece holds more than `most` street nodes.

    Cuts run north-south or east-west, whichever way the nodes lie further apart, half of the nodes
    on each side. Columns of `shared` (inhabitants, jobs) are divided by the nodes in each piece;
    ids of pieces after the first end in -2, -3, …; all else is as in the area.
    """
    import shapely

    streets = streets_of(network)
    shapes = shapely.from_wkb(np.array(areas.column(geometry).to_pylist(), dtype=object))
    rows: list[dict[str, Any]] = []
    for row, shape in zip(areas.to_pylist(), shapes, strict=True):
        inside = shapely.contains_xy(shape, streets.lon, streets.lat)
        points = np.stack([streets.lon[inside], streets.lat[inside]], axis=1)
        cut = _cut(shape, points, most)
        for number, (piece, count) in enumerate(cut, 1):
            share = count / len(points) if len(cut) > 1 else 1.0
            rows.append(
                row
                | {geometry: shapely.to_wkb(piece)}
                | {id: str(row[id]) if number == 1 else f"{row[id]}-{number}"}
                | {name: None if row[name] is None else row[name] * share for name in shared}
            )
    return pa.Table.from_pylist(rows)


def _cut(shape: Any, points: Floats, most: int) -> list[tuple[Any, int]]:
    import shapely

    if len(points) <= most:
        return [(shape, len(points))]
    narrow = np.array([np.cos(np.radians(points[:, 1].mean())), 1.0])
    axis = int(np.ptp(points * narrow, axis=0).argmax())
    order = points[np.argsort(points[:, axis], kind="stable")]
    half = len(order) // 2
    at = (order[half - 1, axis] + order[half, axis]) / 2
    west, south, east, north = shapely.bounds(shape)
    low = (west, south, at, north) if axis == 0 else (west, south, east, at)
    high = (at, south, east, north) if axis == 0 else (west, at, east, north)
    below = points[:, axis] < at
    if below.all() or not below.any():  # nodes in one place
        return [(shape, len(points))]
    return [
        *_cut(_polygons(shapely.intersection(shape, shapely.box(*low))), points[below], most),
        *_cut(_polygons(shapely.intersection(shape, shapely.box(*high))), points[~below], most),
    ]


def _polygons(shape: Any) -> Any:
    """The polygons of what a cut left, without lines and points on its edge."""
    import shapely

    kept = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"]
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)
