"""The house's own assignment as forecasts ask for it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from citycommons.act.assignment.delay import travel_time
from citycommons.act.assignment.equilibrium import solve
from citycommons.act.assignment.reading import od_gradient, skims
from citycommons.act.assignment.types import Change, Demand, Equilibrium
from citycommons.act.assignment.whatif import change
from citycommons.act.network.types import Floats, Network

_MOST_ROUNDS = 100  # an answer in time is worth more than the last digit of one
_YESTERDAY = 1e-5  # true relative gap of a day on which few move


class Own:
    """Bush equilibria; see `act.assignment`. It holds nothing, so it travels between processes."""

    def solve(
        self,
        network: Network,
        demands: Sequence[Demand],
        *,
        gap: float,
        start: Equilibrium | None = None,
    ) -> Equilibrium:
        return solve(network, demands, gap=gap, start=start, max_iterations=_MOST_ROUNDS)

    def change(
        self, base: Equilibrium, made: Change, *, accuracy: float, gap: float | None = None
    ) -> Equilibrium:
        return change(base, made, accuracy=accuracy, gap=gap, max_iterations=_MOST_ROUNDS)

    def first_day(self, base: Equilibrium, made: Change) -> Floats:
        # Where times stand still as they were, used ways stay the quickest, so nobody moves but
        # whoever has to.
        was = base.network
        still = replace(
            was,
            free_time=np.maximum(0.0, base.time - was.fixed),
            b=np.zeros_like(was.b),
            delay=np.zeros_like(was.delay),
        )
        yesterday = solve(still, base.demands, gap=_YESTERDAY, start=base)
        return change(yesterday, made, gap=_YESTERDAY, max_iterations=_MOST_ROUNDS).flow

    def skim(self, equilibrium: Equilibrium, origins: Sequence[int]) -> Floats:
        return np.asarray(skims(equilibrium)[list(origins)])

    def along(self, equilibrium: Equilibrium, weights: Floats, demand: int = 0) -> Floats:
        return od_gradient(equilibrium, weights, demand)

    def times(self, network: Network, flow: Floats) -> Floats:
        return travel_time(network, flow)
