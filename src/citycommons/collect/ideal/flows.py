"""Who drives where: a gravity demand put on the streets, with the bridge open and closed."""

from dataclasses import dataclass

import numpy as np

from citycommons.collect.ideal.chance import Floats, Ints
from citycommons.collect.ideal.plan import Zones
from citycommons.collect.ideal.streets import CAPACITY, Streets

CLOSED_BRIDGE = "Ponte dei Mercanti"
CAR_TRIPS_PER_HEAD = 0.8  # out and as many back, on a working day
TRIPS_PER_ROAD = 2100.0  # into town on each provincial road, working day
STAYING_AWAY = 0.08  # share of the trips over the bridge that are given up while it is closed
WORKING_DAY_SHARE = 1.08  # a working day over the mean day
_DOORS_PER_ZONE, _ROUNDS, _SWEEPS = 3, 10, 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Vehicles a working day on each directed link, shape (links,)."""

    usual: Floats
    closed: Floats

    @property
    def ratio(self) -> Floats:
        """Flow while the bridge is closed over the usual flow; 1 where nobody drives."""
        return np.where(self.usual > 0, self.closed / np.maximum(self.usual, 1e-9), 1.0)


@dataclass(frozen=True, slots=True)
class _Demand:
    doors: Ints  # nodes trips start from
    trips: Floats  # shape (doors, nodes), outbound


def build(streets: Streets, zones: Zones) -> Flows:
    """Flows in a rough user equilibrium (successive averages over the BPR curve)."""
    demand = _demand(streets, zones)
    usual, share_over = _equilibrium(streets, demand, np.zeros(len(streets.tail), bool))
    closed_links = np.array([b == CLOSED_BRIDGE for b in streets.bridge])
    fewer = _Demand(demand.doors, demand.trips * (1 - STAYING_AWAY * share_over))
    closed, _ = _equilibrium(streets, fewer, closed_links)
    return Flows(usual=usual, closed=closed)


def _demand(streets: Streets, zones: Zones) -> _Demand:

    per_zone = np.bincount(streets.zone[streets.zone >= 0], minlength=len(zones.names))
    # Jobs lie evenly over the junctions of their zone.
    jobs = np.where(streets.zone >= 0, (zones.jobs / per_zone)[streets.zone], 0.0)
    out = streets.roads_out
    attraction = jobs.copy()
    attraction[out] = 260.0
    doors: list[int] = []
    produced: list[float] = []
    for zone, middle in enumerate(zones.middle):
        inside = np.flatnonzero(streets.zone == zone)
        far = np.hypot(*(streets.place[inside] - middle).T)
        nearest = inside[np.argsort(far, kind="stable")[:_DOORS_PER_ZONE]]
        doors += nearest.tolist()
        trips = zones.population[zone] * CAR_TRIPS_PER_HEAD / 2
        produced += [trips / len(nearest)] * len(nearest)
    doors += out.tolist()
    produced += [TRIPS_PER_ROAD / 2] * len(out)
    start = streets.place[doors]
    away = start[:, None, :] - streets.place[None, :, :]
    gap = np.hypot(away[:, :, 0], away[:, :, 1])
    pull = attraction * np.exp(-gap / 2200) * (gap > 250)  # shorter ways are walked
    pull[-len(out) :, out] *= 6.0  # through traffic
    pull[np.arange(len(doors)), doors] = 0.0
    trips = np.array(produced)[:, None] * pull / pull.sum(axis=1, keepdims=True)
    return _Demand(np.array(doors), trips)


def _equilibrium(streets: Streets, demand: _Demand, closed: np.ndarray) -> tuple[Floats, Floats]:
    """Flows, shape (links,), and which trips cross the bridge at first, shape (doors, nodes)."""
    capacity = CAPACITY[streets.kind] * 9.0  # of a day: its peak hour carries a ninth
    flow = np.zeros(len(closed))
    over = np.zeros_like(demand.trips)
    bridge = np.array([b == CLOSED_BRIDGE for b in streets.bridge])
    for turn in range(_ROUNDS):
        full = (flow / capacity) * (flow / capacity)
        seconds = streets.free_flow_s * (1 + 0.15 * full * full)
        seconds[closed] = 1e7
        one_way, crosses = _all_or_nothing(streets, demand, seconds, bridge)
        both_ways = one_way + one_way[streets.reverse]  # everybody drives home the same way
        flow += (both_ways - flow) / (turn + 1)
        over += (crosses - over) / (turn + 1)
    return flow, over


def _all_or_nothing(
    streets: Streets, demand: _Demand, seconds: Floats, bridge: np.ndarray
) -> tuple[Floats, Floats]:
    """Every trip on its quickest way: sweeps over all links at once, for all doors together."""
    order = np.argsort(streets.head, kind="stable")
    tail, head, cost = streets.tail[order], streets.head[order], seconds[order]
    first = np.searchsorted(head, np.arange(len(streets.place)))
    doors = np.arange(len(demand.doors))
    time = np.full(demand.trips.shape, 1e9)
    time[doors, demand.doors] = 0.0
    for _ in range(_SWEEPS):
        better = np.minimum(time, np.minimum.reduceat(time[:, tail] + cost, first, axis=1))
        if np.array_equal(better, time):
            break
        time = better
    slack = np.abs(time[:, tail] + cost - time[:, head])
    least = np.minimum.reduceat(slack, first, axis=1)
    into = np.full(time.shape, len(tail))  # the link by which each node is reached
    for at in range(len(tail) - 1, -1, -1):
        into[:, head[at]] = np.where(slack[:, at] <= least[:, head[at]], at, into[:, head[at]])
    load, crosses = np.zeros(len(tail)), np.zeros_like(time)
    here = np.tile(np.arange(len(streets.place)), (len(time), 1))
    under_way = here != demand.doors[:, None]
    while under_way.any():
        link = np.take_along_axis(into, here, axis=1)
        load += np.bincount(link[under_way], demand.trips[under_way], minlength=len(tail))
        crosses[under_way] += bridge[order][link[under_way]]
        here = np.where(under_way, tail[np.minimum(link, len(tail) - 1)], here)
        under_way = here != demand.doors[:, None]
    flow = np.zeros(len(tail))
    flow[order] = load
    return flow, crosses
