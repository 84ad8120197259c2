"""Which streets can be reached and left again: strongly connected components.

Tarjan 1972, SIAM Journal on Computing 1, 146-160.
"""

from dataclasses import dataclass, replace

import numpy as np

from citycommons.act.network.types import Ints, Network, Numbers

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Connection:
    """How nodes hang together; numbers of nodes are as in the file."""

    part: Ints  # (n,) component of each node, 0 is the largest
    sizes: Ints  # (parts,) largest first
    cannot_leave: Numbers  # reached from the largest part, with no way back to it
    cannot_reach: Numbers  # with a way to the largest part, and none from it
    apart: Numbers  # neither

    @property
    def is_whole(self) -> bool:
        return len(self.sizes) <= 1


def connection(network: Network) -> Connection:
    """Components of the network; a node that may not be driven through connects nothing."""
    after = _successors(network)
    label = _tarjan(after)
    count = np.bincount(label)
    order = np.argsort(-count, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    part = rank[label].astype(np.int32)
    inside = part == 0
    down = _spread(after, inside)
    up = _spread(_reversed(network, after), inside)
    return Connection(
        part=part,
        sizes=count[order].astype(np.int32),
        cannot_leave=network.node[down & ~up],
        cannot_reach=network.node[up & ~down],
        apart=network.node[~up & ~down],
    )


def largest(network: Network) -> tuple[Network, Ints]:
    """The network of the largest component alone, and the indices of the links that are kept.

    Links and nodes keep their order and nodes their numbers. Raises nothing: a whole network comes
    back as it is. Zones must not have been added yet.
    """
    kept_nodes = connection(network).part == 0
    kept = kept_nodes[network.tail] & kept_nodes[network.head]
    return restricted(network, kept_nodes, kept), np.flatnonzero(kept).astype(np.int32)


def restricted(network: Network, nodes: Flags, links: Flags) -> Network:
    """Only these nodes and links, in their order; each link kept must end at nodes kept."""
    if nodes.all() and links.all():
        return network
    new_node = (np.cumsum(nodes) - 1).astype(np.int32)
    new_link = (np.cumsum(links) - 1).astype(np.int32)
    bans = network.banned_turns[links[network.banned_turns].all(axis=1)]
    streets = network.streets
    if streets is not None:
        chosen = np.flatnonzero(links).tolist()
        streets = replace(
            streets,
            lon=streets.lon[nodes],
            lat=streets.lat[nodes],
            length_m=streets.length_m[links],
            lanes=streets.lanes[links],
            speed_kmh=streets.speed_kmh[links],
            kind=tuple(streets.kind[k] for k in chosen),
            name=tuple(streets.name[k] for k in chosen),
            lines=tuple(streets.lines[k] for k in chosen),
            sources=tuple(streets.sources[k] for k in chosen),
            guessed={what: min(n, len(chosen)) for what, n in streets.guessed.items()},
        )
    return replace(
        network,
        node=network.node[nodes],
        zones=int(nodes[: network.zones].sum()),
        first_through=int(nodes[: network.first_through].sum()),
        tail=new_node[network.tail[links]],
        head=new_node[network.head[links]],
        capacity=network.capacity[links],
        free_time=network.free_time[links],
        fixed=network.fixed[links],
        b=network.b[links],
        power=network.power[links],
        delay=network.delay[links],
        banned_turns=new_link[bans],
        streets=streets,
    )


def _successors(network: Network) -> list[list[int]]:
    after: list[list[int]] = [[] for _ in range(network.nodes)]
    for tail, head in zip(network.tail.tolist(), network.head.tolist(), strict=True):
        # A trip may end in a zone that is not driven through, and begin there: no circle.
        if min(tail, head) >= network.first_through:
            after[tail].append(head)
    return after


def _reversed(network: Network, after: list[list[int]]) -> list[list[int]]:
    before: list[list[int]] = [[] for _ in range(network.nodes)]
    for tail, heads in enumerate(after):
        for head in heads:
            before[head].append(tail)
    return before


def _spread(after: list[list[int]], start: Flags) -> Flags:
    seen = start.copy()
    waiting = np.flatnonzero(start).tolist()
    while waiting:
        for head in after[waiting.pop()]:
            if not seen[head]:
                seen[head] = True
                waiting.append(head)
    return seen


def _tarjan(after: list[list[int]]) -> Ints:
    """Component number of each node, by depth-first search without recursion."""
    nodes = len(after)
    found, low = [-1] * nodes, [0] * nodes
    label = np.full(nodes, -1, dtype=np.int32)
    stack: list[int] = []
    clock = parts = 0
    for root in range(nodes):
        if found[root] >= 0:
            continue
        path = [(root, iter(after[root]))]
        found[root] = low[root] = clock
        clock += 1
        stack.append(root)
        while path:
            node, heads = path[-1]
            for head in heads:
                if found[head] < 0:
                    found[head] = low[head] = clock
                    clock += 1
                    stack.append(head)
                    path.append((head, iter(after[head])))
                    break
                if label[head] < 0:
                    low[node] = min(low[node], found[head])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == found[node]:
                    while True:
                        member = stack.pop()
                        label[member] = parts
                        if member == node:
                            break
                    parts += 1
    return label
