"""The house's own assignment as forecasts ask for it."""

from collections.abc import Sequence

import numpy as np

from citycommons.act.assignment.delay import travel_time
from citycommons.act.assignment.equilibrium import solve
from citycommons.act.assignment.reading import od_gradient, skims
from citycommons.act.assignment.types import Change, Demand, Equilibrium
from citycommons.act.assignment.whatif import change
from citycommons.act.network.types import Floats, Network


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
        return solve(network, demands, gap=gap, start=start)

    def change(
        self, base: Equilibrium, made: Change, *, accuracy: float, gap: float | None = None
    ) -> Equilibrium:
        return change(base, made, accuracy=accuracy, gap=gap)

    def first_day(self, base: Equilibrium, made: Change) -> Floats:
        # Routes are taken off closed links before anybody looks for a better one.
        return change(base, made, gap=1.0, max_iterations=0).flow

    def skim(self, equilibrium: Equilibrium, origins: Sequence[int]) -> Floats:
        return np.asarray(skims(equilibrium)[list(origins)])

    def along(self, equilibrium: Equilibrium, weights: Floats, demand: int = 0) -> Floats:
        return od_gradient(equilibrium, weights, demand)

    def times(self, network: Network, flow: Floats) -> Floats:
        return travel_time(network, flow)
