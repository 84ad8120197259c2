"""Banned turns: a network in which they are impossible, so that solvers need to know of none."""

from dataclasses import dataclass, replace

import numpy as np

from citycommons.act.network.compress import Flags
from citycommons.act.network.types import Floats, Ints, Network, VolumeDelay
from citycommons.core.errors import Invalid


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """The first links and nodes are those of the network it was made from, in their order."""

    network: Network
    through: Flags  # (nodes,) may be driven through


def expand(network: Network) -> Expanded:
    """Give nodes with banned turns one copy for each link, joined where turning is allowed.

    Raises `Invalid` for a turn between links that do not meet.
    """
    through = np.arange(network.nodes) >= network.first_through
    banned = _banned(network)
    if not banned:
        return Expanded(network, through)
    split = np.zeros(network.nodes, dtype=bool)
    split[[network.head[link] for link, _ in banned]] = True
    tail, head = network.tail.copy(), network.head.copy()
    into = np.flatnonzero(split[head]).astype(np.int32)
    out = np.flatnonzero(split[tail]).astype(np.int32)
    n = network.nodes
    head[into] = n + np.arange(len(into))
    tail[out] = n + len(into) + np.arange(len(out))
    turns = _turns(network, into, out, banned) + [
        # Trips that begin or end at the node itself; nobody passes it that way.
        pair
        for copies in (
            [(int(head[e]), int(network.head[e])) for e in into if network.head[e] < network.zones],
            [(int(network.tail[e]), int(tail[e])) for e in out if network.tail[e] < network.zones],
        )
        for pair in copies
    ]
    copied = np.concatenate([network.head[into], network.tail[out]])
    through = np.concatenate([through & ~split, through[copied]])
    links = np.array(turns, dtype=np.int32).reshape(-1, 2)
    return Expanded(_with(network, tail, head, copied, links), through)


def _banned(network: Network) -> set[tuple[int, int]]:
    banned = {(int(a), int(b)) for a, b in network.banned_turns}
    for a, b in banned:
        if not (0 <= a < network.links and 0 <= b < network.links):
            raise Invalid(f"The banned turn from link {a} to {b}: there are {network.links} links.")
        if network.head[a] != network.tail[b]:
            raise Invalid(f"The banned turn from link {a} to {b}: they do not meet.")
    return banned


def _turns(
    network: Network, into: Ints, out: Ints, banned: set[tuple[int, int]]
) -> list[tuple[int, int]]:
    n = network.nodes
    leaving: dict[int, list[int]] = {}
    for place, e in enumerate(out.tolist()):
        leaving.setdefault(int(network.tail[e]), []).append(place)
    return [
        (n + i, n + len(into) + place)
        for i, e in enumerate(into.tolist())
        for place in leaving.get(int(network.head[e]), [])
        if (e, int(out[place])) not in banned
    ]


def _with(network: Network, tail: Ints, head: Ints, copied: Ints, turns: Ints) -> Network:
    def more(values: Floats, value: float) -> Floats:
        return np.concatenate([values, np.full(len(turns), value)])

    return replace(
        network,
        node=np.concatenate([network.node, network.node[copied]]),
        tail=np.concatenate([tail, turns[:, 0]]).astype(np.int32),
        head=np.concatenate([head, turns[:, 1]]).astype(np.int32),
        capacity=more(network.capacity, 1.0),
        free_time=more(network.free_time, 0.0),
        fixed=more(network.fixed, 0.0),
        b=more(network.b, 0.0),
        power=more(network.power, 0.0),
        delay=np.concatenate(
            [network.delay, np.full(len(turns), VolumeDelay.BPR, dtype=np.int8)]
        ).astype(np.int8),
        banned_turns=np.empty((0, 2), dtype=np.int32),
        streets=None,
    )
