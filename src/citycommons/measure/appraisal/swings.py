"""What one input alone does: the tornado's bars, and the value at which nothing is gained or lost.

References
----------
Eschenbach, Spiderplots versus tornado diagrams for sensitivity analysis, Interfaces 22, 1992
(one input at a time between its ends, the others at their most likely; the widest bar on top).
HM Treasury, The Green Book, section 5 (sensitivity analysis and switching values).
"""

from collections.abc import Callable, Mapping

import numpy as np

from citycommons.core.goals import Range
from citycommons.measure.appraisal.flows import OPTIMISM, key, proven, ranges, sums
from citycommons.measure.appraisal.types import Factor, Floats, Inputs, Swing

_SHARES = frozenset({Factor.ATTRIBUTION, Factor.DEADWEIGHT, Factor.DISPLACEMENT, Factor.DROP_OFF})
_HALVINGS = 60

Point = Mapping[str, float]


def swings(inputs: Inputs, *, with_claims: bool) -> tuple[Swing, ...]:
    """Each input that moves the result or could turn it, the widest swing first."""
    known = ranges(inputs)
    asked = [name for name in _asked(inputs, with_claims) if name in known]
    likely = {name: one.likely for name, one in known.items()}

    def npv(points: list[Point]) -> list[float]:
        return _npv(inputs, likely, points, with_claims=with_claims)

    lows = npv([{name: known[name].low} for name in asked])
    highs = npv([{name: known[name].high} for name in asked])
    turns = _turns(asked, known, npv)
    whole = sum((high - low) * (high - low) for low, high in zip(lows, highs, strict=True))
    found = [
        _swing(name, known[name], low, high, whole, turns[name])
        for name, low, high in zip(asked, lows, highs, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.width, one.input)))


def _npv(inputs: Inputs, likely: Point, points: list[Point], *, with_claims: bool) -> list[float]:
    """The net present value at each point; what a point does not name is at its most likely."""
    if not points:
        return []
    x = {name: np.full(len(points), value) for name, value in likely.items()}
    for place, point in enumerate(points):
        for name, value in point.items():
            x[name][place] = value
    last: Floats = sums(inputs, x).running(with_claims=with_claims)[-1]
    return [value + 0.0 for value in last.tolist()]


def _asked(inputs: Inputs, with_claims: bool) -> list[str]:
    """Inputs worth a bar: those that are not known exactly, and the main ones even if they are."""
    known = ranges(inputs)
    counted = [
        one
        for one in inputs.benefits
        if one.value is not None and (with_claims or one.id in proven(inputs))
    ]
    used = {one.value for one in counted} | {one.value for one in inputs.costs}
    found = [key(Factor.QUANTITY, one.id) for one in counted]
    found += [key(Factor.COST, one.id) for one in inputs.costs]
    found += [key(Factor.UNIT_VALUE, one.id) for one in inputs.values if one.id in used]
    unsure = [key(kind, one.id) for one in counted for kind in sorted(_SHARES)]
    if inputs.costs:
        unsure.append(OPTIMISM)
    return found + [name for name in unsure if known[name].low < known[name].high]


def _turns(
    asked: list[str], known: Mapping[str, Range], npv: Callable[[list[Point]], list[float]]
) -> dict[str, float | None]:
    """The value of each input at which the net present value is zero, where there is one."""
    curved = [name for name in asked if _factor(name) is Factor.DROP_OFF]
    straight = [name for name in asked if _factor(name) is not Factor.DROP_OFF]
    steps = {name: known[name].likely or 1.0 for name in straight}
    zeros = npv([{name: 0.0} for name in straight])
    ends = npv([{name: steps[name]} for name in straight])
    found = {
        name: _possible(name, _root(zero, end, steps[name]))
        for name, zero, end in zip(straight, zeros, ends, strict=True)
    }
    return found | _halved(curved, npv)


def _root(zero: float, end: float, step: float) -> float | None:
    """Where the straight line through (0, zero) and (step, end) crosses nothing."""
    return None if end == zero else zero * step / (zero - end) + 0.0


def _possible(name: str, value: float | None) -> float | None:
    most = 1.0 if _factor(name) in _SHARES else float("inf")
    return value if value is not None and 0.0 <= value <= most else None


def _halved(names: list[str], npv: Callable[[list[Point]], list[float]]) -> dict[str, float | None]:
    """The same of shares that come in as powers, by halving 0..1."""
    at_zero = npv([{name: 0.0} for name in names])
    at_one = npv([{name: 1.0} for name in names])
    low, high = dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0)
    for _ in range(_HALVINGS if names else 0):
        middles = {name: (low[name] + high[name]) / 2 for name in names}
        values = npv([{name: middles[name]} for name in names])
        for name, start, value in zip(names, at_zero, values, strict=True):
            (low if (value > 0) == (start > 0) else high)[name] = middles[name]
    return {
        name: (low[name] + high[name]) / 2 if (start > 0) != (end > 0) else None
        for name, start, end in zip(names, at_zero, at_one, strict=True)
    }


def _factor(name: str) -> Factor:
    return Factor(name.partition(":")[0])


def _swing(
    name: str, range: Range, low: float, high: float, whole: float, turn: float | None
) -> Swing:
    return Swing(
        input=name,
        entry=name.partition(":")[2],
        factor=_factor(name),
        range=range,
        npv_low=low,
        npv_high=high,
        share=(high - low) * (high - low) / whole if whole else 0.0,
        break_even=turn,
        is_within=turn is not None and range.low <= turn <= range.high,
    )
