"""The prior's parts weighed against counts: how much of each there is, before any pair is moved.

A prior is put together from parts whose size nobody knows well: ways out and ways back, what comes
in by each road, what drives through. Counts know their sizes much better than they know pairs.
"""

from collections.abc import Sequence

import numpy as np

from citycommons.act.assignment.types import Equilibrium
from citycommons.act.demand.types import Assign, Counts
from citycommons.act.network.types import Floats

_LOOSE = 0.7  # spread of a part's factor around that of the whole, as a share of it
_TIED = 0.2  # the same of the difference between parts that are alike
_HUBER = 1.345
_ROUNDS = 8
_SWEEPS = 200


def seen_parts(
    parts: Sequence[Floats], counts: Counts, found: Equilibrium, assign: Assign
) -> Floats:
    """What counters (k,) would count of each part at these route shares: shape (k, parts)."""
    links = found.network.links
    seen = np.zeros((len(counts), len(parts)))
    for at in range(len(counts)):
        one = np.zeros(len(counts))
        one[at] = 1.0
        shares = assign.od_gradient(found, counts.spread_out(one, links))
        seen[at] = [float((shares * part).sum()) for part in parts]
    return seen


def factors(
    seen: Floats, counted: Floats, spread: Floats, alike: Sequence[tuple[int, int]] = ()
) -> Floats:
    """Factors (parts,) >= 0 that explain the counts best, near one factor for all.

    Parts of a pair in `alike`, such as in and out by the same road, keep nearer to one another.

    Weighted least squares with Huber's weights, and a ridge around the median ratio of counted to
    seen. The spread is widened to what the parts leave unexplained, so that few counters pull
    little.
    """
    whole = middle_ratio(seen.sum(axis=1), counted)
    now = np.full(seen.shape[1], whole)
    for _ in range(_ROUNDS):
        away = (seen @ now - counted) / spread
        wide = max(1.0, 1.4826 * float(np.median(np.abs(away))))
        weight = np.minimum(1.0, _HUBER * wide / np.maximum(np.abs(away), 1e-12))
        rows = np.sqrt(weight)[:, None] * seen / (spread * wide)[:, None]
        goal = np.sqrt(weight) * counted / (spread * wide)
        ridge = 1.0 / (_LOOSE * whole) ** 2
        square = rows.T @ rows + ridge * np.eye(len(now)) + _tied(alike, len(now)) / whole**2
        now = _not_below_zero(square, rows.T @ goal + ridge * whole, now)
    return now


def _tied(alike: Sequence[tuple[int, int]], parts: int) -> Floats:
    square = np.zeros((parts, parts))
    for a, b in alike:
        square[np.ix_((a, b), (a, b))] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / _TIED**2
    return square


def middle_ratio(seen: Floats, counted: Floats) -> float:
    """Counted over seen, in the middle of what is driven: no faulty counter moves it.

    From 0.05 to 20; 1 where no counter both counted and sees anything.
    """
    there = (seen > 0) & (counted > 0)
    if not there.any():
        return 1.0
    ratio = counted[there] / seen[there]
    order = np.argsort(ratio, kind="stable")
    share = np.cumsum((counted + seen)[there][order])
    return float(np.clip(ratio[order][np.searchsorted(share, share[-1] / 2)], 0.05, 20.0))


def _not_below_zero(square: Floats, goal: Floats, start: Floats) -> Floats:
    """Least x' A x / 2 - b' x for x >= 0, by coordinates."""
    now = start.copy()
    for _ in range(_SWEEPS):
        before = now.copy()
        for at in range(len(now)):
            rest = float(square[at] @ now) - square[at, at] * now[at]
            now[at] = max(0.0, (goal[at] - rest) / square[at, at])
        if np.abs(now - before).max() <= 1e-10 * max(float(now.max()), 1e-12):
            break
    return now
