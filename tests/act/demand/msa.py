"""A small assignment by successive averages that shares no line with ours: the tests' oracle."""

import heapq
from dataclasses import dataclass

import numpy as np

from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.network.types import Floats, Network, VolumeDelay

Tree = list[tuple[list[int], list[int]]]  # by origin: nodes by distance, link into each node


@dataclass
class Msa:
    """Successive averages; the state is all trees so far with their shares."""

    rounds: int = 24
    solved: int = 0

    def solve(
        self, network: Network, demands: tuple[Demand, ...], gap: float, start: Equilibrium | None
    ) -> Equilibrium:
        self.solved += 1
        shares: list[tuple[float, Tree]] = list(start.state) if start else []  # type: ignore[call-overload]
        trips = demands[0].trips
        first = len(shares)
        if first > self.rounds:  # older trees are for other costs: the newest carry on
            shares = [(1 / self.rounds, tree) for _, tree in shares[-self.rounds :]]
            first = self.rounds
        flow = sum((w * _load(network, tree, trips) for w, tree in shares), np.zeros(network.links))
        for turn in range(self.rounds if not first else self.rounds // 3):
            tree = _trees(network, _times(network, flow))
            share = 1.0 / (first + turn + 1)
            shares = [(w * (1 - share), one) for w, one in shares] + [(share, tree)]
            flow = flow * (1 - share) + share * _load(network, tree, trips)
        time = _times(network, flow)
        return Equilibrium(
            network, demands, flow, time, 0.0, float(flow @ time), gap, len(shares), 0.0, (), shares
        )

    def od_gradient(self, equilibrium: Equilibrium, link_weights: Floats) -> Floats:
        network = equilibrium.network
        found = np.zeros((network.zones, network.zones))
        for share, trees in equilibrium.state:  # type: ignore[attr-defined]
            for origin, (order, into) in enumerate(trees):
                sums = np.zeros(network.nodes)
                for node in order:
                    if into[node] >= 0:
                        link = into[node]
                        sums[node] = sums[network.tail[link]] + link_weights[link]
                found[origin] += share * sums[: network.zones]
        return found


def _times(network: Network, flow: Floats) -> Floats:
    return np.asarray(
        network.free_time * (1 + network.b * (flow / network.capacity) ** network.power)
        + network.fixed
    )


def _trees(network: Network, time: Floats) -> Tree:
    out: list[list[int]] = [[] for _ in range(network.nodes)]
    for link, tail in enumerate(network.tail):
        out[tail].append(link)
    return [_tree(network, time, out, origin) for origin in range(network.zones)]


def _tree(
    network: Network, time: Floats, out: list[list[int]], origin: int
) -> tuple[list[int], list[int]]:
    far, into, order = np.full(network.nodes, np.inf), [-1] * network.nodes, []
    far[origin], heap, done = 0.0, [(0.0, origin)], set()
    while heap:
        here, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        order.append(node)
        if node < network.first_through and node != origin:
            continue
        for link in out[node]:
            there = int(network.head[link])
            if here + time[link] < far[there]:
                far[there], into[there] = here + time[link], link
                heapq.heappush(heap, (float(far[there]), there))
    return order, into


def _load(network: Network, trees: Tree, trips: Floats) -> Floats:
    flow = np.zeros(network.links)
    for origin, (order, into) in enumerate(trees):
        waiting = np.zeros(network.nodes)
        waiting[: network.zones] = trips[origin]
        waiting[origin] = 0.0
        for node in reversed(order):
            if into[node] >= 0:
                flow[into[node]] += waiting[node]
                waiting[network.tail[into[node]]] += waiting[node]
    return flow


def grid(side: int, zones: int, seed: int = 3) -> Network:
    """A square town of two-way streets, its zones tied to random crossings."""
    chance = np.random.default_rng(seed)
    at = {(x, y): zones + x * side + y for x in range(side) for y in range(side)}
    pairs = [
        (at[x, y], at[x + dx, y + dy])
        for x in range(side)
        for y in range(side)
        for dx, dy in ((1, 0), (0, 1))
        if (x + dx, y + dy) in at
    ]
    doors = chance.choice(list(at.values()), zones, replace=False)
    ways = pairs + [(b, a) for a, b in pairs]
    ties = [(z, int(d)) for z, d in enumerate(doors)] + [(int(d), z) for z, d in enumerate(doors)]
    tail, head = np.array(ways + ties, np.int32).T.copy()
    links, streets = len(tail), len(ways)
    is_street = np.arange(links) < streets
    return Network(
        node=np.arange(1, zones + side * side + 1),
        zones=zones,
        first_through=zones,
        tail=tail,
        head=head,
        capacity=np.where(is_street, chance.uniform(300, 900, links), 1e6),
        free_time=np.where(is_street, chance.uniform(0.5, 2.0, links), 0.1),
        fixed=np.zeros(links),
        b=np.where(is_street, 0.15, 0.0),
        power=np.full(links, 4.0),
        delay=np.full(links, VolumeDelay.BPR, np.int8),
        banned_turns=np.empty((0, 2), np.int32),
    )
