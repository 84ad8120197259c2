"""How drivers learn: the first weeks cost more than the equilibrium that follows.

On the first day whoever finds his street closed takes the way that was quickest yesterday, and
nobody else moves. Then each day a share of drivers finds better: the method of successive averages,
read as days (Cascetta & Cantarella 1991, Transportation Research A 25, 277-291).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citycommons.act.assignment.types import Change
from citycommons.act.network.types import Floats, Network
from citycommons.act.roadworks.days import WEEKS
from citycommons.act.roadworks.solving import Outcome, Solver

_DAYS_A_WEEK = 7


def weekly_delays(solver: Solver, one: Outcome, closed: Sequence[int]) -> tuple[float, ...]:
    """Vehicle-hours of the hour in each of the first eight weeks; all alike where none is closed.

    Between first day and equilibrium flows are mixed, so every day's flows carry all trips.
    """
    if one.after is one.before or len(one.after.flow) != len(one.before.flow):
        return (one.delay_h,) * WEEKS
    network, last = one.after.network, one.after.flow
    first = one.before.flow
    if closed:
        first = solver.first_day(one.before, Change(closed=frozenset(closed)))
    settled = float(last @ solver.times(network, last))
    found = []
    for week in range(WEEKS):
        days = np.arange(week * _DAYS_A_WEEK, (week + 1) * _DAYS_A_WEEK) + 1.0
        # Later weeks hardly change from day to day: their middle stands for them.
        whole = [_total(solver, network, first, last, 1 / day) for day in _sample(days)]
        found.append(one.delay_h + (float(np.mean(whole)) - settled) / 60)
    return tuple(found)


def _sample(days: NDArray[Any]) -> NDArray[Any]:
    return days if days[0] == 1 else days[3:4]


def _total(solver: Solver, network: Network, first: Floats, last: Floats, old: float) -> float:
    flow = old * first + (1 - old) * last
    return float(flow @ solver.times(network, flow))
