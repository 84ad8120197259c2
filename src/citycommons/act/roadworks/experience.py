"""What past forecasts teach: by how much they were wrong, and how often their ranges held.

Pure functions from (forecast, measured) pairs of finished works to the correction and the widening
of the next forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np

from citycommons.act.roadworks.types import Range

_COVERAGE = 0.9
_PRIOR = 10  # as many works, forecast as well as their ranges say, are believed in from the start
_FAR = 100.0  # half-widths: farther off is all the same
_FARTHEST = 4.0  # no correction or widening beyond: such a model is to be mended, not stretched


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One finished forecast beside what was measured, in the same unit."""

    forecast: Range
    measured: float
    measured_sd: float = 0.0  # of the measurement itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What it comes to, for the next forecast and for whoever judges us."""

    works: int
    bias: float  # measured over forecast, geometric mean; 1.0 is none
    coverage: float | None  # share of ranges that held what was measured; None without works
    correction: float  # factor on the next forecast: the bias, believed as far as works are many
    widening: float  # factor on the half-widths of the next ranges


NONE = Experience(works=0, bias=1.0, coverage=None, correction=1.0, widening=1.0)


def experience(past: Sequence[Past]) -> Experience:
    """Bias, coverage, and what to do about them.

    The correction is the geometric mean ratio, shrunk towards 1 as if ten right forecasts had been
    seen before. The widening is the split-conformal quantile (Vovk, Gammerman & Shafer 2005;
    Romano, Patterson & Candes 2019, scaled scores) of how far measurements fell from the middle in
    half-widths, over the past works and ten well-behaved ones.

    Examples
    --------
    >>> experience([]).widening
    1.0
    >>> far = Past(forecast=Range(low=9, middle=10, high=11), measured=14)
    >>> experience([far] * 20).correction > 1.2
    True
    """
    told = [one for one in past if one.forecast.high > one.forecast.low]
    if not told:
        return NONE
    logs = [ratio for one in told if (ratio := _log_ratio(one)) is not None]
    correction = exp(sum(logs) / (len(logs) + _PRIOR)) if logs else 1.0
    held = sum(_holds(one) for one in told) / len(told)
    scores = [_score(one, correction) for one in told]
    return Experience(
        works=len(told),
        bias=_bounded(exp(sum(logs) / len(logs))) if logs else 1.0,
        coverage=held,
        correction=_bounded(correction),
        widening=_widening(scores),
    )


def applied(range: Range, known: Experience) -> Range:
    """The range corrected and widened."""
    middle = range.middle * known.correction
    down = (range.middle - range.low) * known.correction * known.widening
    up = (range.high - range.middle) * known.correction * known.widening
    return Range(low=middle - abs(down), middle=middle, high=middle + abs(up))


def _log_ratio(one: Past) -> float | None:
    """None where a ratio says nothing: no effect was forecast, or the signs differ."""
    if one.forecast.middle == 0 or one.measured / one.forecast.middle <= 0:
        return None
    return max(-log(_FARTHEST), min(log(_FARTHEST), log(one.measured / one.forecast.middle)))


def _holds(one: Past) -> bool:
    return one.forecast.low <= one.measured <= one.forecast.high


def _score(one: Past, correction: float) -> float:
    middle = one.forecast.middle * correction
    off = one.measured - middle
    side = (
        one.forecast.high - one.forecast.middle
        if off > 0
        else one.forecast.middle - one.forecast.low
    )
    whole = max(abs(side) * correction, (one.forecast.high - one.forecast.low) * 0.05)
    # The measurement's own error is no fault of the forecast.
    mended = sqrt(max(0.0, off * off - one.measured_sd**2))
    return min(_FAR, mended / whole) if whole > 0 else _FAR


def _widening(scores: Sequence[float]) -> float:
    normal = NormalDist()
    edge = normal.inv_cdf((1 + _COVERAGE) / 2)
    prior = [normal.inv_cdf((1 + (i + 0.5) / _PRIOR) / 2) / edge for i in range(_PRIOR)]
    pooled = np.quantile([*scores, *prior], _COVERAGE, method="hazen")
    return _bounded(float(pooled)) if scores else 1.0


def _bounded(factor: float) -> float:
    return min(_FARTHEST, max(1 / _FARTHEST, factor))
