"""Bushes, compiled: what is no longer driven goes, shorter ways come in, until nobody gains."""

import numpy as np
from numba import njit

from citycommons.act.assignment.kernels import (
    add_up,
    even,
    label,
    pair_up,
    plant,
    set_all,
    set_times,
    shortest,
)


@njit(cache=True, nogil=True)
def correct(graph, cost, root, size, link, labels):  # type: ignore[no-untyped-def]
    """Fill `best` from the labels of the bush: shortest ways in the whole network, exactly.

    `new_link` is the link into a node where the network is better than the bush, else -1.
    Bush labels are costs of real ways, so correcting them ends at the shortest ones (Bellman 1958).
    """
    best, into, queue, queued = labels.best, labels.new_link, labels.queue, labels.place
    best[:] = np.inf
    into[:] = -1
    best[root] = 0.0
    labels.order[0] = root
    queued[root] = 0
    last, n = -1, 1
    for s in range(size):
        j = graph.head[link[s]]
        if j != last:
            last = j
            best[j] = labels.least[j]
            labels.first_slot[j] = s
            labels.order[n] = j
            queued[j] = 0
            n += 1
    head, tail, room = 0, 0, len(queue)
    for p in range(n):
        i = labels.order[p]
        if i != root and not graph.through[i]:
            continue
        here = best[i]
        for e in range(graph.first_out[i], graph.first_out[i + 1]):
            j = graph.head[e]
            there = here + cost[e]
            if there < best[j] and there < best[j] - 1e-14 * best[j]:
                best[j] = there
                into[j] = e
                if queued[j] == 0:
                    queued[j] = 1
                    queue[tail] = j
                    tail = tail + 1 if tail + 1 < room else 0
    while head != tail:
        i = queue[head]
        head = head + 1 if head + 1 < room else 0
        queued[i] = 0
        if i != root and not graph.through[i]:
            continue
        here = best[i]
        for e in range(graph.first_out[i], graph.first_out[i + 1]):
            j = graph.head[e]
            there = here + cost[e]
            if there < best[j] and there < best[j] - 1e-14 * best[j]:
                best[j] = there
                into[j] = e
                if queued[j] == 0:
                    queued[j] = 1
                    queue[tail] = j
                    tail = tail + 1 if tail + 1 < room else 0
    return n


@njit(cache=True, nogil=True)
def regret(graph, cost, link, flow, size, best):  # type: ignore[no-untyped-def]
    """What all users of a bush lose against their shortest ways (flow times cost)."""
    lost = 0.0
    for s in range(size):
        if flow[s] > 0.0:
            e = link[s]
            lost += flow[s] * (best[graph.tail[e]] + cost[e] - best[graph.head[e]])
    return lost


@njit(cache=True, nogil=True)
def settle(graph, bushes, b, labels):  # type: ignore[no-untyped-def]
    """Make flows conserve exactly: from the ends back, each node's load in the shares seen."""
    load, link, flow = labels.load, bushes.link[b], bushes.flow[b]
    load[:] = 0.0
    for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
        load[bushes.end[d]] += bushes.trips[d]
    s = bushes.size[b] - 1
    while s >= 0:
        j = graph.head[link[s]]
        low, total = s, 0.0
        while low >= 0 and graph.head[link[low]] == j:
            total += flow[low]
            low -= 1
        need = load[j]
        rest = need
        for t in range(low + 1, s + 1):
            part = need * (flow[t] / total) if total > 0.0 else 0.0
            flow[t] = part if part > 1e-14 * need else 0.0
            rest -= flow[t]
        if rest != 0.0:
            _give(flow, low + 1, s + 1, labels.least_slot[j], rest)
        for t in range(low + 1, s + 1):
            load[graph.tail[link[t]]] += flow[t]
        s = low


@njit(cache=True, nogil=True)
def _give(flow, low, high, favoured, rest):  # type: ignore[no-untyped-def]
    """Put what rounding left on the largest flow, or all on the shortest way where none is."""
    at = favoured if low <= favoured < high else low
    for t in range(low, high):
        if flow[t] > flow[at]:
            at = t
    flow[at] = max(flow[at] + rest, 0.0)


@njit(cache=True, nogil=True)
def _insert(order, n, key, moves):  # type: ignore[no-untyped-def]
    """Sort by inserting, stable; False if that took more than so many moves."""
    for p in range(1, n):
        node = order[p]
        at, q = key[node], p - 1
        while q >= 0 and key[order[q]] > at:
            order[q + 1] = order[q]
            q -= 1
            moves -= 1
        order[q + 1] = node
        if moves < 0:
            return False
    return True


@njit(cache=True, nogil=True)
def _sort(order, n, key):  # type: ignore[no-untyped-def]
    """Stable, and quick where little changed since the last time."""
    if _insert(order, n, key, 8 * n):
        return
    # As many drawers as nodes; what is wrong within them is little.
    farthest = 0.0
    for p in range(n):
        farthest = max(farthest, key[order[p]])
    scale = (n - 1) / farthest if farthest > 0.0 else 0.0
    filled = np.zeros(n + 1, dtype=np.int32)
    nodes = order[:n].copy()
    for i in nodes:
        filled[int(key[i] * scale) + 1] += 1
    for p in range(n):
        filled[p + 1] += filled[p]
    for i in nodes:
        drawer = int(key[i] * scale)
        order[filled[drawer]] = i
        filled[drawer] += 1
    if not _insert(order, n, key, 30 * n):
        nodes = order[:n].copy()
        order[:n] = nodes[np.argsort(key[nodes], kind="mergesort")]


@njit(cache=True, nogil=True)
def reshape(graph, cost, bushes, b, n, labels):  # type: ignore[no-untyped-def]
    """Drop links without flow, bring in shorter ways; False if the row has no room for them.

    New links go from a node whose longest way is shorter to one whose is longer: no circles.
    """
    link, flow, size, root = bushes.link[b], bushes.flow[b], bushes.size[b], bushes.root[b]
    most, place = labels.most, labels.place
    last = -1
    for s in range(size):
        e = link[s]
        j = graph.head[e]
        if flow[s] > 0.0 or s == labels.least_slot[j]:
            far = most[graph.tail[e]] + cost[e]
            most[j] = max(far, most[j]) if j == last else far
            last = j
    _sort(labels.order, n, most)
    # The origin stays first even where others cost nothing, too.
    for p in range(n):
        place[labels.order[p]] = p
    count, room = 0, len(labels.bush_link)
    new_link, new_flow = labels.bush_link, labels.bush_flow
    for p in range(1, n):
        j = labels.order[p]
        e = labels.new_link[j]
        if e >= 0:
            e = _entry(graph, cost, root, j, labels)
        s, known = labels.first_slot[j], e < 0
        while s < size and graph.head[link[s]] == j:
            known = known or link[s] == e
            if flow[s] > 0.0 or link[s] == e or (e < 0 and s == labels.least_slot[j]):
                if count == room:
                    return False
                new_link[count] = link[s]
                new_flow[count] = flow[s]
                count += 1
            s += 1
        if not known:
            if count == room:
                return False
            new_link[count] = e
            new_flow[count] = 0.0
            count += 1
    link[:count] = new_link[:count]
    flow[:count] = new_flow[:count]
    bushes.size[b] = count
    return True


@njit(cache=True, nogil=True)
def _entry(graph, cost, root, j, labels):  # type: ignore[no-untyped-def]
    """A link that shortens the way to j and that the order allows, or -1."""
    e = labels.new_link[j]
    if labels.place[graph.tail[e]] < labels.place[j]:
        return e
    chosen, best = -1, labels.least[j] - 1e-14 * labels.least[j]
    for x in range(graph.first_in[j], graph.first_in[j + 1]):
        e = graph.link_in[x]
        i = graph.tail[e]
        if (i != root and not graph.through[i]) or labels.best[i] == np.inf:
            continue
        if labels.place[i] < labels.place[j] and labels.least[i] + cost[e] < best:
            best = labels.least[i] + cost[e]
            chosen = e
    return chosen


@njit(cache=True, nogil=True)
def tend(graph, delay, links, bushes, b, labels, pairs, little):  # type: ignore[no-untyped-def]
    """Improve bush b and shift its flows; return its regret before, or -1 if it has no room.

    A bush whose regret is `little` keeps its links.
    """
    group, root = bushes.group[b], bushes.root[b]
    cost, link, flow = links.cost[group], bushes.link[b], bushes.flow[b]
    label(graph, cost, link, flow, bushes.size[b], root, labels)
    n = correct(graph, cost, root, bushes.size[b], link, labels)
    lost = regret(graph, cost, link, flow, bushes.size[b], labels.best)
    if lost > little:
        settle(graph, bushes, b, labels)
        if not reshape(graph, cost, bushes, b, n, labels):
            return -1.0
        merges = label(graph, cost, link, flow, bushes.size[b], root, labels)
        begin = pairs.kept[0]
        pair_up(graph, bushes, b, merges, labels, pairs)
        even(delay, links, bushes, pairs, begin, pairs.kept[0])
    return lost


@njit(cache=True, nogil=True)
def total_regret(graph, links, bushes, labels, lost):  # type: ignore[no-untyped-def]
    """Fill `lost` with each bush's regret at these flows and times; return the sum."""
    for b in range(len(bushes.root)):
        cost, link, size = links.cost[bushes.group[b]], bushes.link[b], bushes.size[b]
        label(graph, cost, link, bushes.flow[b], size, bushes.root[b], labels)
        correct(graph, cost, bushes.root[b], size, link, labels)
        lost[b] = regret(graph, cost, link, bushes.flow[b], size, labels.best)
    return lost.sum()


@njit(cache=True, nogil=True)
def go_round(graph, delay, links, bushes, labels, pairs, sweeps, little):  # type: ignore[no-untyped-def]
    """Tend each bush once, then even out all pairs; return the regret seen, or -1 - bush.

    Bushes that regret less than the share `little` of what is usual keep their links.
    """
    pairs.kept[0] = 0
    seen = 0.0
    for b in range(len(bushes.root)):
        usual = seen / (b + 1)
        regretted = tend(graph, delay, links, bushes, b, labels, pairs, little * usual)
        if regretted < 0.0:
            return -1.0 - b
        seen += regretted
    first = 0.0
    for _ in range(sweeps):
        gained = even(delay, links, bushes, pairs, 0, pairs.kept[0])
        first = max(first, gained)
        if gained < 0.02 * first:
            break
    add_up(bushes, links)
    set_all(delay, links)
    return seen


@njit(cache=True, nogil=True)
def improve(graph, delay, links, bushes, labels, pairs, lost, rounds, sweeps, enough):  # type: ignore[no-untyped-def]
    """Go round the bushes until their regrets sum to `enough`; return rounds, or -1 - bush.

    `lost` (bushes,) tells each bush's regret at the flows left behind.
    """
    before = np.inf
    for r in range(rounds):
        now = go_round(graph, delay, links, bushes, labels, pairs, sweeps, 0.02)
        if now < 0.0:
            return int(now)
        # Regrets were seen on the way, each at other times; only the last look counts.
        expected = now * min(now / before, 0.2) if before > 0.0 else 0.0
        before = now
        look = expected <= enough or r == rounds - 1
        if look and total_regret(graph, links, bushes, labels, lost) <= enough:
            return r + 1
    return rounds


@njit(cache=True, nogil=True)
def foresee(graph, delay, links, bushes, labels, pairs, lost, rounds, sweeps, known, weight, share):  # type: ignore[no-untyped-def]
    """Go round until the flows' change from `known` (links,) is right to so small a `share`.

    What rounds still move falls at least like a geometric series: with the ratio of the last two
    moves, and never less than 0.45, its rest is the error. Where routes are found slowly that is
    not enough: what is still regretted must also be little beside the energy of the change. The
    objective is convex, so regret bounds how far it is from its least. `weight` counts members of
    links, `lost` (bushes,) tells the regrets at the end. Returns rounds, or -1 - bush.
    """
    before, last = links.volume.copy(), np.inf
    for r in range(rounds):
        if go_round(graph, delay, links, bushes, labels, pairs, sweeps, 0.02) < 0.0:
            return -1
        moved, away, energy, spent = 0.0, 0.0, 0.0, 0.0
        for e in range(len(before)):
            change = links.volume[e] - known[e]
            moved += weight[e] * abs(links.volume[e] - before[e])
            away += weight[e] * abs(change)
            energy += 0.5 * links.slope[e] * change * change
            if links.volume[e] > 0.0 and links.cost[0, e] < np.inf:
                spent += links.volume[e] * links.cost[0, e]
            before[e] = links.volume[e]
        ratio = min(max(moved / last, 0.45), 0.9) if last > 0.0 else 0.45
        done = last < np.inf and moved * ratio / (1.0 - ratio) <= share * away
        last = moved
        if done or r == rounds - 1:
            regretted = total_regret(graph, links, bushes, labels, lost)
            # Where times are constant there is no energy; then the digits of the costs decide.
            if done and regretted <= max((2.5 * share) ** 2 * energy, 1e-12 * spent):
                return r + 1
    return rounds


@njit(cache=True, nogil=True)
def load(graph, delay, links, bushes, planted, labels, served):  # type: ignore[no-untyped-def]
    """Put all trips on: on the bush's own shares, or on a new tree where `planted` says so.

    `served` (ends,) tells which ends are reached; trips to the others are set to 0. Times follow
    the load, so that later origins avoid what earlier ones filled (incremental loading).
    """
    set_all(delay, links)
    for b in range(len(bushes.root)):
        cost, link, flow = links.cost[bushes.group[b]], bushes.link[b], bushes.flow[b]
        if planted[b]:
            shortest(graph, cost, bushes.root[b], labels)
        else:
            label(graph, cost, link, flow, bushes.size[b], bushes.root[b], labels)
            correct(graph, cost, bushes.root[b], bushes.size[b], link, labels)
        for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
            served[d] = labels.best[bushes.end[d]] < np.inf
            if not served[d]:
                bushes.trips[d] = 0.0
        if planted[b]:
            plant(graph, bushes, b, labels)
            for s in range(bushes.size[b]):
                links.volume[link[s]] += flow[s]
            set_times(delay, links, link[: bushes.size[b]])
        else:
            settle(graph, bushes, b, labels)
