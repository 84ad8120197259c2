"""Bushes, compiled: what share of each pair's trips takes which links, without storing paths."""

from numba import njit

from citycommons.act.assignment.kernels import label, shortest


@njit(cache=True, nogil=True)
def expect(graph, cost, bushes, b, weight, labels):  # type: ignore[no-untyped-def]
    """Fill `load` with the sum of weights on the way from the origin to each node, on average.

    Routes split at each node as flows into it do; where nobody drives, all take the shortest way.
    """
    link, flow, size = bushes.link[b], bushes.flow[b], bushes.size[b]
    label(graph, cost, link, flow, size, bushes.root[b], labels)
    mean = labels.load
    mean[:] = 0.0
    low = 0
    while low < size:
        j = graph.head[link[low]]
        high, total = low, 0.0
        while high < size and graph.head[link[high]] == j:
            total += flow[high]
            high += 1
        for s in range(low, high):
            e = link[s]
            if total > 0.0:
                mean[j] += flow[s] / total * (mean[graph.tail[e]] + weight[e])
            elif s == labels.least_slot[j]:
                mean[j] = mean[graph.tail[e]] + weight[e]
        low = high


@njit(cache=True, nogil=True)
def expect_all(graph, cost, bushes, group, weight, labels, found):  # type: ignore[no-untyped-def]
    """Fill `found` (ends,) of one demand's bushes with the mean sum of weights on the way there."""
    for b in range(len(bushes.root)):
        if bushes.group[b] == group:
            expect(graph, cost[group], bushes, b, weight, labels)
            for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
                found[d] = labels.load[bushes.end[d]]


@njit(cache=True, nogil=True)
def skim(graph, cost, roots, ends, labels, found):  # type: ignore[no-untyped-def]
    """Fill `found` (roots, ends) with shortest costs; infinite where no way is."""
    for r in range(len(roots)):
        shortest(graph, cost, roots[r], labels)
        for d in range(len(ends)):
            found[r, d] = labels.best[ends[d]]
