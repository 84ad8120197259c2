"""How well modelled flows meet counts."""

import hashlib
from collections.abc import Sequence

import numpy as np

from citycommons.act.network.types import Floats, Ints


def geh(modelled: Floats, counted: Floats) -> Floats:
    """The GEH statistic of hourly flows: sqrt(2 (m - c)^2 / (m + c)), shape (k,).

    References
    ----------
    UK Department for Transport, TAG unit M3.1, section 3.3: below 5 on 85 % of links is the
    usual standard of a validated model.
    """
    both = modelled + counted
    square = 2 * (modelled - counted) ** 2
    return np.sqrt(np.divide(square, both, out=np.zeros_like(both), where=both > 0))


def relative_error(modelled: Floats, counted: Floats) -> float:
    """Root of the summed squared errors over the summed squared counts; NaN for no counter."""
    square = float((counted**2).sum())
    if square <= 0:
        return float("nan")
    return float(np.sqrt(((modelled - counted) ** 2).sum() / square))


def rmse_percent(modelled: Floats, counted: Floats) -> float:
    """Root mean square error over the mean count, as planners write %RMSE (1 is 100 %)."""
    if not len(counted) or counted.mean() <= 0:
        return float("nan")
    return float(np.sqrt(((modelled - counted) ** 2).mean()) / counted.mean())


def held_out(ids: Sequence[str], share: float, seed: int) -> Ints:
    """Positions of the counters not to calibrate on: the same ones for the same ids and seed.

    Each counter's own lot decides, so that one more or less does not reshuffle the others; fewer
    than five counters are all used.
    """
    if len(ids) < 5 or share <= 0:
        return np.empty(0, np.int32)
    lots = [hashlib.blake2b(f"{seed}:{id}".encode(), digest_size=8).digest() for id in ids]
    order = sorted(range(len(ids)), key=lambda at: (lots[at], ids[at]))
    return np.sort(np.array(order[: max(1, round(share * len(ids)))], np.int32))
