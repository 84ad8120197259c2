"""Bushes, compiled: routes leave the links that are closed, all of them."""

import numpy as np
from numba import njit

from citycommons.act.assignment.improve import settle, tend
from citycommons.act.assignment.kernels import add_up, label, plant, set_all, set_times, shortest

_TRIES = 60


@njit(cache=True, nogil=True)
def _price(delay, links, closed, price):  # type: ignore[no-untyped-def]
    which = np.flatnonzero(closed)
    for e in which:
        links.extra[:, e] = price
    set_times(delay, links, which)


@njit(cache=True, nogil=True)
def _uses(link, size, closed):  # type: ignore[no-untyped-def]
    found = False
    for s in range(size):
        found = found or closed[link[s]] != 0
    return found


@njit(cache=True, nogil=True)
def _put(delay, links, link, flow, size, sign):  # type: ignore[no-untyped-def]
    for s in range(size):
        links.volume[link[s]] = max(links.volume[link[s]] + sign * flow[s], 0.0)
    set_times(delay, links, link[:size])


@njit(cache=True, nogil=True)
def _touched(graph, link, flow, size, closed, labels, share):  # type: ignore[no-untyped-def]
    """Fill `share` (nodes,) of the flow into each node that came over a closed link."""
    share[:] = 0.0
    low = 0
    while low < size:
        j = graph.head[link[low]]
        labels.first_slot[j] = low
        high, total = low, 0.0
        while high < size and graph.head[link[high]] == j:
            total += flow[high]
            high += 1
        for s in range(low, high):
            e = link[s]
            if total > 0.0:
                share[j] += flow[s] / total * (1.0 if closed[e] else share[graph.tail[e]])
        if share[j] > 1.0 - 1e-12:
            share[j] = 1.0
        low = high


@njit(cache=True, nogil=True)
def _split(graph, bushes, b, closed, labels, share, left, moved):  # type: ignore[no-untyped-def]
    """Fill `left` (slots,) with the flow that keeps its way and `moved` (nodes,) with the trips
    that must find another one.
    """
    link, flow, load = bushes.link[b], bushes.flow[b], labels.load
    load[:] = 0.0
    moved[:] = 0.0
    for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
        j = bushes.end[d]
        load[j] += bushes.trips[d] * (1.0 - share[j])
        moved[j] += bushes.trips[d] * share[j]
    high = bushes.size[b]
    while high > 0:
        j = graph.head[link[high - 1]]
        low, total = high, 0.0
        while low > 0 and graph.head[link[low - 1]] == j:
            low -= 1
            e = link[low]
            left[low] = 0.0 if closed[e] else flow[low] * (1.0 - share[graph.tail[e]])
            total += left[low]
        for s in range(low, high):
            left[s] = load[j] * (left[s] / total) if total > 0.0 else 0.0
            load[graph.tail[link[s]]] += left[s]
        if load[j] > 0.0 and not total > 0.0:
            moved[j] += load[j]
        high = low


@njit(cache=True, nogil=True)
def _merge(graph, bushes, b, labels, left, moved, taken):  # type: ignore[no-untyped-def]
    """Bring the tree of `new_link`, with `moved` on it, into the bush; False for circles.

    `taken` (links,) is 0 before and after.
    """
    root, link, size = bushes.root[b], bushes.link[b], bushes.size[b]
    into, best, waits = labels.new_link, labels.best, labels.least_slot
    nodes, room = len(best), len(bushes.link[b])
    waits[:] = 0
    total = 1
    for s in range(size):
        if left[s] > 0.0:
            taken[link[s]] = 1
            waits[graph.head[link[s]]] += 1
    for j in range(nodes):
        if into[j] >= 0:
            total += 1
            if not taken[into[j]]:
                taken[into[j]] = 1
                waits[j] += 1
    # Nodes in an order in which all links lead on (Kahn 1962).
    order, done, known = labels.order, 0, 1
    order[0] = root
    while done < known:
        i = order[done]
        done += 1
        for e in range(graph.first_out[i], graph.first_out[i + 1]):
            if taken[e]:
                waits[graph.head[e]] -= 1
                if waits[graph.head[e]] == 0:
                    order[known] = graph.head[e]
                    known += 1
    fits = done == total
    count = 0
    for j in range(nodes):
        count += max(waits[j], 0)
    for s in range(size):
        taken[link[s]] = 0
    for j in range(nodes):
        if into[j] >= 0:
            taken[into[j]] = 0
    if not fits or count > 0:
        return False
    for p in range(done - 1, 0, -1):
        j = order[p]
        moved[graph.tail[into[j]]] += moved[j]
    count = 0
    for p in range(1, done):
        j = order[p]
        known, s = 0, labels.first_slot[j]
        while 0 <= s < size and graph.head[link[s]] == j:
            if left[s] > 0.0 or link[s] == into[j]:
                if count == room:
                    return False
                labels.bush_link[count] = link[s]
                labels.bush_flow[count] = left[s]
                if link[s] == into[j]:
                    labels.bush_flow[count] += moved[j]
                    known = 1
                count += 1
            s += 1
        if not known:
            if count == room:
                return False
            labels.bush_link[count] = into[j]
            labels.bush_flow[count] = moved[j]
            count += 1
    bushes.link[b, :count] = labels.bush_link[:count]
    bushes.flow[b, :count] = labels.bush_flow[:count]
    bushes.size[b] = count
    return True


@njit(cache=True, nogil=True)
def _without(graph, link, flow, size, closed, best):  # type: ignore[no-untyped-def]
    """Leave out closed links and what is no longer reached; return what remains, or -1.

    -1 says that a closed link still carries flow, or is the only way to something reachable.
    """
    count = 0
    for s in range(size):
        e = link[s]
        j = graph.head[e]
        if closed[e] or best[j] == np.inf or best[graph.tail[e]] == np.inf:
            if flow[s] > 0.0:
                return -1
            continue
        link[count] = e
        flow[count] = flow[s]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _reaches(graph, link, size, root, best):  # type: ignore[no-untyped-def]
    """Whether a bush still has a way into every node that can be reached."""
    heads, last = 1, -1
    for s in range(size):
        if graph.head[link[s]] != last:
            last = graph.head[link[s]]
            heads += 1
    reachable = 0
    for i in range(len(best)):
        if best[i] < np.inf:
            reachable += 1
    return heads == reachable


@njit(cache=True, nogil=True)
def _farthest(best):  # type: ignore[no-untyped-def]
    farthest = 0.0
    for cost in best:
        if cost < np.inf:
            farthest = max(farthest, cost)
    return farthest


@njit(cache=True, nogil=True)
def _drive_out(graph, delay, links, bushes, b, closed, labels, pairs):  # type: ignore[no-untyped-def]
    """Let a price beyond any detour empty the closed links; plant anew a bush that resists.

    Return False if the row has no room.
    """
    root, group = bushes.root[b], bushes.group[b]
    link, flow = bushes.link[b], bushes.flow[b]
    _price(delay, links, closed, 100.0 * _farthest(labels.best) + 1.0)
    label(graph, links.cost[group], link, flow, bushes.size[b], root, labels)
    settle(graph, bushes, b, labels)
    left = False
    for _ in range(_TRIES):
        pairs.kept[0] = 0
        if tend(graph, delay, links, bushes, b, labels, pairs, -1.0) < 0.0:
            _price(delay, links, closed, np.inf)
            return False
        busy = False
        for s in range(bushes.size[b]):
            busy = busy or (closed[link[s]] != 0 and flow[s] > 0.0)
        if not busy:
            left = True
            break
    _price(delay, links, closed, np.inf)
    shortest(graph, links.cost[group], root, labels)
    if left:
        size = _without(graph, link, flow, bushes.size[b], closed, labels.best)
        left = size >= 0 and _reaches(graph, link, size, root, labels.best)
        if left:
            bushes.size[b] = size
    if not left:
        plant(graph, bushes, b, labels)
    return True


@njit(cache=True, nogil=True)
def evict(graph, delay, links, bushes, closed, labels, pairs, served):  # type: ignore[no-untyped-def]
    """Empty the `closed` small links (flags) and close them to all; True if a row has no room.

    Trips without another way are set to 0 and marked in `served` (ends,). The others take the
    shortest of the ways left; where that would make circles, `_drive_out` finds better ones.
    """
    _price(delay, links, closed, np.inf)
    share, moved = np.zeros(len(labels.best)), np.zeros(len(labels.best))
    left, taken = np.zeros(bushes.link.shape[1]), np.zeros(len(closed), dtype=np.uint8)
    for b in range(len(bushes.root)):
        link, flow, size = bushes.link[b], bushes.flow[b], bushes.size[b]
        if not _uses(link, size, closed):
            continue
        shortest(graph, links.cost[bushes.group[b]], bushes.root[b], labels)
        for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
            if labels.best[bushes.end[d]] == np.inf:
                served[d] = False
                bushes.trips[d] = 0.0
        labels.first_slot[:] = -1
        _touched(graph, link, flow, size, closed, labels, share)
        _split(graph, bushes, b, closed, labels, share, left, moved)
        # Times follow, so that later origins avoid what earlier ones filled.
        _put(delay, links, link, flow, size, -1.0)
        if not _merge(graph, bushes, b, labels, left, moved, taken):
            _put(delay, links, link, flow, size, 1.0)
            if not _drive_out(graph, delay, links, bushes, b, closed, labels, pairs):
                return True
        else:
            _put(delay, links, link, flow, bushes.size[b], 1.0)
    add_up(bushes, links)
    for e in range(len(closed)):
        if closed[e]:
            links.volume[e] = 0.0
    set_all(delay, links)
    return False
