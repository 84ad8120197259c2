"""What is to be solved, as the arrays that solvers read: small network, trips by origin, costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from citycommons.act.assignment.delay import Delay, check, delays
from citycommons.act.assignment.kernels import Bushes, Graph, Labels, Links, Pairs
from citycommons.act.assignment.types import Demand, Unserved
from citycommons.act.network.compress import Compressed, compress
from citycommons.act.network.turns import expand
from citycommons.act.network.types import Floats, Ints, Network
from citycommons.core.errors import Invalid

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """Trips in car units by bush: pairs of zones that share both small nodes are one."""

    root: Ints  # (bushes,) small node
    group: Ints  # (bushes,) index of the demand
    first_end: Ints  # (bushes + 1,)
    end: Ints  # (ends,) small node
    trips: Floats  # (ends,)
    zone_pair: NDArray[np.int64]  # (pairs, 3) demand, origin, destination
    at: NDArray[np.int64]  # (pairs,) index of the end, or -1 if they share a small node
    weight: Floats  # (pairs,) car units


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A network and its demands, prepared."""

    network: Network  # as given
    roads: Network  # the same with banned turns built in; its first links are the network's
    small: Compressed
    graph: Graph
    delay: Delay
    demands: tuple[Demand, ...]
    trips: Trips
    extra: Floats  # (groups, small links) infinite where a group may not drive, or nobody may
    closed: frozenset[int]  # links of the network

    @property
    def small_closed(self) -> Ints:
        """Small links of which a member is closed."""
        shut = np.zeros(self.roads.links, dtype=bool)
        shut[list(self.closed)] = True
        return np.flatnonzero(self.sums(shut.astype(float)) > 0).astype(np.int32)

    def sums(self, values: Floats) -> Floats:
        """Add values of links (m,) up along the chains: (small links,)."""
        small = self.small
        chain = np.repeat(np.arange(len(small.tail)), np.diff(small.first_member))
        summed: Floats = np.zeros(len(small.tail))
        np.add.at(summed, chain, values[small.member])
        return summed


def prepare(network: Network, demands: Sequence[Demand], like: Problem | None = None) -> Problem:
    """Check and prepare; what `like` has of the same streets is taken over.

    Raises `Invalid` for a network or demand that cannot be solved.
    """
    check(network)
    for demand in demands:
        _check_demand(network, demand)
    if not demands:
        raise Invalid("No demand was given: there is nobody to drive.")
    if like is not None and _same_streets(like, network, demands):
        roads = _with_times(like.roads, network)
        small, graph = like.small, like.graph
    else:
        expanded = expand(network)
        roads, keep = expanded.network, np.zeros(expanded.network.links, dtype=bool)
        for demand in demands:
            if demand.banned is not None:
                keep[: network.links] |= demand.banned
        small = compress(roads, expanded.through, keep)
        graph = _graph(small)
    problem = Problem(
        network=network,
        roads=roads,
        small=small,
        graph=graph,
        delay=delays(roads, small),
        demands=tuple(demands),
        trips=gather(small, demands),
        extra=np.zeros((len(demands), len(small.tail))),
        closed=frozenset(),
    )
    for k, demand in enumerate(demands):
        problem.extra[k] = problem.sums(_extra(roads, demand))
    return problem


def _check_demand(network: Network, demand: Demand) -> None:
    shape, zones = demand.trips.shape, network.zones
    if shape != (zones, zones):
        raise Invalid(f"The trips of {demand.name} are {shape}; the network has {zones} zones.")
    bad = ~(np.isfinite(demand.trips) & (demand.trips >= 0))
    if bad.any():
        o, d = (int(network.node[i[0]]) for i in np.nonzero(bad))
        raise Invalid(f"The trips of {demand.name} from {o} to {d} are no number from 0 up.")
    if not (np.isfinite(demand.pce) and demand.pce > 0):
        raise Invalid(f"One vehicle of {demand.name} is {demand.pce} cars: it must be above 0.")
    for name, given in (("extra", demand.extra), ("banned", demand.banned)):
        if given is not None and given.shape != (network.links,):
            raise Invalid(
                f"`{name}` of {demand.name} is {given.shape}; there are {network.links} links."
            )
    if demand.extra is not None:
        least = network.free_time + network.fixed + demand.extra
        if not (np.isfinite(least) & (least >= 0)).all():
            raise Invalid(f"What {demand.name} pays beside the time makes a link cost below 0.")


def _same_streets(like: Problem, network: Network, demands: Sequence[Demand]) -> bool:
    def bans(one: Demand) -> Flags:
        return np.zeros(network.links, dtype=bool) if one.banned is None else one.banned

    old = like.network
    if len(demands) != len(like.demands) or old.links != network.links:
        return False
    return (
        (old.zones, old.nodes, old.first_through)
        == (network.zones, network.nodes, network.first_through)
        and all(
            old_part is part or np.array_equal(old_part, part)
            for old_part, part in (
                (old.tail, network.tail),
                (old.head, network.head),
                (old.banned_turns, network.banned_turns),
            )
        )
        and all(
            a.banned is b.banned or np.array_equal(bans(a), bans(b))
            for a, b in zip(demands, like.demands, strict=True)
        )
    )


def _with_times(roads: Network, network: Network) -> Network:
    if roads.links == network.links:
        return replace(network, banned_turns=roads.banned_turns, tail=roads.tail, head=roads.head)
    m = network.links

    def put(name: str) -> Floats:
        values: Floats = getattr(roads, name).copy()
        values[:m] = getattr(network, name)
        return values

    return replace(
        roads,
        capacity=put("capacity"),
        free_time=put("free_time"),
        fixed=put("fixed"),
        b=put("b"),
        power=put("power"),
        delay=put("delay").astype(np.int8),
    )


def _extra(roads: Network, demand: Demand) -> Floats:
    extra = np.zeros(roads.links)
    if demand.extra is not None:
        extra[: len(demand.extra)] = demand.extra
    if demand.banned is not None:
        extra[: len(demand.banned)][demand.banned] = np.inf
    return extra


def _graph(small: Compressed) -> Graph:
    nodes = np.arange(len(small.node) + 1)
    by_head = np.argsort(small.head, kind="stable").astype(np.int32)
    return Graph(
        tail=small.tail,
        head=small.head,
        first_out=np.searchsorted(small.tail, nodes).astype(np.int32),
        first_in=np.searchsorted(small.head[by_head], nodes).astype(np.int32),
        link_in=by_head,
        through=small.through.astype(np.uint8),
    )


def gather(small: Compressed, demands: Sequence[Demand]) -> Trips:
    """Sort the trips of all demands by the bush and the end they belong to."""
    pairs, weights = [], []
    for k, demand in enumerate(demands):
        o, d = np.nonzero(demand.trips)
        o, d = o[o != d], d[o != d]
        pairs.append(np.column_stack([np.full(len(o), k), o, d]))
        weights.append(demand.trips[o, d] * demand.pce)
    pair, weight = np.concatenate(pairs), np.concatenate(weights)
    nodes = len(small.node)
    start, end = small.start[pair[:, 1]].astype(np.int64), small.end[pair[:, 2]].astype(np.int64)
    moves = start != end
    key = (pair[:, 0] * nodes + start) * nodes + end
    keys, place = np.unique(key[moves], return_inverse=True)
    bush, first = np.unique(keys // nodes, return_index=True)
    at = np.full(len(pair), -1, dtype=np.int64)
    at[moves] = place
    return Trips(
        root=(bush % nodes).astype(np.int32),
        group=(bush // nodes).astype(np.int32),
        first_end=np.append(first, len(keys)).astype(np.int32),
        end=(keys % nodes).astype(np.int32),
        trips=np.bincount(place, weights=weight[moves], minlength=len(keys)).astype(np.float64),
        zone_pair=pair.astype(np.int64),
        at=at,
        weight=weight,
    )


def links_of(problem: Problem) -> Links:
    """Empty volumes; times are set by the solvers."""
    m, groups = len(problem.small.tail), len(problem.demands)
    return Links(np.zeros(m), np.zeros(m), np.zeros((groups, m)), problem.extra)


def labels_of(problem: Problem, room: int) -> Labels:
    n = len(problem.small.node)

    def ints(size: int) -> Ints:
        return np.zeros(size, dtype=np.int32)

    return Labels(
        least=np.zeros(n),
        most=np.zeros(n),
        best=np.zeros(n),
        load=np.zeros(n),
        least_slot=ints(n),
        most_slot=ints(n),
        first_slot=ints(n),
        place=ints(n),
        order=ints(n),
        merges=ints(n),
        new_link=ints(n),
        queue=ints(n + 1),
        drawers=ints(512),
        bush_link=ints(max(room, n + 1)),
        bush_flow=np.zeros(max(room, n + 1)),
    )


def pairs_of(problem: Problem) -> Pairs:
    """Room for the pairs of ways of one round; pages not needed are never touched."""
    count = max(len(problem.trips.root) * 64, 1024)
    size = max(count * 16, 4 * len(problem.small.node) + 1024)

    def ints(size: int) -> Ints:
        return np.zeros(size, dtype=np.int32)

    return Pairs(ints(1), ints(count), ints(count + 1), ints(count), ints(size), ints(size))


def bushes_of(problem: Problem, room: int) -> Bushes:
    """Bushes without links, one for each origin and demand with trips."""
    trips, count = problem.trips, len(problem.trips.root)
    return Bushes(
        root=trips.root,
        group=trips.group,
        size=np.zeros(count, dtype=np.int32),
        link=np.zeros((count, room), dtype=np.int32),
        flow=np.zeros((count, room)),
        first_end=trips.first_end,
        end=trips.end,
        trips=trips.trips.copy(),
    )


def close(problem: Problem, closed: frozenset[int]) -> Problem:
    """Return the problem with links of the network closed; costs of small ones are as before.

    Trips of zones whose only way is closed are taken out; `served` tells which.
    """
    problem = replace(problem, closed=problem.closed | closed, extra=problem.extra.copy())
    if closed.isdisjoint(problem.small.way_out.tolist() + problem.small.way_in.tolist()):
        return problem
    trips = problem.trips
    stay = (trips.at >= 0) & _open(problem)
    left = np.bincount(trips.at[stay], weights=trips.weight[stay], minlength=len(trips.end))
    return replace(problem, trips=replace(trips, trips=left.astype(np.float64)))


def _open(problem: Problem) -> Flags:
    """Pairs (pairs,) of zones whose only way to the streets is open."""
    small, pair = problem.small, problem.trips.zone_pair
    shut = np.array(sorted(problem.closed), dtype=np.int64)
    out, into = small.way_out[pair[:, 1]], small.way_in[pair[:, 2]]
    return ~np.isin(out, shut) & ~np.isin(into, shut)


def served(problem: Problem, reached: Flags) -> Flags:
    """Which pairs of zones have a route, given which ends of bushes are reached."""
    trips, ok = problem.trips, _open(problem)
    inside = trips.at >= 0
    ok[inside] &= reached[trips.at[inside]]
    return ok


def missing(problem: Problem, ok: Flags) -> tuple[Unserved, ...]:
    """Name the pairs that are not served."""
    node = problem.network.node
    return tuple(
        Unserved(
            int(node[o]),
            int(node[d]),
            float(problem.demands[k].trips[o, d]),
            problem.demands[k].name,
        )
        for k, o, d in problem.trips.zone_pair[~ok]
    )


def joined(problem: Problem, ok: Flags) -> Floats:
    """Flows (roads' links,) on the ways by which zones are joined, given the pairs served."""
    small, flow = problem.small, np.zeros(problem.roads.links)
    pair, weight = problem.trips.zone_pair[ok], problem.trips.weight[ok]
    for ends, way in ((pair[:, 1], small.way_out), (pair[:, 2], small.way_in)):
        total = np.bincount(ends, weights=weight, minlength=problem.network.zones)
        np.add.at(flow, way[way >= 0], total[way >= 0])
    return flow


def flows(problem: Problem, volume: Floats, ways: Floats) -> Floats:
    """Flows on the network's links (m,), given those on small ones and those of `joined`."""
    small, flow = problem.small, ways.copy()
    flow[small.member] = np.repeat(volume, np.diff(small.first_member))
    return flow[: problem.network.links]
