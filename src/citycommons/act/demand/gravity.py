"""The prior: who would drive where if only distance, people and places decided (gravity)."""

from dataclasses import dataclass

import numpy as np

from citycommons.act.network.types import Floats
from citycommons.core.errors import Invalid

_MOST_ROUNDS = 5000
_RUNAWAY = 1e100  # factors that far apart never meet: the zeros forbid it
_MOST_SECANTS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Gravity:
    """A doubly constrained gravity model that was fitted."""

    trips: Floats  # (zones, zones)
    deterrence: Floats  # (zones, zones), before balancing
    beta: float  # of exp(-beta cost); NaN where a distribution was given
    mean_cost: float  # per trip
    rounds: int  # of balancing, the last time


def furness(
    seed: Floats, productions: Floats, attractions: Floats, *, tolerance: float = 1e-9
) -> tuple[Floats, int]:
    """Scale rows and columns of `seed` until they sum to productions and attractions.

    Parameters
    ----------
    seed
        (zones, zones), >= 0; a zero stays zero.
    productions, attractions
        (zones,), >= 0, with the same sum.
    tolerance
        Largest difference of a column's sum, as a share of the mean production.

    Returns
    -------
    The matrix and how many rounds it took.

    Raises
    ------
    Invalid
        If sums differ, a number is below zero, or no such matrix has these zeros.

    References
    ----------
    Deming & Stephan 1940, Annals of Mathematical Statistics 11, 427-444; Furness 1965, Traffic
    Engineering and Control 7, 458-460.
    """
    _check(seed, productions, attractions)
    row, column = np.ones(len(seed)), np.ones(len(seed))
    enough = tolerance * max(float(productions.mean()), 1e-300)
    for rounds in range(1, _MOST_ROUNDS + 1):
        row = _ratio(productions, seed @ column)
        column = _ratio(attractions, row @ seed)
        # Columns are exact now: what rows are still off decides.
        if np.abs(row * (seed @ column) - productions).max() <= enough:
            return row[:, None] * seed * column, rounds
        if row.max() > _RUNAWAY * max(float(row[row > 0].min()), 1e-300):
            break
    raise Invalid(
        "Productions and attractions cannot both be met with the pairs that may have trips. "
        "Allow more pairs, or check the zone totals."
    )


def _check(seed: Floats, productions: Floats, attractions: Floats) -> None:
    for name, values in (("seed", seed), ("production", productions), ("attraction", attractions)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise Invalid(f"A {name} is below zero or no number.")
    if not np.isclose(productions.sum(), attractions.sum(), rtol=1e-6):
        raise Invalid(
            f"Productions sum to {productions.sum():g}, attractions to {attractions.sum():g}. "
            "Scale one of them to the other."
        )
    for name, totals, sums in (
        ("start", productions, seed.sum(axis=1)),
        ("end", attractions, seed.sum(axis=0)),
    ):
        if (lost := np.flatnonzero((totals > 0) & (sums <= 0))).size:
            raise Invalid(f"Zone {lost[0]}: {totals[lost[0]]:g} trips {name} here, by no pair.")


def _ratio(wanted: Floats, there: Floats) -> Floats:
    return np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0)


def gravity(
    productions: Floats,
    attractions: Floats,
    cost: Floats,
    *,
    mean_cost: float | None = None,
    beta: float | None = None,
    allowed: Floats | None = None,
) -> Gravity:
    """Doubly constrained gravity with deterrence exp(-beta cost).

    Parameters
    ----------
    productions, attractions
        (zones,); attractions are scaled to the sum of productions.
    cost
        (zones, zones), in any unit; infinity where there is no way.
    mean_cost
        Of a trip, as a survey tells; beta is found so that it comes out. Or give `beta`.
    allowed
        (zones, zones) factor on each pair, 0 for pairs without trips; default: none within a zone.

    Raises
    ------
    Invalid
        If neither or both of `mean_cost` and `beta` are given, or no beta gives that mean.

    References
    ----------
    Wilson 1967, Transportation Research 1, 253-269; the search for beta: Hyman 1969, Environment
    and Planning 1, 105-112.
    """
    open_pairs = 1.0 - np.eye(len(cost)) if allowed is None else allowed
    model = _Model(productions, _scaled(attractions, productions), cost, open_pairs)
    if beta is not None and mean_cost is None:
        return model.at(beta)
    if mean_cost is not None and beta is None:
        return _found(model, mean_cost)
    raise Invalid("Give the mean cost of a trip, or beta: one of them.")


def _scaled(attractions: Floats, productions: Floats) -> Floats:
    if attractions.sum() <= 0 or productions.sum() <= 0:
        raise Invalid("Productions and attractions must sum to more than zero.")
    return np.asarray(attractions * (productions.sum() / attractions.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    productions: Floats
    attractions: Floats
    cost: Floats
    allowed: Floats

    def at(self, beta: float) -> Gravity:
        there = np.isfinite(self.cost)
        finite = np.where(there, self.cost, 0.0)
        # The least cost of a row is taken off: balancing puts it back, and exp stays above zero.
        least = np.where(there, self.cost, np.inf).min(axis=1, initial=np.inf, keepdims=True)
        away = finite - np.where(np.isfinite(least), least, 0.0)
        deterrence = self.allowed * np.where(there, np.exp(-beta * away), 0.0)
        trips, rounds = furness(deterrence, self.productions, self.attractions)
        return Gravity(trips, deterrence, beta, float((trips * finite).sum() / trips.sum()), rounds)


def _found(model: _Model, wanted: float) -> Gravity:
    """Hyman's secant on beta, inside bounds that close in."""
    flat = model.at(0.0)
    if not wanted > 0:
        raise Invalid(f"The mean cost of a trip is {wanted:g}; it must be above zero.")
    if wanted >= flat.mean_cost:  # even without any deterrence trips are not longer
        return flat
    low, high, now = 0.0, np.inf, 1.5 / wanted
    before, found = flat, model.at(now)
    for _ in range(_MOST_SECANTS):
        if abs(found.mean_cost - wanted) <= 1e-6 * wanted:
            return found
        if found.mean_cost > wanted:
            low = max(low, found.beta)
        else:
            high = min(high, found.beta)
        now = _next(found, before, wanted, low, high)
        before, found = found, model.at(now)
    if abs(found.mean_cost - wanted) > 1e-3 * wanted:
        raise Invalid(
            f"No deterrence gives a mean of {wanted:g} per trip: the nearest is "
            f"{found.mean_cost:g}. The zones may be too large for such short trips."
        )
    return found


def _next(found: Gravity, before: Gravity, wanted: float, low: float, high: float) -> float:
    slope = found.mean_cost - before.mean_cost
    if slope:
        guess = found.beta + (wanted - found.mean_cost) * (found.beta - before.beta) / slope
        if low < guess < min(high, 8 * max(found.beta, low)):
            return guess
    return 2 * max(low, found.beta) if np.isinf(high) else (low + high) / 2


def gravity_by_distribution(
    productions: Floats,
    attractions: Floats,
    cost: Floats,
    edges: Floats,
    shares: Floats,
    *,
    rounds: int = 60,
) -> Gravity:
    """Doubly constrained gravity whose trips fall into cost bins as a survey says.

    Friction factors of the bins are corrected until the shares come out (the calibration of the
    US Bureau of Public Roads' gravity manual, 1965).

    Parameters
    ----------
    edges
        (bins + 1,) rising; costs outside belong to the first or last bin.
    shares
        (bins,) of trips, sum 1. A bin without any pair gives its share to the others.
    """
    bins = len(shares)
    where = np.clip(np.searchsorted(edges, cost, side="right") - 1, 0, bins - 1)
    may = (1.0 - np.eye(len(cost))) * np.isfinite(cost)
    has = np.bincount(where.ravel(), may.ravel(), minlength=bins) > 0
    if not (has & (shares > 0)).any():
        raise Invalid("No pair of zones lies in any of the given cost bins.")
    wanted = np.where(has, shares, 0.0) / shares[has].sum()
    ends = _scaled(attractions, productions)
    friction = np.where(has, np.maximum(wanted, 1e-6), 0.0)
    trips, last = np.zeros_like(cost), 0
    for _ in range(rounds):
        trips, last = furness(may * friction[where], productions, ends, tolerance=1e-7)
        got = np.bincount(where.ravel(), trips.ravel(), minlength=bins) / trips.sum()
        if np.abs(got - wanted).max() < 1e-4:
            break
        friction *= np.where(got > 0, np.maximum(wanted, 1e-6) / np.maximum(got, 1e-12), 1.0)
    finite = np.where(np.isfinite(cost), cost, 0.0)
    mean = float((trips * finite).sum() / trips.sum())
    return Gravity(trips, may * friction[where], float("nan"), mean, last)
