"""Difference-in-differences, synthetic control, and the two in one, for a panel with a start.

`outcome` has the shape (units, times), the untreated units first, without NaN; `treated` units
are treated from time `start` on. Each answers one average effect in the outcome's unit.
"""

from dataclasses import dataclass

import numpy as np

from citycommons.core.errors import Invalid
from citycommons.understand.cause import simplex
from citycommons.understand.cause.types import Floats

_LEAST = 1e-5  # of the noise: where the descent stops
_TINY_RIDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """An average effect and the weights behind it.

    `units` has the shape (controls,), `times` (start,): both add up to one. `curve` is what would
    have been counted without the effect, shape (times,), of the mean treated unit.
    """

    effect: float
    units: Floats
    times: Floats
    curve: Floats


def difference_in_differences(outcome: Floats, treated: int, start: int) -> Fit:
    """How much more the treated changed than the others, all units and times alike."""
    controls = _controls(outcome, treated, start)
    return _weighted(outcome, np.full(controls, 1 / controls), np.full(start, 1 / start), start)


def synthetic_control(outcome: Floats, treated: int, start: int) -> Fit:
    """Against the mixture of untreated units that met the treated best before.

    Outcomes only, no intercept, and a tiny ridge so that the mixture is unique.

    References
    ----------
    Abadie, Diamond and Hainmueller, Journal of the American Statistical Association 105, 2010,
    493–505.
    """
    controls = _controls(outcome, treated, start)
    noise = noise_level(outcome[:controls, :start])
    units = simplex.weights(
        outcome[:controls, :start].T,
        outcome[controls:, :start].mean(axis=0),
        zeta=_TINY_RIDGE * noise,
        least=_LEAST * noise,
        has_intercept=False,
    )
    return _weighted(outcome, units, np.zeros(start), start)


def synthetic_difference_in_differences(outcome: Floats, treated: int, start: int) -> Fit:
    """Differences in differences over the units and the times that are most alike.

    References
    ----------
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager, American Economic Review 111, 2021,
    4088–4118, algorithm 1.
    """
    controls = _controls(outcome, treated, start)
    before, after = outcome[:controls, :start], outcome[:controls, start:]
    noise = noise_level(before)
    zeta = (treated * (outcome.shape[1] - start)) ** 0.25 * noise
    units = simplex.weights(
        before.T,
        outcome[controls:, :start].mean(axis=0),
        zeta=zeta,
        least=_LEAST * noise,
        has_intercept=True,
    )
    times = simplex.weights(
        before,
        after.mean(axis=1),
        zeta=_TINY_RIDGE * noise,
        least=_LEAST * noise,
        has_intercept=True,
    )
    return _weighted(outcome, units, times, start)


def noise_level(before: Floats) -> float:
    """Standard deviation of the first differences of the untreated (σ of the paper's section 2)."""
    return float(np.std(np.diff(before, axis=1), ddof=1))


def placebo_error(
    outcome: Floats, treated: int, start: int, *, seed: int, draws: int = 200
) -> float:
    """Standard error of synthetic difference-in-differences (algorithm 4).

    From effects on untreated units as if they had been treated.

    Raises
    ------
    Invalid
        If there are not more untreated than treated units.
    """
    controls = _controls(outcome, treated, start)
    if controls <= treated:
        raise Invalid("Placebos need more untreated units than treated ones. Add controls.")
    chance = np.random.default_rng(seed)
    found = [
        synthetic_difference_in_differences(
            outcome[chance.permutation(controls)], treated, start
        ).effect
        for _ in range(draws)
    ]
    return float(np.std(found))


def jackknife_error(outcome: Floats, treated: int, start: int) -> float:
    """Standard error of synthetic difference-in-differences by leaving out units (algorithm 3).

    The weights stay those of all units.

    Raises
    ------
    Invalid
        If fewer than two units are treated: then it is not defined.
    """
    controls = _controls(outcome, treated, start)
    if treated < 2:
        raise Invalid("The jackknife needs two treated units or more. Use placebos.")
    fit = synthetic_difference_in_differences(outcome, treated, start)
    effects = np.empty(len(outcome))
    for unit in range(len(outcome)):
        kept = np.delete(outcome, unit, axis=0)
        units = np.delete(fit.units, unit) if unit < controls else fit.units
        total = units.sum()
        units = units / total if total > 0 else np.full(len(units), 1 / len(units))
        effects[unit] = _weighted(kept, units, fit.times, start).effect
    spread = np.sum((effects - effects.mean()) ** 2)
    return float(np.sqrt((len(outcome) - 1) / len(outcome) * spread))


def _controls(outcome: Floats, treated: int, start: int) -> int:
    controls = len(outcome) - treated
    if treated < 1 or controls < 2 or not 2 <= start < outcome.shape[1]:
        raise Invalid(
            "An effect needs a treated unit, two untreated ones, two times before the start and "
            f"one after; there are {treated}, {controls}, {start} and {outcome.shape[1] - start}."
        )
    if not np.isfinite(outcome).all():
        raise Invalid("The outcome has missing values. Fill or leave them out first.")
    return controls


def _weighted(outcome: Floats, units: Floats, times: Floats, start: int) -> Fit:
    mixture = units @ outcome[: len(units)]
    seen = outcome[len(units) :].mean(axis=0)
    curve = mixture + (seen[:start] - mixture[:start]) @ times
    return Fit(float((seen - curve)[start:].mean()), units, times, curve)
