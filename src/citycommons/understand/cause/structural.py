"""Bayesian structural time series: what one series would have been, from itself and from others.

Local level, optional seasons, and a static regression on few of the other series. Model and priors
are those of the paper's own program, so that the same series give the same effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from citycommons.core.errors import Invalid
from citycommons.understand.cause import smoother, spike
from citycommons.understand.cause.products import across, dot, times
from citycommons.understand.cause.types import Estimate, Floats, Interval

# Brodersen and others 2015, section 2.2, and the defaults of the program published with it.
_LEVEL_SD, _LEVEL_WEIGHT = 0.01, 32.0  # prior guess over the series' deviation; observations
_SEASON_SD, _SEASON_WEIGHT = 0.01, 0.01
_ALONE_WEIGHT, _ALONE_MOST = 0.01, 1.2  # noise of a series without regression
_MODEL_SIZE, _R_SQUARED, _DEGREES = 3.0, 0.8, 50.0  # expected of the regression
_SLAB_WEIGHT, _SHRINKAGE = 0.01, 0.5  # observations; towards the diagonal (Zellner's g)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A pattern that repeats: `values` different values, each `lasts` times long."""

    values: int
    lasts: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Draws of what would have been, with observation noise: shape (draws, times)."""

    paths: Floats
    coefficients: Floats  # (draws, columns), in the series' unit over the column's
    seen: Floats  # (times,), NaN where nothing was observed
    start: int

    def effect(self) -> Estimate:
        """The mean effect at the observed times from `start` on."""
        at = np.flatnonzero(np.isfinite(self.seen[self.start :])) + self.start
        apart = self.seen[at].mean() - self.paths[:, at].mean(axis=1)
        low95, low90, high90, high95 = np.quantile(apart, [0.025, 0.05, 0.95, 0.975])
        tail = min(np.sum(apart <= 0), np.sum(apart >= 0))
        return Estimate(
            method="structural time series",
            value=float(apart.mean()),
            interval_90=Interval(low=float(low90), high=float(high90)),
            interval_95=Interval(low=float(low95), high=float(high95)),
            p=float((1 + tail) / (1 + len(apart))),
        )


def structural_time_series(
    series: Floats,
    start: int,
    *,
    others: Floats | None = None,
    seasons: Sequence[Season] = (),
    seed: int = 0,
    draws: int = 4000,
    warm_up: int = 400,
) -> Posterior:
    """Draw what the series would have been from `start` on, had nothing happened then.

    Parameters
    ----------
    series
        Shape (times,); NaN is missing and is handled by the filter, nothing is filled in.
    others
        Shape (times, columns), untouched series without NaN.
    draws, warm_up
        Of the Gibbs sampler, kept and thrown away before.

    Raises
    ------
    Invalid
        If fewer than five values were observed before the start, or none after it, or a column has
        missing values.

    References
    ----------
    Brodersen, Gallusser, Koehler, Remy and Scott, Annals of Applied Statistics 9, 2015, 247–274;
    Scott and Varian, International Journal of Mathematical Modelling and Numerical Optimisation 5,
    2014, 4–23.
    """
    series = np.asarray(series, float)
    columns = np.zeros((len(series), 0)) if others is None else np.asarray(others, float)
    _check(series, columns, start)
    before = series[:start]
    middle, scale = np.nanmean(before), np.nanstd(before, ddof=1) or 1.0
    with np.errstate(invalid="ignore"):
        spread = columns[:start].std(axis=0, ddof=1)
    spread = np.where(spread > 0, spread, 1.0)
    known = np.where(np.arange(len(series)) < start, (series - middle) / scale, np.nan)
    paths, coefficients = _gibbs(
        known,
        (columns - columns[:start].mean(axis=0)) / spread,
        start,
        np.array([one.values - 1 for one in seasons], np.int64),
        np.array([one.lasts for one in seasons], np.int64),
        min(1.0, _MODEL_SIZE / max(1, columns.shape[1])),
        draws,
        warm_up,
        seed,
    )
    return Posterior(paths * scale + middle, coefficients * scale / spread, series, start)


def _check(series: Floats, columns: Floats, start: int) -> None:
    if np.isfinite(series[:start]).sum() < 5 or not np.isfinite(series[start:]).any():
        raise Invalid(
            "A structural time series needs five values before the start and one after it. "
            "Take a longer period, or another sensor."
        )
    if len(columns) != len(series) or not np.isfinite(columns).all():
        raise Invalid("The other series must cover all times without gaps. Leave out or fill them.")


@njit(cache=True)
def _gibbs(  # type: ignore[no-untyped-def]
    y, x, start, lengths, lasts, inclusion, draws, warm_up, seed
):
    np.random.seed(seed)
    length, columns = x.shape
    offsets = np.ones(len(lengths), np.int64)
    for j in range(1, len(lengths)):
        offsets[j] = offsets[j - 1] + lengths[j - 1]
    moves = np.zeros((length, len(lengths)), np.bool_)
    for t in range(length):
        for j in range(len(lengths)):
            moves[t, j] = (t + 1) % lasts[j] == 0
    there = np.flatnonzero(~np.isnan(y))
    known = x[there]
    gram = np.empty((columns, columns))
    for j in range(columns):
        gram[j] = across(known, known[:, j])
    slab = gram * (1 - _SHRINKAGE)
    for j in range(columns):
        # A column that never varies says nothing: it keeps a proper prior all the same.
        slab[j, j] = max(gram[j, j], 1e-6)
    slab *= _SLAB_WEIGHT / len(there)
    chosen = np.ones(columns, np.bool_)
    if inclusion < 1:
        chosen[:] = False
    start_sd = np.ones(1 + lengths.sum())
    noise, level_sd, season_sd = 0.5, _LEVEL_SD, np.full(len(lengths), _SEASON_SD)
    coefficients = np.zeros(columns)
    paths, kept = np.empty((draws, length)), np.empty((draws, columns))
    first = y[there[0]]
    for draw in range(-warm_up, draws):
        regression = times(x, coefficients) + first
        state = smoother.draw_state(
            y - regression, noise, level_sd, season_sd, offsets, lengths, moves, start_sd
        )
        seen = state[:, 0].copy()
        for j in range(len(offsets)):
            seen += state[:, offsets[j]]
        rest = y[there] - seen[there] - first
        if columns:
            noise, coefficients = spike.draw_regression(
                gram, across(known, rest), dot(rest, rest), slab, chosen,
                _DEGREES + len(there), _DEGREES * (1 - _R_SQUARED), inclusion, 1e9,
            )  # fmt: skip
        else:
            squares = _ALONE_WEIGHT + dot(rest, rest)
            noise = spike.draw_scale(_ALONE_WEIGHT + len(there), squares, _ALONE_MOST)
        # Only steps before the start: those after it are drawn from the variance, they say nothing.
        steps = state[1:start, 0] - state[: start - 1, 0]
        level_sd = spike.draw_scale(
            _LEVEL_WEIGHT + len(steps), _LEVEL_WEIGHT * _LEVEL_SD**2 + dot(steps, steps), 1.0
        )
        for j in range(len(offsets)):
            many, squares = _SEASON_WEIGHT, _SEASON_WEIGHT * _SEASON_SD**2
            for t in range(start - 1):
                if moves[t, j]:
                    total = state[t + 1, offsets[j]]
                    for i in range(offsets[j], offsets[j] + lengths[j]):
                        total += state[t, i]
                    many += 1
                    squares += total * total
            season_sd[j] = spike.draw_scale(many, squares, 1.0)
        if draw >= 0:
            kept[draw] = coefficients
            paths[draw] = seen + times(x, coefficients) + first
            for t in range(length):
                paths[draw, t] += noise * np.random.normal()
    return paths, kept
