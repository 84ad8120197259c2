"""Chance that comes out the same for a seed, on every machine and with every numpy.

numpy freezes the streams of `RandomState` for ever and may change those of `Generator` (NEP 19), so
the older class is the right one here. Each file draws from a stream of its own, named after it: a
change in one file leaves all others as they were.
"""

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Chance = np.random.RandomState


def stream(seed: int, name: str) -> Chance:
    """The stream of chance for one file of the city of this seed."""
    return np.random.RandomState([seed, crc32(name.encode())])


def scattered(chance: Chance, mean: Floats, size: float) -> Ints:
    """Negative binomial counts: variance is mean + mean² / size; a mean of zero gives zero."""
    rate = mean * chance.gamma(size, 1 / size, mean.shape)
    return chance.poisson(rate).astype(np.int64)


def pick(chance: Chance, things: Any, size: int, weights: Any = None) -> NDArray[Any]:
    """`size` things drawn with replacement, by weight."""
    share = None if weights is None else np.asarray(weights, float) / np.sum(weights)
    return np.asarray(things)[chance.choice(len(things), size, p=share)]
