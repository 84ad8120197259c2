"""The same estimate for every sensor as if it had been the treated one."""

import numpy as np
from numba import njit

from citycommons.understand.cause.products import dot
from citycommons.understand.cause.simplex import sparse_descend


@njit(cache=True)
def all_weights(outcome, start, zeta, least, donors):  # type: ignore[no-untyped-def]
    """Weights of synthetic difference-in-differences for each unit in turn.

    `outcome` has the shape (units, times); the first `donors` units serve as controls of all
    others, and none for itself. Answers unit weights (units, donors) and time weights (units,
    start), as in `synthetic.synthetic_difference_in_differences` with one treated unit, but from
    products that are taken once.
    """
    units = len(outcome)
    before = outcome[:, :start].copy()
    after = np.empty(units)
    for i in range(units):
        before[i] -= before[i].mean()
        after[i] = outcome[i, start:].mean()
    gram = _products(before, donors)
    by_unit, by_time = np.zeros((units, donors)), np.zeros((units, start))
    everyone = np.arange(donors)
    common = _time_weights(outcome, start, after, everyone, least)
    for i in range(units):
        at = everyone if i >= donors else everyone[everyone != i]
        inner = np.empty((len(at), len(at)))
        cross = np.empty(len(at))
        for a in range(len(at)):
            cross[a] = gram[i, at[a]]
            for b in range(len(at)):
                inner[a, b] = gram[at[a], at[b]]
        square = dot(before[i], before[i])
        found = sparse_descend(inner, cross, square, start, zeta * zeta, least * least)
        for a in range(len(at)):
            by_unit[i, at[a]] = found[a]
        alone = i < donors
        by_time[i] = _time_weights(outcome, start, after, at, least) if alone else common
    return by_unit, by_time


@njit(cache=True)
def _products(before, donors):  # type: ignore[no-untyped-def]
    gram = np.empty((len(before), donors))
    for i in range(len(before)):
        for j in range(donors):
            gram[i, j] = dot(before[i], before[j])
    return gram


@njit(cache=True)
def _time_weights(outcome, start, after, at, least):  # type: ignore[no-untyped-def]
    rows, target = np.empty((start, len(at))), np.empty(len(at))
    for k in range(len(at)):
        target[k] = after[at[k]]
        for t in range(start):
            rows[t, k] = outcome[at[k], t]
    target -= target.mean()
    inner, cross = np.empty((start, start)), np.empty(start)
    for a in range(start):
        rows[a] -= rows[a].mean()
        cross[a] = dot(rows[a], target)
        for b in range(a + 1):
            inner[a, b] = dot(rows[a], rows[b])
            inner[b, a] = inner[a, b]
    ridge = (least / 10.0) ** 2  # the paper's 1e-6 of the noise, where `least` is 1e-5 of it
    return sparse_descend(inner, cross, dot(target, target), len(at), ridge, least * least)
