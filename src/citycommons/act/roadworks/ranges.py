"""From the values of many runs to a range with its 90 % interval."""

from collections.abc import Sequence

import numpy as np

from citycommons.act.network.types import Floats
from citycommons.act.roadworks.types import Range

LOW, HIGH = 0.05, 0.95


def edges(values: Floats) -> tuple[Floats, Floats]:
    """The 5 % and 95 % quantiles over the first axis.

    Weibull's plotting positions: of n runs and one truth that are drawn alike, the truth falls
    between them with the probability that is named (Hyndman & Fan 1996, type 6).
    """
    low, high = np.quantile(values, (LOW, HIGH), axis=0, method="weibull")
    return low, high


def range_of(values: Sequence[float] | Floats, middle: float) -> Range:
    """The range of one number around what is expected."""
    if len(values) == 0:
        return Range(low=middle, middle=middle, high=middle)
    low, high = edges(np.asarray(values, float))
    return Range(low=min(float(low), middle), middle=middle, high=max(float(high), middle))


def scaled(one: Range, factor: float) -> Range:
    """All three times a factor; a negative one turns the ends."""
    ends = sorted((one.low * factor, one.high * factor))
    return Range(low=ends[0], middle=one.middle * factor, high=ends[1])


def added(*ranges: Range) -> Range:
    """The sum, as if all ends came together: the same demand and capacity stand behind them."""
    return Range(
        low=sum(one.low for one in ranges),
        middle=sum(one.middle for one in ranges),
        high=sum(one.high for one in ranges),
    )
