"""Bushes, compiled: acyclic networks of the routes from one origin, made, equilibrated, improved.

Algorithm B of Dial 2006 (Transportation Research B 40, 917-936): along the longest used and the
shortest way into each node flow is shifted until both take as long. Links come in and go by the
rules of Nie 2010 (Transportation Research B 44, 73-89).

A bush is its links in an order in which every link comes after all links into its tail, the links
into one node together, each with its flow ("slots"). It reaches every node that can be reached.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citycommons.act.assignment.delay import curve, sum_of_terms
from citycommons.act.network.types import Floats, Ints


class Graph(NamedTuple):
    """The small network: links sorted by tail, and by head through `link_in`."""

    tail: Ints
    head: Ints
    first_out: Ints  # (nodes + 1,)
    first_in: Ints  # (nodes + 1,)
    link_in: Ints
    through: NDArray[np.uint8]  # (nodes,)


class Bushes(NamedTuple):
    """One bush a row; trips of bush b go to `end[first_end[b]:first_end[b + 1]]`."""

    root: Ints
    group: Ints  # class of users
    size: Ints
    link: Ints  # (bushes, room)
    flow: Floats  # (bushes, room)
    first_end: Ints
    end: Ints
    trips: Floats


class Links(NamedTuple):
    """What all bushes share and change."""

    volume: Floats  # (links,)
    slope: Floats  # (links,) of the time
    cost: Floats  # (groups, links) time and what the group pays beside
    extra: Floats  # (groups, links) infinite where the group may not drive


class Labels(NamedTuple):
    """Working memory for one bush at a time, all (nodes,) unless said."""

    least: Floats  # cost of the shortest way in the bush
    most: Floats  # cost of the longest used way
    best: Floats  # cost of the shortest way in the network
    load: Floats
    least_slot: Ints
    most_slot: Ints
    first_slot: Ints
    place: Ints
    order: Ints
    merges: Ints
    new_link: Ints
    queue: Ints
    drawers: Ints  # (a ring of 512,)
    bush_link: Ints  # (room,)
    bush_flow: Floats  # (room,)


class Pairs(NamedTuple):
    """Pairs of ways with common ends, each in one bush (segments of Bar-Gera 2010).

    Pair p has its first way at [first[p], middle[p]) and its second at [middle[p], first[p + 1]).
    """

    kept: Ints  # (1,) how many
    bush: Ints  # (pairs,)
    first: Ints  # (pairs + 1,)
    middle: Ints  # (pairs,)
    slot: Ints
    link: Ints


@njit(cache=True, nogil=True)
def set_times(delay, links, which):  # type: ignore[no-untyped-def]
    """Bring times and slopes of these links up to their volumes."""
    kind, base, factor = delay.kind, delay.base, delay.factor
    scale, power = delay.scale, delay.power
    for e in which:
        v = links.volume[e]
        if kind[e] == 3:
            time, slope = sum_of_terms(delay, e, v)
        else:
            time, slope = curve(kind[e], base[e], factor[e], scale[e], power[e], v)
        links.slope[e] = slope
        for k in range(len(links.extra)):
            links.cost[k, e] = time + links.extra[k, e]


@njit(cache=True, nogil=True)
def set_all(delay, links):  # type: ignore[no-untyped-def]
    set_times(delay, links, np.arange(len(links.volume)))


@njit(cache=True, nogil=True)
def add_up(bushes, links):  # type: ignore[no-untyped-def]
    """Set the volumes to the sums over all bushes."""
    links.volume[:] = 0.0
    for b in range(len(bushes.root)):
        link, flow = bushes.link[b], bushes.flow[b]
        for s in range(bushes.size[b]):
            links.volume[link[s]] += flow[s]


@njit(cache=True, nogil=True)
def shortest(graph, cost, root, labels):  # type: ignore[no-untyped-def]
    """Fill `best` and `new_link` (the link into each node, -1 where none is).

    Drawers of half a usual link's cost (Dial 1969, Communications of the ACM 12, 632-633), in a
    ring; a node whose cost falls after all is looked at again, so the widths only matter for speed.
    """
    best, into, drawer = labels.best, labels.new_link, labels.place
    after, ahead, first = labels.queue, labels.order, labels.drawers
    best[:] = np.inf
    into[:] = -1
    drawer[:] = -1
    first[:] = -1
    ring = len(first)
    scale = _per_drawer(cost)
    best[root] = 0.0
    first[0], drawer[root], after[root], ahead[root] = root, 0, -1, -1
    waiting, now = 1, 0
    while waiting:
        i = first[now]
        while i < 0:
            now = now + 1 if now + 1 < ring else 0
            i = first[now]
        first[now] = after[i]
        if after[i] >= 0:
            ahead[after[i]] = -1
        drawer[i] = -1
        waiting -= 1
        if i != root and not graph.through[i]:
            continue
        here = best[i]
        # Costs are kept relative to the drawer that is open: its beginning is a multiple of widths.
        start = np.floor(here * scale)
        for e in range(graph.first_out[i], graph.first_out[i + 1]):
            there = here + cost[e]
            j = graph.head[e]
            if not there < best[j]:
                continue
            best[j] = there
            into[j] = e
            steps = int(min(there * scale - start, ring - 1.0))
            to = now + steps
            if to >= ring:
                to -= ring
            old = drawer[j]
            if old == to:
                continue
            if old >= 0:
                if ahead[j] >= 0:
                    after[ahead[j]] = after[j]
                else:
                    first[old] = after[j]
                if after[j] >= 0:
                    ahead[after[j]] = ahead[j]
                waiting -= 1
            after[j], ahead[j] = first[to], -1
            if first[to] >= 0:
                ahead[first[to]] = j
            first[to] = j
            drawer[j] = to
            waiting += 1


@njit(cache=True, nogil=True)
def _per_drawer(cost):  # type: ignore[no-untyped-def]
    total, count = 0.0, 0
    for c in cost:
        if 0.0 < c < np.inf:
            total += c
            count += 1
    return 2.0 * count / total if total > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _preorder(graph, root, labels):  # type: ignore[no-untyped-def]
    """Fill `order` with the tree of `new_link`, each node after the one before it; how many."""
    child, sibling, order = labels.first_slot, labels.least_slot, labels.order
    child[:] = -1
    for j in range(len(child) - 1, -1, -1):
        e = labels.new_link[j]
        if e >= 0 and j != root:
            i = graph.tail[e]
            sibling[j] = child[i]
            child[i] = j
    n, waiting, stack = 0, 1, labels.queue
    stack[0] = root
    while waiting:
        waiting -= 1
        i = stack[waiting]
        order[n] = i
        n += 1
        j = child[i]
        while j >= 0:
            stack[waiting] = j
            waiting += 1
            j = sibling[j]
    return n


@njit(cache=True, nogil=True)
def plant(graph, bushes, b, labels):  # type: ignore[no-untyped-def]
    """Make bush b anew: the tree that `shortest` found, with all its trips on it."""
    done = _preorder(graph, bushes.root[b], labels)
    load = labels.load
    load[:] = 0.0
    for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
        load[bushes.end[d]] += bushes.trips[d]
    link, flow = bushes.link[b], bushes.flow[b]
    bushes.size[b] = done - 1
    for p in range(done - 1, 0, -1):
        j = labels.order[p]
        e = labels.new_link[j]
        link[p - 1] = e
        flow[p - 1] = load[j]
        load[graph.tail[e]] += load[j]


@njit(cache=True, nogil=True)
def plant_load(graph, bushes, b, labels, onto):  # type: ignore[no-untyped-def]
    """Add all trips of bush b on the tree that `shortest` found to `onto` (links,)."""
    done = _preorder(graph, bushes.root[b], labels)
    load = labels.load
    load[:] = 0.0
    for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
        load[bushes.end[d]] += bushes.trips[d]
    for p in range(done - 1, 0, -1):
        j = labels.order[p]
        e = labels.new_link[j]
        onto[e] += load[j]
        load[graph.tail[e]] += load[j]


@njit(cache=True, nogil=True)
def label(graph, cost, link, flow, size, root, labels):  # type: ignore[no-untyped-def]
    """Shortest and longest used ways in a bush; return the number of nodes with a choice."""
    least, most = labels.least, labels.most
    least[root] = 0.0
    most[root] = 0.0
    labels.place[root] = 0
    labels.least_slot[root] = -1
    labels.most_slot[root] = -1
    last, places, merges = -1, 0, 0
    for s in range(size):
        e = link[s]
        i, j = graph.tail[e], graph.head[e]
        c = cost[e]
        short = least[i] + c
        if j != last:
            last = j
            places += 1
            labels.place[j] = places
            least[j] = short
            labels.least_slot[j] = s
            labels.most_slot[j] = -1
            most[j] = short
        else:
            if merges == 0 or labels.merges[merges - 1] != j:
                labels.merges[merges] = j
                merges += 1
            if short < least[j]:
                least[j] = short
                labels.least_slot[j] = s
                if labels.most_slot[j] < 0:
                    most[j] = short
        if flow[s] > 0.0:
            far = most[i] + c
            if labels.most_slot[j] < 0 or far > most[j]:
                most[j] = far
                labels.most_slot[j] = s
    return merges


@njit(cache=True, nogil=True)
def pair_up(graph, bushes, b, merges, labels, pairs):  # type: ignore[no-untyped-def]
    """Keep the longest used and the shortest way into each node with a choice, far ends first."""
    link, far_ones = bushes.link[b], labels.bush_link
    tail, place, count = graph.tail, labels.place, pairs.kept[0]
    for m in range(merges - 1, -1, -1):
        j = labels.merges[m]
        short, far = labels.least_slot[j], labels.most_slot[j]
        top, fars = pairs.first[count], 1
        if far < 0 or short == far:
            continue
        if count + 2 >= len(pairs.first) or top + 2 * len(place) + 2 > len(pairs.slot):
            break
        pairs.slot[top] = short
        top += 1
        far_ones[0] = far
        a, z = tail[link[short]], tail[link[far]]
        while a != z:
            if place[a] > place[z]:
                s = labels.least_slot[a]
                pairs.slot[top] = s
                top += 1
                a = tail[link[s]]
            else:
                s = labels.most_slot[z]
                if s < 0:
                    break
                far_ones[fars] = s
                fars += 1
                z = tail[link[s]]
        if a != z:
            continue
        pairs.middle[count] = top
        for x in range(fars):
            pairs.slot[top] = far_ones[x]
            top += 1
        for x in range(pairs.first[count], top):
            pairs.link[x] = link[pairs.slot[x]]
        pairs.bush[count] = b
        count += 1
        pairs.first[count] = top
    pairs.kept[0] = count


@njit(cache=True, nogil=True)
def even(delay, links, bushes, pairs, begin, stop):  # type: ignore[no-untyped-def]
    """Newton's step in each pair from the dearer way to the cheaper one.

    Return what all movers gained: flow times cost.
    """
    kind, base, factor = delay.kind, delay.base, delay.factor
    scale, power = delay.scale, delay.power
    cost, extra, slopes, volume = links.cost, links.extra, links.slope, links.volume
    slot, link, groups, flow = pairs.slot, pairs.link, len(links.extra), bushes.flow
    gained = 0.0
    for p in range(begin, stop):
        b = pairs.bush[p]
        k = bushes.group[b]
        low, middle, high = pairs.first[p], pairs.middle[p], pairs.first[p + 1]
        gain = 0.0
        for x in range(low, middle):
            gain -= cost[k, link[x]]
        for x in range(middle, high):
            gain += cost[k, link[x]]
        sign, dear, dear_end = 1.0, middle, high
        if gain < 0.0:
            sign, gain, dear, dear_end = -1.0, -gain, low, middle
        most = np.inf
        for x in range(dear, dear_end):
            most = min(most, flow[b, slot[x]])
        if not gain > 0.0 or not most > 0.0:
            continue
        slope = 0.0
        for x in range(low, high):
            slope += slopes[link[x]]
        moved = gain / slope if slope * most > gain else most
        step, lost = moved, gain
        for _ in range(7):
            now = 0.0
            for x in range(low, high):
                e = link[x]
                more = sign * step if x < middle else -sign * step
                flow[b, slot[x]] = max(flow[b, slot[x]] + more, 0.0)
                v = max(volume[e] + more, 0.0)
                volume[e] = v
                if kind[e] == 3:
                    time, slopes[e] = sum_of_terms(delay, e, v)
                else:
                    time, slopes[e] = curve(kind[e], base[e], factor[e], scale[e], power[e], v)
                for g in range(groups):
                    cost[g, e] = time + extra[g, e]
                now += cost[k, e] if x >= middle else -cost[k, e]
            now *= sign
            if now >= -0.3 * lost:
                break
            # Too far: back to where the line between the ends says that both cost the same. Where
            # cost rises steeply the line says next to nothing, so a fifth is kept.
            back = max(moved * gain / (gain - now), 0.2 * moved)
            step = back - moved
            if not step < 0.0:
                break
            moved = back
            lost = min(lost, -now)
        gained += gain * moved
    return gained
