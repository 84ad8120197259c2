"""Networks for tests, and an oracle that shares no code with the solver."""

import numpy as np
from hypothesis import strategies as st

from citycommons.act.assignment import Demand, Equilibrium
from citycommons.act.network.types import Network, VolumeDelay


def network(
    zones: int,
    nodes: int,
    links: list[tuple[int, int, float, float, float, float]],
    *,
    first_through: int = 0,
    kind: int = VolumeDelay.BPR,
    banned_turns: tuple[tuple[int, int], ...] = (),
) -> Network:
    """Links are (tail, head, capacity, free time, b, power)."""
    columns = np.array(links, dtype=float).reshape(-1, 6)
    return Network(
        node=np.arange(1, nodes + 1),
        zones=zones,
        first_through=first_through,
        tail=columns[:, 0].astype(np.int32),
        head=columns[:, 1].astype(np.int32),
        capacity=columns[:, 2].copy(),
        free_time=columns[:, 3].copy(),
        fixed=np.zeros(len(columns)),
        b=columns[:, 4].copy(),
        power=columns[:, 5].copy(),
        delay=np.full(len(columns), kind, dtype=np.int8),
        banned_turns=np.array(banned_turns, dtype=np.int32).reshape(-1, 2),
    )


@st.composite
def cities(draw: st.DrawFn) -> tuple[Network, Demand]:
    """Small cities with all that is odd: sinks, duplicates, loops, free links, zones as walls."""
    zones = draw(st.integers(2, 5))
    nodes = zones + draw(st.integers(1, 7))
    node = st.integers(0, nodes - 1)
    link = st.tuples(
        node,
        node,
        st.sampled_from([1.0, 5.0, 20.0]),
        st.sampled_from([0.0, 1.0, 2.0, 3.5]),
        st.sampled_from([0.0, 0.15, 1.0]),
        st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0, 5.3]),
    )
    links = draw(st.lists(link, min_size=1, max_size=40))
    first = draw(st.sampled_from([0, zones]))
    trips = draw(
        st.lists(
            st.sampled_from([0.0, 0.0, 0.5, 3.0, 12.0]),
            min_size=zones * zones,
            max_size=zones * zones,
        )
    )
    city = network(zones, nodes, links, first_through=first)
    return city, Demand(np.array(trips).reshape(zones, zones))


def shortest(city: Network, origin: int, cost: np.ndarray, banned: frozenset[int]) -> np.ndarray:
    """Bellman and Ford, link by link."""
    best = np.full(city.nodes, np.inf)
    best[origin] = 0.0
    for _ in range(city.nodes):
        for e in range(city.links):
            i, j = city.tail[e], city.head[e]
            if e in banned or (i != origin and i < city.first_through):
                continue
            best[j] = min(best[j], best[i] + cost[e])
    return best


def check(found: Equilibrium, closed: frozenset[int] = frozenset(), gap: float = 1e-6) -> None:
    """Assert all that must hold of any result, recomputed from its flows alone."""
    city, flow = found.network, found.flow
    assert np.isfinite(flow).all()
    assert (flow >= 0).all()
    assert all(flow[e] == 0 for e in closed)
    net = np.zeros(city.nodes)
    np.add.at(net, city.tail, flow)
    np.add.at(net, city.head, -flow)
    lost = {(u.origin, u.destination, u.demand) for u in found.unserved}
    ratio = flow / np.where(city.capacity > 0, city.capacity, 1)
    times = city.fixed + city.free_time * (1 + city.b * ratio**city.power)
    if (city.delay == VolumeDelay.BPR).all():
        assert np.allclose(found.time, times, rtol=1e-12)
    least, total = 0.0, float(flow @ found.time)
    for demand in found.demands:
        for o in range(city.zones):
            reach = shortest(city, o, found.time, closed)
            for d in range(city.zones):
                trips = demand.trips[o, d] * demand.pce if o != d else 0.0
                unserved = (city.node[o], city.node[d], demand.name) in lost
                assert unserved == bool(trips > 0 and not np.isfinite(reach[d]))
                if trips and not unserved:
                    net[o] -= trips
                    net[d] += trips
                    least += trips * reach[d]
    scale = max(1.0, float(flow.sum()))
    assert np.abs(net).max() <= 1e-9 * scale
    assert -1e-9 * max(total, 1) <= total - least <= gap * max(total, 1.0)
    assert abs(found.gap * total - (total - least)) <= 1e-9 * max(total, 1.0)
