"""A little city on a grid, with the streets' names, and its traffic model."""

from datetime import UTC, datetime

import numpy as np
from tests.act.roadworks.path_solver import PathSolver

from citycommons.act.assignment.types import Demand
from citycommons.act.model.types import DayType, Period, TrafficModel, Zone
from citycommons.act.network.types import Network, Streets, VolumeDelay

_WEST, _SOUTH, _STEP = 7.60, 51.95, 0.005


def network(side: int = 4, capacity: float = 800.0) -> Network:
    """A zone at each corner and one in the middle, each on its own node; streets both ways."""
    corners = [(0, 0), (side - 1, 0), (0, side - 1), (side - 1, side - 1), (side // 2, side // 2)]
    zones = len(corners)
    number = {(x, y): zones + y * side + x for y in range(side) for x in range(side)}
    places = [*corners, *number]
    links = []
    for (x, y), node in number.items():
        for dx, dy, name in ((1, 0, f"East {y}"), (0, 1, f"North {x}")):
            if (other := number.get((x + dx, y + dy))) is not None:
                links += [(node, other, name), (other, node, name)]
    roads = len(links)
    for zone, corner in enumerate(corners):
        links += [(zone, number[corner], ""), (number[corner], zone, "")]
    tail, head = (np.array([link[i] for link in links], np.int32) for i in (0, 1))
    is_road = np.arange(len(links)) < roads
    lon = np.array([_WEST + _STEP * x for x, _ in places])
    lat = np.array([_SOUTH + _STEP * y for _, y in places])
    m = len(links)
    return Network(
        node=np.arange(1, len(places) + 1, dtype=np.int64),
        zones=zones,
        first_through=zones,
        tail=tail,
        head=head,
        capacity=np.where(is_road, capacity, 1e6),
        # Not all alike: equal ways would leave flows to chance.
        free_time=np.where(is_road, 0.6 + 0.013 * (np.arange(m) % 7), 0.1),
        fixed=np.zeros(m),
        b=np.where(is_road, 0.15, 0.0),
        power=np.where(is_road, 4.0, 0.0),
        delay=np.full(m, VolumeDelay.BPR, np.int8),
        banned_turns=np.zeros((0, 2), np.int32),
        streets=Streets(
            lon=lon,
            lat=lat,
            length_m=np.where(is_road, 400.0, 0.0),
            lanes=np.where(is_road, 2.0, 1.0),
            speed_kmh=np.full(m, 40.0),
            kind=tuple("secondary" if one else "connector" for one in is_road),
            name=tuple(link[2] for link in links),
            lines=tuple(
                ((lon[a], lat[a]), (lon[b], lat[b])) for a, b in zip(tail, head, strict=True)
            ),
            sources=tuple(str(i) for i in range(m)),
            guessed={},
        ),
    )


def trips(zones: int, each: float = 220.0) -> np.ndarray:
    made = each * (1 + 0.1 * np.arange(zones * zones).reshape(zones, zones) / zones**2)
    np.fill_diagonal(made, 0.0)
    return made


def shape() -> np.ndarray:
    day = np.array(
        [1, 1, 1, 1, 2, 10, 40, 90, 100, 70, 60, 60, 65, 65, 65, 75, 95, 98, 75, 50, 35, 25, 15, 5]
    )
    return np.array([day, day * 0.7, day * 0.5, day * 0.85]) / 100


def model(side: int = 4, each: float = 220.0, solver=None) -> TrafficModel:
    made = network(side)
    chosen = solver or PathSolver()
    base = chosen.solve(made, (Demand(trips=trips(made.zones, each)),), gap=1e-9)
    streets = made.streets
    return TrafficModel(
        id=f"grid-{side}-{each:g}-{type(chosen).__name__}",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        network=made,
        zones=tuple(
            Zone(f"z{i}", f"Area {i}", float(streets.lon[i]), float(streets.lat[i]))
            for i in range(made.zones)
        ),
        periods=(Period(DayType.WORKDAY, 8, base, None),),
        day_shape=shape(),
        inputs=(),
        limits=("A grid, made for tests.",),
    )
