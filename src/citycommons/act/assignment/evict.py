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
def evict(graph, delay, links, bushes, closed, labels, pairs, served):  # type: ignore[no-untyped-def]
    """Empty the `closed` small links (flags) and close them to all; True if a row has no room.

    Trips without another way are set to 0 and marked in `served` (ends,). A price beyond any
    detour drives the others out within the bush; a bush that resists is planted anew.
    """
    set_all(delay, links)
    for b in range(len(bushes.root)):
        root, group = bushes.root[b], bushes.group[b]
        link, flow = bushes.link[b], bushes.flow[b]
        if not _uses(link, bushes.size[b], closed):
            continue
        _price(delay, links, closed, np.inf)
        shortest(graph, links.cost[group], root, labels)
        farthest = _farthest(labels.best)
        lost = False
        for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
            if labels.best[bushes.end[d]] == np.inf:
                served[d] = False
                lost = lost or bushes.trips[d] > 0.0
                bushes.trips[d] = 0.0
        _price(delay, links, closed, 100.0 * farthest + 1.0)
        if lost:
            label(graph, links.cost[group], link, flow, bushes.size[b], root, labels)
            settle(graph, bushes, b, labels)
        left = False
        for _ in range(_TRIES):
            pairs.kept[0] = 0
            if tend(graph, delay, links, bushes, b, labels, pairs, -1.0) < 0.0:
                return True
            busy = False
            for s in range(bushes.size[b]):
                if closed[link[s]] and flow[s] > 0.0:
                    busy = True
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
    _price(delay, links, closed, np.inf)
    add_up(bushes, links)
    for e in range(len(closed)):
        if closed[e]:
            links.volume[e] = 0.0
    set_all(delay, links)
    return False
