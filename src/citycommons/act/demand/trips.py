"""A matrix from single trips: bike share, probe vehicles, a survey's diary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from citycommons.act.network.types import Floats, Numbers
from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from shapely import Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Single trips put together by zones."""

    trips: Floats  # (zones, zones), as counted
    kept: int
    outside: int  # one end lies in no zone
    unplaced: int  # one end has no position


def observed(
    origin: Floats, destination: Floats, zones: "Sequence[Geometry]", keep: NDArray[np.bool_]
) -> Observed:
    """Count trips by the zones their ends lie in.

    Parameters
    ----------
    origin, destination
        (trips, 2) longitude and latitude in CRS84 degrees; NaN where unknown.
    zones
        Polygons; a point in several of them, on a border, belongs to the first.
    keep
        (trips,) which trips count: those of an hour or a kind of day, as `hour_is` tells.
    """
    if origin.shape != destination.shape or origin.ndim != 2 or origin.shape[1] != 2:
        raise Invalid("Trips need two columns (lon, lat) for each end, and as many rows of both.")
    start, end = zone_of(origin[keep], zones), zone_of(destination[keep], zones)
    unplaced = ~(np.isfinite(origin[keep]).all(axis=1) & np.isfinite(destination[keep]).all(axis=1))
    inside = (start >= 0) & (end >= 0)
    trips = np.zeros((len(zones), len(zones)))
    np.add.at(trips, (start[inside], end[inside]), 1.0)
    return Observed(trips, int(inside.sum()), int((~inside & ~unplaced).sum()), int(unplaced.sum()))


def zone_of(points: Floats, zones: "Sequence[Geometry]") -> Numbers:
    """The first zone each point (n, 2) lies in, -1 outside all: shape (n,)."""
    import shapely

    tree = shapely.STRtree(list(zones))
    there = np.flatnonzero(np.isfinite(points).all(axis=1))
    which, zone = tree.query(shapely.points(points[there]), predicate="intersects")
    found = np.full(len(points), len(zones), dtype=np.int64)
    np.minimum.at(found, there[which], zone)
    return np.where(found == len(zones), -1, found)


def hour_is(times: NDArray[np.datetime64], hour: int) -> NDArray[np.bool_]:
    """Which local times begin in this hour of the day."""
    clock = times.astype("datetime64[h]") - times.astype("datetime64[D]").astype("datetime64[h]")
    return np.asarray(clock.astype(np.int64) == hour)


def expanded(observed_trips: Floats, productions: Floats) -> Floats:
    """A sample's matrix scaled so that each zone's trips sum to its production.

    A zone nobody in the sample started from gets the sample's overall pattern of destinations.
    """
    pattern = observed_trips.sum(axis=0)
    if pattern.sum() <= 0:
        raise Invalid("The sample holds no trip between the zones.")
    rows = np.where(observed_trips.sum(axis=1, keepdims=True) > 0, observed_trips, pattern)
    return np.asarray(rows * (productions / rows.sum(axis=1))[:, None])
