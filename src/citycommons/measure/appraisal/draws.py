"""Draws of the inputs: triangular, from a stream of its own for each input.

The stream of an input depends on the seed and on its name alone. So a goal with one more benefit is
compared under the same circumstances, and the order of entries changes nothing (common random
numbers).
"""

import hashlib
from collections.abc import Mapping

import numpy as np

from citycommons.core.errors import Invalid
from citycommons.core.goals import Range
from citycommons.measure.appraisal.types import Floats, Quantiles

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95


def checked(range: Range, what: str, *, least: float, most: float) -> Range:
    """The range itself. Raises `Invalid` unless least ≤ low ≤ likely ≤ high ≤ most."""
    if not least <= range.low <= range.likely <= range.high <= most:
        raise Invalid(
            f"{what}: {range.low:g}, {range.likely:g}, {range.high:g} is no range. Give lowest, "
            f"most likely and highest in this order, between {least:g} and {most:g}."
        )
    return range


def uniform(seed: int, input: str, draws: int) -> Floats:
    """Numbers in 0..1 for one input, shape (draws,)."""
    name = int.from_bytes(hashlib.sha256(input.encode()).digest()[:16], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, name]))).random(draws)


def triangular(range: Range, u: Floats) -> Floats:
    """The values of a triangular distribution at these probabilities, shape as given.

    By its inverse distribution function, which needs square roots only.

    References
    ----------
    Kotz & van Dorp, Beyond Beta, 2004, section 1.3.

    Examples
    --------
    >>> triangular(Range(low=0.0, likely=1.0, high=2.0), np.array([0.0, 0.5, 1.0]))
    array([0., 1., 2.])
    """
    low, likely, high = range.low, range.likely, range.high
    if low == high:
        return np.full_like(u, likely)
    rise = (likely - low) / (high - low)
    left = low + np.sqrt(u * ((high - low) * (likely - low)))
    right = high - np.sqrt((1.0 - u) * ((high - low) * (high - likely)))
    return np.where(u < rise, left, right)


def drawn(ranges: Mapping[str, Range], *, draws: int, seed: int) -> dict[str, Floats]:
    """Draws of each input, by its name, shape (draws,)."""
    return {name: triangular(one, uniform(seed, name, draws)) for name, one in ranges.items()}


def quantile(ordered: Floats, share: float) -> float:
    """A quantile of ordered values, linear between neighbours (Hyndman & Fan 1996, type 7)."""
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    lower, upper = float(ordered[below]), float(ordered[above])
    return lower + (at - below) * (upper - lower)


def quantiles(values: Floats, likely: float) -> Quantiles:
    """The three quantiles of the draws, beside the value at the most likely inputs."""
    ordered = np.sort(values)
    low, middle, high = (quantile(ordered, share) for share in (LOW, MIDDLE, HIGH))
    return Quantiles(low=low + 0.0, middle=middle + 0.0, high=high + 0.0, likely=likely + 0.0)
