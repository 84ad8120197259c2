"""A slow and simple equilibrium by paths, independent of ours: an oracle for small networks.

Column generation with gradient projection (Jayakrishnan et al. 1994) in plain Python.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from citycommons.act.assignment.types import Change, Demand, Equilibrium, Unserved
from citycommons.act.network.types import Network

Path = tuple[int, ...]


def times(network: Network, flow):
    ratio = np.where(network.b > 0, flow / network.capacity, 0.0)
    return network.fixed + network.free_time * (1 + network.b * ratio**network.power)


def slopes(network: Network, flow):
    ratio = np.where(network.b > 0, flow / network.capacity, 0.0)
    steep = network.b * network.power * ratio ** np.maximum(network.power - 1, 0)
    return np.where(network.b > 0, network.free_time * steep / network.capacity, 0.0)


@dataclass
class State:
    paths: dict[tuple[int, int], dict[Path, float]] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    banned: frozenset[tuple[int, int]] = frozenset()


class PathSolver:
    def solve(self, network, demands, *, gap, start=None):
        return _solve(network, tuple(demands), gap, State())

    def change(self, base: Equilibrium, change: Change, *, accuracy, gap=None):
        network = base.network
        capacity, free = network.capacity.copy(), network.free_time.copy()
        for link, factor in change.capacity.items():
            capacity[link] *= factor
        for link, factor in change.free_time.items():
            free[link] *= factor
        known = base.state
        state = State(
            closed=known.closed | change.closed, banned=known.banned | set(change.banned_turns)
        )
        changed = replace(network, capacity=capacity, free_time=free)
        return _solve(changed, base.demands, 1e-10, state)

    def skim(self, equilibrium, origins):
        state, zones = equilibrium.state, equilibrium.network.zones
        rows = [_tree(equilibrium.network, equilibrium.time, o, state)[0][:zones] for o in origins]
        return np.array(rows).reshape(len(rows), zones)

    def along(self, equilibrium, weights, demand=0):
        zones = equilibrium.network.zones
        found = np.zeros((zones, zones))
        for (i, j), paths in equilibrium.state.paths.items():
            whole = sum(amount * weights[list(path)].sum() for path, amount in paths.items())
            found[i, j] = whole / sum(paths.values())
        return found

    def first_day(self, base, made):
        state = State(closed=base.state.closed | made.closed, banned=base.state.banned)
        flow = np.zeros(base.network.links)
        for (i, j), paths in base.state.paths.items():
            for path, amount in paths.items():
                way = path
                if made.closed & set(path):
                    _, back = _tree(base.network, base.time, i, state)
                    way = _path(base.network, back, i, j) or ()
                flow[list(way)] += amount
        return flow

    def times(self, network, flow):
        return times(network, flow)


def _solve(network: Network, demands: tuple[Demand, ...], gap: float, state: State) -> Equilibrium:
    trips = sum(one.trips * one.pce for one in demands)
    paths: dict[tuple[int, int], dict[Path, float]] = defaultdict(dict)
    flow, unserved = np.zeros(network.links), []
    pairs = [(int(i), int(j)) for i, j in np.argwhere(trips > 0) if i != j]
    for i in sorted({i for i, _ in pairs}):
        _, back = _tree(network, times(network, flow), i, state)
        for j in [b for a, b in pairs if a == i]:
            if (path := _path(network, back, i, j)) is None:
                node = network.node
                unserved.append(Unserved(int(node[i]), int(node[j]), float(trips[i, j])))
                continue
            paths[i, j][path] = float(trips[i, j])
            flow[list(path)] += trips[i, j]
    for step in range(600):
        found, shortest = 1.0, 0.0
        for i in sorted({i for i, _ in paths}):
            reach, back = _tree(network, times(network, flow), i, state)
            for j in [b for a, b in paths if a == i]:
                shortest += reach[j] * trips[i, j]
                best = _path(network, back, i, j)
                paths[i, j].setdefault(best, 0.0)
                _equalise(network, flow, paths[i, j])
        total = float(flow @ times(network, flow))
        if step % 3 == 2:
            shortest = _shortest(network, flow, paths, trips, state)
            found = (total - shortest) / total if total else 0.0
            if found <= min(gap, 1e-9):
                break
    return _told(network, demands, flow, paths, unserved, found, state)


def _equalise(network, flow, paths):
    for _ in range(2):
        now, steep = times(network, flow), slopes(network, flow)
        cost = {path: now[list(path)].sum() for path in paths}
        best = min(cost, key=lambda path: (cost[path], path))
        for path in [path for path in paths if path != best and paths[path] > 0]:
            apart = list(set(path) ^ set(best))
            curve = steep[apart].sum()
            shift = paths[path] if curve <= 0 else (cost[path] - cost[best]) / curve
            shift = min(paths[path], max(0.0, shift))
            paths[path] -= shift
            paths[best] += shift
            flow[list(path)] -= shift
            flow[list(best)] += shift
        for path in [path for path in paths if paths[path] <= 1e-12 and path != best]:
            flow[list(path)] -= paths[path]
            del paths[path]
    np.maximum(flow, 0.0, out=flow)


def _shortest(network, flow, paths, trips, state):
    whole = 0.0
    for i in sorted({i for i, _ in paths}):
        reach, _ = _tree(network, times(network, flow), i, state)
        whole += sum(reach[j] * trips[i, j] for a, j in paths if a == i)
    return whole


def _told(network, demands, flow, paths, unserved, gap, state):
    # Summed anew: what was added and taken away leaves crumbs.
    flow = np.zeros(network.links)
    for known in paths.values():
        for path, amount in known.items():
            flow[list(path)] += amount
    time = times(network, flow)
    return Equilibrium(
        network=network,
        demands=demands,
        flow=flow,
        time=time,
        objective=float("nan"),
        total_time=float(flow @ time),
        gap=gap,
        iterations=0,
        cpu_seconds=0.0,
        unserved=tuple(unserved),
        state=State(dict(paths), state.closed, state.banned),
    )


def _tree(network: Network, cost, origin: int, state: State):
    """Quickest by links, as turns may be banned; labels are of links, then of nodes."""
    leaving = defaultdict(list)
    for link, tail in enumerate(network.tail):
        if link not in state.closed:
            leaving[int(tail)].append(link)
    reach = np.full(network.nodes, np.inf)
    reach[origin] = 0.0
    best, label, back = {}, {}, {}
    heap = [(cost[link], link, -1) for link in leaving[origin]]
    heapq.heapify(heap)
    while heap:
        far, link, before = heapq.heappop(heap)
        if link in label:
            continue
        label[link], best[link] = far, before
        node = int(network.head[link])
        if far < reach[node]:
            reach[node], back[node] = far, link
        if node < network.first_through:
            continue
        for on in leaving[node]:
            if on not in label and (link, on) not in state.banned:
                heapq.heappush(heap, (far + cost[on], on, link))
    return reach, (back, best)


def _path(network, found, i, j) -> Path | None:
    back, best = found
    if j not in back:
        return None
    path, link = [], back[j]
    while link != -1:
        path.append(link)
        link = best[link]
    return tuple(reversed(path))
