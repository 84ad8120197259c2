"""A network without what no route can use or choose: what solvers search is small, and exact.

Left out are dead ends (with direction: a street may be a dead end one way only) and turning back;
a chain of links without a choice becomes one link; a zone with one way out and one way in begins
and ends at the street it is joined to. Flows on the small network give those on the large one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citycommons.act.network.types import Ints, Network

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Compressed:
    """The small network; its links are sorted by tail, nodes not driven through come last."""

    node: Ints  # (nodes,) index in the network
    through: Flags  # (nodes,) may be driven through
    tail: Ints  # (links,)
    head: Ints  # (links,)
    first_member: Ints  # (links + 1,) where the chain of each link begins in `member`
    member: Ints  # links of the network in driving order
    start: Ints  # (zones,) small node where trips begin
    end: Ints  # (zones,) small node where trips end
    way_out: Ints  # (zones,) the network's link that all trips from there take, or -1
    way_in: Ints  # (zones,)


def compress(
    network: Network, through: Flags | None = None, keep: Flags | None = None
) -> Compressed:
    """Return the small network; `keep` marks links (m,) that may not be taken for granted.

    `through` says which nodes may be driven through, if not all from `first_through` up.
    """
    if through is None:
        through = np.arange(network.nodes) >= network.first_through
    zone = np.zeros(network.nodes, dtype=bool)
    zone[: network.zones] = True
    fixed = np.zeros(network.links, dtype=bool) if keep is None else keep
    alive = _useful(network, network.tail != network.head, zone)
    start, end, way_out, way_in = _joined(network, alive, through, fixed)
    folded = (way_out >= 0) | (way_in >= 0)
    alive[way_out[way_out >= 0]] = False
    alive[way_in[way_in >= 0]] = False
    terminal = np.zeros(network.nodes, dtype=bool)
    terminal[start] = True
    terminal[end] = True
    following, inner = _chains(network, alive, terminal | ~through)
    kept = terminal.copy()
    ends = np.concatenate([network.tail[alive], network.head[alive]])
    kept[ends] = True
    kept[inner] = False
    kept[: network.zones] &= ~folded | terminal[: network.zones]
    return _assemble(
        network, through, kept, (alive, following, inner), (start, end, way_out, way_in)
    )


def _useful(network: Network, alive: Flags, zone: Flags) -> Flags:
    """Links that some route without turning back may use."""
    tail, head, n = network.tail, network.head, network.nodes
    while True:
        before = int(alive.sum())
        t, h = tail[alive], head[alive]
        alone_in, alone_out = _only(h, t, n), _only(t, h, n)
        # Into a node from which nothing leads but back, or out of one that is only reached so.
        back = (~zone[head] & ((alone_out[head] == tail) | (alone_out[head] == -1))) | (
            ~zone[tail] & ((alone_in[tail] == head) | (alone_in[tail] == -1))
        )
        alive = alive & ~back
        if int(alive.sum()) == before:
            return alive


def _only(at: Ints, other: Ints, n: int) -> Ints:
    """For each node: the one neighbour of its links, -1 without links, -2 with several."""
    lowest, highest = np.full(n, n, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    np.minimum.at(lowest, at, other)
    np.maximum.at(highest, at, other)
    return np.where(highest < 0, -1, np.where(lowest == highest, highest, -2)).astype(np.int32)


def _joined(
    network: Network, alive: Flags, through: Flags, keep: Flags
) -> tuple[Ints, Ints, Ints, Ints]:
    """Where trips of each zone begin and end, and the links they all take to there."""
    zones, n = network.zones, network.nodes
    number = np.flatnonzero(alive).astype(np.int32)
    out, into = np.full(n, -1, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    out[network.tail[number]] = number
    into[network.head[number]] = number
    outs = np.bincount(network.tail[number], minlength=n)
    ins = np.bincount(network.head[number], minlength=n)
    z = np.arange(zones)
    to = np.where(outs[:zones] == 1, network.head[out[:zones]], -1)
    back = np.where(ins[:zones] == 1, network.tail[into[:zones]], -1)
    may = (outs[:zones] <= 1) & (ins[:zones] <= 1) & (outs[:zones] + ins[:zones] > 0)
    may &= ~through[:zones] | (to == back) | (to == -1) | (back == -1)
    for link, other in ((out[:zones], to), (into[:zones], back)):
        # Neighbours that are zones themselves stay apart: one of the two must remain.
        may &= (other == -1) | ((other >= zones) & through[other] & ~keep[link])
    # A zone without a way in is folded too: nobody comes, and `end` stays the zone itself.
    start = np.where(may & (to >= 0), to, z).astype(np.int32)
    end = np.where(may & (back >= 0), back, z).astype(np.int32)
    none = np.int32(-1)
    return (
        start,
        end,
        np.where(may & (to >= 0), out[:zones], none).astype(np.int32),
        np.where(may & (back >= 0), into[:zones], none).astype(np.int32),
    )


def _chains(network: Network, alive: Flags, ends: Flags) -> tuple[Ints, Flags]:
    """The link that follows each where there is no choice, else -1; and the nodes passed so."""
    n, number = network.nodes, np.flatnonzero(alive).astype(np.int32)
    tail, head = network.tail[number], network.head[number]
    ins, outs = np.bincount(head, minlength=n), np.bincount(tail, minlength=n)
    simple = ~ends & (ins == 1) & (outs == 1)
    in_low, in_high = _lowest_highest(head, tail, n)
    out_low, out_high = _lowest_highest(tail, head, n)
    double = ~ends & (ins == 2) & (outs == 2) & (in_low < in_high)
    double &= (in_low == out_low) & (in_high == out_high)
    # Out-links by their neighbour: coming from the lower one leads on to the higher one.
    to_low, to_high = np.full(n, -1, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    low = head == out_low[tail]
    to_low[tail[low]] = number[low]
    to_high[tail[~low]] = number[~low]
    to_high = np.where(simple, to_low, to_high)
    following = np.full(network.links, -1, dtype=np.int32)
    inner = simple | double
    on = inner[head]
    comes_low = tail == in_low[head]
    following[number[on]] = np.where(comes_low, to_high[head], to_low[head])[on]
    return following, inner


def _lowest_highest(at: Ints, other: Ints, n: int) -> tuple[Ints, Ints]:
    lowest, highest = np.full(n, n, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    np.minimum.at(lowest, at, other)
    np.maximum.at(highest, at, other)
    return lowest, highest


def _assemble(
    network: Network,
    through: Flags,
    kept: Flags,
    links: tuple[Flags, Ints, Flags],
    zones: tuple[Ints, Ints, Ints, Ints],
) -> Compressed:
    alive, following, inner = links
    old = np.flatnonzero(kept)
    old = old[np.argsort(~through[old], kind="stable")]
    new = np.full(network.nodes, -1, dtype=np.int32)
    new[old] = np.arange(len(old), dtype=np.int32)
    chains = _follow(network, np.flatnonzero(alive & ~inner[network.tail]), following)
    tail = np.array([new[network.tail[c[0]]] for c in chains], dtype=np.int32)
    head = np.array([new[network.head[c[-1]]] for c in chains], dtype=np.int32)
    order = [int(i) for i in np.lexsort((head, tail)) if tail[i] != head[i]]
    sizes = np.array([len(chains[i]) for i in order], dtype=np.int64)
    start, end, way_out, way_in = zones
    return Compressed(
        node=old.astype(np.int32),
        through=through[old],
        tail=tail[order],
        head=head[order],
        first_member=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        member=np.array([link for i in order for link in chains[i]], dtype=np.int32),
        start=new[start],
        end=new[end],
        way_out=way_out,
        way_in=way_in,
    )


def _follow(network: Network, firsts: NDArray[np.int64], following: Ints) -> list[list[int]]:
    after = following.tolist()
    chains = []
    for first in firsts.tolist():
        chain = [first]
        while after[chain[-1]] >= 0:
            chain.append(after[chain[-1]])
        chains.append(chain)
    return chains
