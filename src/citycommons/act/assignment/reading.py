"""What an equilibrium tells: times between zones, whose trips take a link, routes of a pair."""

import numpy as np

from citycommons.act.assignment.equilibrium import State
from citycommons.act.assignment.problem import Problem, labels_of
from citycommons.act.assignment.shares import expect_all, skim
from citycommons.act.assignment.types import Equilibrium, Route
from citycommons.act.network.types import Floats, Ints
from citycommons.core.errors import Invalid, NotFound

_ROUTES = 1000  # of one pair; more are not listed


def skims(equilibrium: Equilibrium, demand: int = 0) -> Floats:
    """Return what the quickest way from each zone to each costs a user of the demand.

    Shape (zones, zones), in the network's time unit, fixed costs and `extra` included; infinite
    where no way is, 0 on the diagonal.
    """
    state = _state(equilibrium, demand)
    problem, small = state.problem, state.problem.small
    labels = labels_of(problem, 1)
    starts, row = np.unique(small.start, return_inverse=True)
    found = np.empty((len(starts), len(small.end)))
    skim(problem.graph, state.links.cost[demand], starts.astype(np.int32), small.end, labels, found)
    price = _price(equilibrium, problem, demand)
    times: Floats = found[row] + _on_way(small.way_out, price)[:, None]
    times += _on_way(small.way_in, price)[None, :]
    np.fill_diagonal(times, 0.0)
    return times


def od_gradient(equilibrium: Equilibrium, link_weights: Floats, demand: int = 0) -> Floats:
    """Return for each pair the sum over links of weight times the share of its trips there.

    With weights dF/dflow this is dF/dtrips for one more car unit at unchanged shares (Spiess 1990,
    “A gradient approach for the O-D matrix adjustment problem”). Shape (zones, zones); 0 for pairs
    without trips.
    """
    state = _state(equilibrium, demand)
    problem = state.problem
    if link_weights.shape != (equilibrium.network.links,):
        raise Invalid(
            f"Weights are {link_weights.shape}; the network has {equilibrium.network.links} links."
        )
    weights = np.zeros(problem.roads.links)
    weights[: len(link_weights)] = link_weights
    found = np.zeros(len(problem.trips.end))
    labels = labels_of(problem, 1)
    expect_all(
        problem.graph,
        state.links.cost,
        state.bushes,
        demand,
        problem.sums(weights),
        labels,
        found,
    )
    small, trips = problem.small, problem.trips
    mine = (trips.zone_pair[:, 0] == demand) & state.served
    o, d, at = trips.zone_pair[mine, 1], trips.zone_pair[mine, 2], trips.at[mine]
    gradient = np.zeros((problem.network.zones, problem.network.zones))
    core = np.where(at >= 0, found[at], 0.0) if len(found) else np.zeros(len(at))
    gradient[o, d] = core + _on_way(small.way_out, weights)[o] + _on_way(small.way_in, weights)[d]
    return gradient


def select_link(equilibrium: Equilibrium, link: int, demand: int = 0) -> Floats:
    """Return whose trips take the link: vehicles for each pair of zones (zones, zones).

    Routes are proportional: where two ways take as long, all split as the flows there do.
    """
    if not 0 <= link < equilibrium.network.links:
        raise NotFound(f"There is no link {link}; the network has {equilibrium.network.links}.")
    one = np.zeros(equilibrium.network.links)
    one[link] = 1.0
    trips: Floats = equilibrium.demands[demand].trips
    return od_gradient(equilibrium, one, demand) * trips


def path_flows(
    equilibrium: Equilibrium, origin: int, destination: int, demand: int = 0, least: float = 1e-6
) -> tuple[Route, ...]:
    """Return the routes of a pair of zones (by index), most used first; at most 1000.

    Routes with less than the share `least` of the pair's trips are left out.
    """
    state = _state(equilibrium, demand)
    problem, small = state.problem, state.problem.small
    zones = problem.network.zones
    if not (0 <= origin < zones and 0 <= destination < zones):
        raise NotFound(f"Zones are 0 to {zones - 1}, not {origin} and {destination}.")
    trips = float(equilibrium.demands[demand].trips[origin, destination])
    pair = problem.trips.zone_pair
    at = np.flatnonzero((pair == [demand, origin, destination]).all(axis=1))
    if not len(at) or not state.served[at[0]]:
        return ()
    start, end = int(small.start[origin]), int(small.end[destination])
    routes = []
    for chain, share in _ways(state, demand, start, end, least):
        links = [int(small.way_out[origin])] if small.way_out[origin] >= 0 else []
        for e in chain:
            links += small.member[small.first_member[e] : small.first_member[e + 1]].tolist()
        if small.way_in[destination] >= 0:
            links.append(int(small.way_in[destination]))
        links = [link for link in links if link < problem.network.links]
        cost = float(_price(equilibrium, problem, demand)[links].sum())
        routes.append(Route(tuple(links), share * trips, cost))
    return tuple(sorted(routes, key=lambda route: -route.trips))


def _ways(
    state: State, demand: int, start: int, end: int, least: float
) -> list[tuple[list[int], float]]:
    """Small links of each route with its share, from the end back."""
    if start == end:
        return [([], 1.0)]
    bushes, tail = state.bushes, state.problem.small.tail
    (rows,) = np.nonzero((bushes.root == start) & (bushes.group == demand))
    b = int(rows[0])
    into = _shares(state, b)
    found: list[tuple[list[int], float]] = []
    open_ways: list[tuple[int, list[int], float]] = [(end, [], 1.0)]
    while open_ways and len(found) < _ROUTES:
        node, chain, share = open_ways.pop()
        if node == start:
            found.append((chain[::-1], share))
            continue
        for e, part in sorted(into.get(node, ()), key=lambda entry: entry[1]):
            if share * part >= least:
                open_ways.append((int(tail[e]), [*chain, e], share * part))
    return found


def _shares(state: State, b: int) -> dict[int, list[tuple[int, float]]]:
    """Links into each node of a bush that carry flow, with their shares."""
    size, head = int(state.bushes.size[b]), state.problem.small.head
    link, flow = state.bushes.link[b, :size], state.bushes.flow[b, :size]
    total = np.zeros(len(state.problem.small.node))
    np.add.at(total, head[link], flow)
    into: dict[int, list[tuple[int, float]]] = {}
    for e, f in zip(link.tolist(), flow.tolist(), strict=True):
        if f > 0:
            into.setdefault(int(head[e]), []).append((e, f / float(total[head[e]])))
    return into


def _state(equilibrium: Equilibrium, demand: int) -> State:
    if not isinstance(equilibrium.state, State):
        raise Invalid("This equilibrium holds no routes; solve it by bushes.")
    if not 0 <= demand < len(equilibrium.demands):
        raise NotFound(f"There is no demand {demand}; there are {len(equilibrium.demands)}.")
    return equilibrium.state


def _price(equilibrium: Equilibrium, problem: Problem, demand: int) -> Floats:
    """What each link (roads' links) costs a user of the demand; infinite where closed."""
    price = np.zeros(problem.roads.links)
    price[: equilibrium.network.links] = equilibrium.time
    extra = equilibrium.demands[demand].extra
    if extra is not None:
        price[: len(extra)] += extra
    price[sorted(problem.closed)] = np.inf
    return price


def _on_way(way: Ints, values: Floats) -> Floats:
    """Values of the links by which zones are joined; 0 for zones that are on the streets."""
    found: Floats = np.where(way >= 0, values[way], 0.0)
    return found
