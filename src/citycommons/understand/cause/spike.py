"""Regression on few of many series: which ones, how strong, and the noise left (spike and slab)."""

import numpy as np
from numba import njit

from citycommons.understand.cause.products import backwards, dot, forwards, root


@njit(cache=True)
def draw_scale(degrees, squares, most):  # type: ignore[no-untyped-def]
    """A standard deviation from its scaled inverse chi-squared, at most `most`."""
    for _ in range(200):
        found = np.sqrt(squares / (2.0 * np.random.gamma(degrees / 2.0)))
        if found <= most:
            return found
    return most


@njit(cache=True)
def _solve(gram, cross, slab, chosen):  # type: ignore[no-untyped-def]
    """Cholesky of the posterior precision, the mean, and half the log of the two determinants."""
    at = np.flatnonzero(chosen)
    many = len(at)
    posterior, prior, right = np.empty((many, many)), np.empty((many, many)), np.empty(many)
    for a in range(many):
        right[a] = cross[at[a]]
        for b in range(many):
            prior[a, b] = slab[at[a], at[b]]
            posterior[a, b] = gram[at[a], at[b]] + prior[a, b]
    factor, before = root(posterior), root(prior)
    mean = backwards(factor, forwards(factor, right))
    logs = 0.0
    for a in range(many):
        logs += np.log(before[a, a]) - np.log(factor[a, a])
    return factor, mean, logs, dot(right, mean)


@njit(cache=True)
def _log_weight(  # type: ignore[no-untyped-def]
    gram, cross, square, slab, chosen, degrees, squares, log_odds
):
    explained, logs, many = 0.0, 0.0, 0
    for one in chosen:
        many += one
    if many:
        _, _, logs, explained = _solve(gram, cross, slab, chosen)
    return logs - degrees / 2 * np.log(max(squares + square - explained, 1e-12)) + many * log_odds


@njit(cache=True)
def draw_regression(  # type: ignore[no-untyped-def]
    gram, cross, square, slab, chosen, degrees, squares, inclusion, most
):
    """Draw which columns are in (in place in `chosen`), the noise, and the coefficients.

    George and McCulloch, Statistica Sinica 7, 1997, 339–373, in the conjugate form: `slab` is the
    prior precision over the noise variance, `degrees` and `squares` the noise's prior and the
    number of observations together with the prior's sum of squares.
    """
    columns = len(cross)
    if 0 < inclusion < 1:
        log_odds = np.log(inclusion / (1 - inclusion))
        now = _log_weight(gram, cross, square, slab, chosen, degrees, squares, log_odds)
        for j in np.random.permutation(columns):
            chosen[j] = not chosen[j]
            other = _log_weight(gram, cross, square, slab, chosen, degrees, squares, log_odds)
            if np.log(np.random.random()) < other - now:
                now = other
            else:
                chosen[j] = not chosen[j]
    many = 0
    for one in chosen:
        many += one
    coefficients = np.zeros(columns)
    if many == 0:
        return draw_scale(degrees, squares + square, most), coefficients
    factor, mean, _, explained = _solve(gram, cross, slab, chosen)
    noise = draw_scale(degrees, squares + max(square - explained, 0.0), most)
    apart = backwards(factor, np.random.normal(0.0, 1.0, many))
    for a, at in enumerate(np.flatnonzero(chosen)):
        coefficients[at] = mean[a] + noise * apart[a]
    return noise, coefficients
