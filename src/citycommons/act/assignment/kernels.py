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

from citycommons.act.assignment.delay import time_and_slope
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
    heap: Ints
    slots: Ints  # (2 nodes,)
    bush_link: Ints  # (room,)
    bush_flow: Floats  # (room,)


@njit(cache=True, nogil=True)
def set_link(delay, links, e):  # type: ignore[no-untyped-def]
    time, links.slope[e] = time_and_slope(delay, e, links.volume[e])
    for k in range(len(links.extra)):
        links.cost[k, e] = time + links.extra[k, e]


@njit(cache=True, nogil=True)
def set_all(delay, links):  # type: ignore[no-untyped-def]
    for e in range(len(links.volume)):
        set_link(delay, links, e)


@njit(cache=True, nogil=True)
def add_up(bushes, links):  # type: ignore[no-untyped-def]
    """Set the volumes to the sums over all bushes."""
    links.volume[:] = 0.0
    for b in range(len(bushes.root)):
        link, flow = bushes.link[b], bushes.flow[b]
        for s in range(bushes.size[b]):
            links.volume[link[s]] += flow[s]


@njit(cache=True, nogil=True)
def _sift_up(heap, place, key, i):  # type: ignore[no-untyped-def]
    node = heap[i]
    while i > 0:
        parent = (i - 1) >> 2
        other = heap[parent]
        if key[other] <= key[node]:
            break
        heap[i] = other
        place[other] = i
        i = parent
    heap[i] = node
    place[node] = i


@njit(cache=True, nogil=True)
def _pop(heap, place, key, count):  # type: ignore[no-untyped-def]
    top = heap[0]
    count -= 1
    node = heap[count]
    i = 0
    while True:
        child = 4 * i + 1
        if child >= count:
            break
        smallest = child
        for c in range(child + 1, min(child + 4, count)):
            if key[heap[c]] < key[heap[smallest]]:
                smallest = c
        other = heap[smallest]
        if key[other] >= key[node]:
            break
        heap[i] = other
        place[other] = i
        i = smallest
    heap[i] = node
    place[node] = i
    place[top] = -2
    return top


@njit(cache=True, nogil=True)
def shortest(graph, cost, root, labels):  # type: ignore[no-untyped-def]
    """Dijkstra: fill `best`, `new_link` (the link into each node) and `order`; return how many."""
    best, into, place, heap = labels.best, labels.new_link, labels.place, labels.heap
    best[:] = np.inf
    place[:] = -1
    best[root] = 0.0
    into[root] = -1
    heap[0] = root
    place[root] = 0
    count, done = 1, 0
    while count:
        i = _pop(heap, place, best, count)
        count -= 1
        labels.order[done] = i
        done += 1
        if i != root and not graph.through[i]:
            continue
        for e in range(graph.first_out[i], graph.first_out[i + 1]):
            j = graph.head[e]
            reached = best[i] + cost[e]
            if reached < best[j]:
                best[j] = reached
                into[j] = e
                if place[j] == -1:
                    heap[count] = j
                    count += 1
                    _sift_up(heap, place, best, count - 1)
                else:
                    _sift_up(heap, place, best, place[j])
    return done


@njit(cache=True, nogil=True)
def plant(graph, bushes, b, done, labels):  # type: ignore[no-untyped-def]
    """Make bush b anew: the tree that `shortest` found, with all its trips on it."""
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
def shift(graph, delay, links, group, link, flow, merges, labels):  # type: ignore[no-untyped-def]
    """Even out the two ways into each node with a choice, from the far end to the origin."""
    cost, slots = links.cost[group], labels.slots
    top = len(slots)
    for m in range(merges - 1, -1, -1):
        j = labels.merges[m]
        short, far = labels.least_slot[j], labels.most_slot[j]
        if far < 0 or short == far or labels.most[j] - labels.least[j] <= 1e-15 * labels.most[j]:
            continue
        # The shorter way is written from the left, the longer one from the right.
        shorts, fars = 1, 1
        slots[0] = short
        slots[top - 1] = far
        a, z = graph.tail[link[short]], graph.tail[link[far]]
        while a != z:
            if labels.place[a] > labels.place[z]:
                s = labels.least_slot[a]
                slots[shorts] = s
                shorts += 1
                a = graph.tail[link[s]]
            else:
                s = labels.most_slot[z]
                if s < 0:
                    break
                fars += 1
                slots[top - fars] = s
                z = graph.tail[link[s]]
        if a != z:
            continue
        _even(delay, links, cost, link, flow, slots, shorts, fars)


@njit(cache=True, nogil=True)
def _even(delay, links, cost, link, flow, slots, shorts, fars):  # type: ignore[no-untyped-def]
    """Newton's step from the longer way to the shorter one, no further than to balance."""
    top = len(slots)
    gain, slope, most = 0.0, 0.0, np.inf
    for p in range(top - fars, top):
        s = slots[p]
        e = link[s]
        gain += cost[e]
        slope += links.slope[e]
        most = min(most, flow[s])
    for p in range(shorts):
        e = link[slots[p]]
        gain -= cost[e]
        slope += links.slope[e]
    if not gain > 0.0 or not most > 0.0:
        return
    moved = most
    if slope * most > gain:
        moved = gain / slope
    _move(delay, links, link, flow, slots, shorts, fars, moved, moved == most)
    low, high, lost = 0.0, moved, gain
    for _ in range(6):
        now = 0.0
        for p in range(top - fars, top):
            now += cost[link[slots[p]]]
        for p in range(shorts):
            now -= cost[link[slots[p]]]
        if now >= -0.3 * lost:
            break
        # Too far: the secant between the ends, kept inside.
        high = moved
        back = low + (high - low) * gain / (gain - now)
        step = moved - back
        if not step > 0.0:
            break
        _move(delay, links, link, flow, slots, shorts, fars, -step, False)
        moved = back
        lost = min(lost, -now)


@njit(cache=True, nogil=True)
def _move(delay, links, link, flow, slots, shorts, fars, moved, all_of_it):  # type: ignore[no-untyped-def]
    top = len(slots)
    for p in range(top - fars, top):
        s = slots[p]
        flow[s] = max(flow[s] - moved, 0.0)
        e = link[s]
        links.volume[e] = max(links.volume[e] - moved, 0.0)
        set_link(delay, links, e)
    for p in range(shorts):
        s = slots[p]
        flow[s] = max(flow[s] + moved, 0.0)
        e = link[s]
        links.volume[e] = max(links.volume[e] + moved, 0.0)
        set_link(delay, links, e)
