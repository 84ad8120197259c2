"""How large an effect looks where there is none, and what follows for an interval."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from citycommons.understand.cause.types import Floats

_ENOUGH = 39  # placebos, from which on their own ranks are used


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """Effects of nothing, each over its own noise, shape (placebos,).

    With 39 placebos or more an interval comes from their ranks: if the treated sensor is
    exchangeable with them, it covers as stated whatever their distribution (Vovk, Gammerman and
    Shafer, Algorithmic Learning in a Random World, 2005, chapter 2). With fewer, from Student's
    distribution with their spread.
    """

    effects: Floats

    def width(self, level: float) -> float:
        """By how many noises to either side an interval of this level reaches; infinite if none."""
        size = np.sort(np.abs(self.effects[np.isfinite(self.effects)]))
        if len(size) < 3:
            return float("inf")
        if len(size) >= _ENOUGH:
            return float(size[int(np.ceil((len(size) + 1) * level)) - 1])
        return float(np.sqrt(np.mean(size**2))) * student((1 + level) / 2, len(size))

    def p(self, effect: float) -> float:
        """Probability of an effect at least so far from none, were there none."""
        size = np.abs(self.effects[np.isfinite(self.effects)])
        if len(size) < 3:
            return 1.0
        if len(size) >= _ENOUGH:
            return float((1 + np.sum(size >= abs(effect))) / (1 + len(size)))
        ratio = abs(effect) / max(float(np.sqrt(np.mean(size**2))), 1e-12)
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (
                (low, middle)
                if student(1 - middle / 2, len(size)) < ratio
                else (middle, high)
            )  # fmt: skip
        return (low + high) / 2


def student(probability: float, degrees: int) -> float:
    """Quantile of Student's t by its expansion around the normal one.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.5; error below 0.02 from
    five degrees of freedom on for the levels used here.
    """
    if probability >= 1 - 1e-12:
        return float("inf")
    x = NormalDist().inv_cdf(probability)
    v = float(degrees)
    return (
        x
        + (x**3 + x) / (4 * v)
        + (5 * x**5 + 16 * x**3 + 3 * x) / (96 * v**2)
        + (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / (384 * v**3)
    )
