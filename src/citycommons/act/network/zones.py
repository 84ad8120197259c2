"""Where trips begin and end: areas and gates of the city, joined to the streets by connectors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from citycommons.act.network.assemble import places_of, streets_of
from citycommons.act.network.defaults import number
from citycommons.act.network.plane import Plane
from citycommons.act.network.types import Floats, Ints, Network, Streets, VolumeDelay
from citycommons.core.errors import Invalid

CONNECTOR = "connector"
"""`Streets.kind` of the way of a zone to the streets."""
_AMPLE = 1e6  # vehicles an hour: a connector stands for many small streets and never fills up


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Zoned:
    """A network whose first nodes are the zones; zone k is node k, areas before gates."""

    network: Network
    ids: tuple[str, ...]  # (zones,) of the area, or “gate-” and the number of the node
    names: tuple[str, ...]
    lon: Floats  # (zones,) CRS84 degrees
    lat: Floats
    weight: Floats  # (zones,) the column asked for: inhabitants, jobs; 1 without one; 0 for gates
    is_gate: np.ndarray[tuple[int], np.dtype[np.bool_]]
    moved: int  # node k of the network given is node k + moved here; links keep their index


def zones_from_areas(
    network: Network,
    areas: pa.Table,
    *,
    id: str = "district_id",
    name: str = "name",
    weight: str | None = "inhabitants",
    geometry: str = "geometry",
    gates: Sequence[int] = (),
    most: int = 6,
    farthest_m: float = 5_000.0,
) -> Zoned:
    """Put zones for areas (polygons, WKB in CRS84) and gates before the nodes of a network.

    Each area gets a node at its middle (a point surely inside) and connectors both ways to up to
    `most` street nodes inside it, those nearest to the middle; where none lies inside, to the two
    nearest within `farthest_m`. A gate is a zone at a street node (its index in `network`), for
    trips from and to the outside. Connectors are appended after the links, with kind
    “connector”, a fixed time (defaults.toml) and no delay; zones are not driven through. An area
    with no street near gets no connector: its trips will be said to be unserved.

    Only nodes of streets in the network are joined, so restrict it to its largest part first
    (`components.largest`). The weight of an area that says nothing is 0.
    Raises `Invalid` if a column is missing, a shape is none, or the network has zones already.

    Examples
    --------
    `zones_from_areas(net, districts, gates=gates(net)).network.zones`
    """
    if network.zones:
        raise Invalid("The network has zones already.")
    shapes = _shapes(areas, geometry)
    places = places_of(network)
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    where = np.concatenate([middles, places[list(gates)].reshape(-1, 2)])
    flat = Plane.around(places[:, 0], places[:, 1])
    street, zone = flat.metres(places[:, 0], places[:, 1]), flat.metres(where[:, 0], where[:, 1])
    joined = [
        *(
            _nodes(shape, zone[k], places, street, most, farthest_m)
            for k, shape in enumerate(shapes)
        ),
        *(np.array([gate]) for gate in gates),
    ]
    called = [str(value) for value in _column(areas, id)]
    node_names = [f"gate-{network.node[gate]}" for gate in gates]
    return Zoned(
        network=_with_zones(network, where, zone, street, joined),
        ids=(*called, *node_names),
        names=(*(str(v or "") for v in _column(areas, name)), *node_names),
        lon=where[:, 0],
        lat=where[:, 1],
        weight=np.concatenate([_weights(areas, weight), np.zeros(len(gates))]),
        is_gate=np.arange(len(where)) >= len(shapes),
        moved=len(where),
    )


def gates(network: Network, *, outermost: float = 0.15) -> tuple[int, ...]:
    """Dead ends of the streets at the rim of the city, where its traffic meets the world's.

    A dead end counts if it lies in the outermost share (by distance from the middle) of all nodes.
    """
    places = places_of(network)
    joined = [set[int]() for _ in range(network.nodes)]
    for tail, head in zip(network.tail.tolist(), network.head.tolist(), strict=True):
        joined[tail].add(head)
        joined[head].add(tail)
    metres = Plane.around(places[:, 0], places[:, 1]).metres(places[:, 0], places[:, 1])
    far = np.hypot(*(metres - np.median(metres, axis=0)).T)
    limit = np.quantile(far, 1 - outermost)
    return tuple(k for k in range(network.nodes) if len(joined[k]) == 1 and far[k] >= limit)


def _shapes(areas: pa.Table, geometry: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    shapes: np.ndarray[tuple[int], np.dtype[np.object_]] = shapely.from_wkb(
        np.array(_column(areas, geometry), dtype=object)
    )
    for row, shape in enumerate(shapes):
        if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise Invalid(f"Row {row + 1} of the areas has no polygon.", row=row + 1)
    return shapes


def _column(areas: pa.Table, name: str) -> list[object]:
    if name not in areas.column_names:
        raise Invalid(
            f"The areas have no column “{name}”; they have {', '.join(areas.column_names)}.",
            column=name,
        )
    values: list[object] = areas.column(name).to_pylist()
    return values


def _weights(areas: pa.Table, name: str | None) -> Floats:
    if name is None:
        return np.ones(areas.num_rows)
    try:
        found = np.array([float(str(v)) if v is not None else 0.0 for v in _column(areas, name)])
    except ValueError as cause:
        raise Invalid(
            f"Column “{name}” of the areas is no number: {cause}.", column=name
        ) from cause
    return np.where(np.isfinite(found), found, 0.0)


def _nodes(
    shape: Any, middle: Floats, places: Floats, street: Floats, most: int, farthest_m: float
) -> Ints:
    """Indices of the street nodes to join an area to, the nearest first."""
    far = np.hypot(*(street - middle).T)
    inside = np.flatnonzero(shapely.contains_xy(shape, places[:, 0], places[:, 1]))
    if len(inside):
        inside = inside[np.argsort(far[inside], kind="stable")[:most]]
        return inside.astype(np.int32)
    near = np.argsort(far, kind="stable")[:2]
    return near.compress(far[near] <= farthest_m).astype(np.int32)


def _with_zones(
    network: Network, where: Floats, zone: Floats, street: Floats, joined: Sequence[Ints]
) -> Network:
    count = len(where)
    zones = np.repeat(np.arange(count), [len(nodes) for nodes in joined])
    nodes = np.concatenate([*joined, np.empty(0)]).astype(np.int64)
    metres = number("connector", "detour") * np.hypot(*(zone[zones] - street[nodes]).T)
    tail = np.stack([zones, nodes + count], axis=1)  # out of the zone, then back in
    ends = np.concatenate([tail, tail[:, ::-1]], axis=1).reshape(-1, 2)
    twice = np.repeat(metres, 2)
    speed = number("connector", "speed_kmh")
    new, nothing = len(twice), np.zeros(len(twice))
    # Numbers of zones go on after those of the nodes, so that no two are alike.
    first = int(network.node.max(initial=0)) + 1
    return replace(
        network,
        node=np.concatenate([np.arange(first, first + count), network.node]),
        zones=count,
        first_through=count,
        tail=np.concatenate([network.tail + count, ends[:, 0]]).astype(np.int32),
        head=np.concatenate([network.head + count, ends[:, 1]]).astype(np.int32),
        capacity=np.concatenate([network.capacity, np.full(new, _AMPLE)]),
        free_time=np.concatenate([network.free_time, twice / speed * 0.06]),
        fixed=np.concatenate([network.fixed, nothing]),
        b=np.concatenate([network.b, nothing]),
        power=np.concatenate([network.power, np.ones(new)]),
        delay=np.concatenate([network.delay, np.full(new, VolumeDelay.BPR, dtype=np.int8)]),
        streets=_streets(streets_of(network), where, ends, twice, speed),
    )


def _streets(streets: Streets, where: Floats, ends: Ints, metres: Floats, speed: float) -> Streets:
    lon, lat = (
        np.concatenate([where[:, 0], streets.lon]),
        np.concatenate([where[:, 1], streets.lat]),
    )
    place = list(zip(lon.tolist(), lat.tolist(), strict=True))
    new = len(metres)
    return replace(
        streets,
        lon=lon,
        lat=lat,
        length_m=np.concatenate([streets.length_m, metres]),
        lanes=np.concatenate([streets.lanes, np.ones(new)]),
        speed_kmh=np.concatenate([streets.speed_kmh, np.full(new, speed)]),
        kind=(*streets.kind, *[CONNECTOR] * new),
        name=(*streets.name, *[""] * new),
        lines=(*streets.lines, *((place[tail], place[head]) for tail, head in ends.tolist())),
        sources=(*streets.sources, *[""] * new),
        guessed={**streets.guessed, "connector": new},
    )
