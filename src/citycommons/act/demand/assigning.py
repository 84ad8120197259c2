"""Our own equilibrium in the shape that calibration asks for."""

from dataclasses import dataclass
from importlib import import_module

from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.network.types import Floats, Network


@dataclass(frozen=True, slots=True)
class Bushes:
    """Bush-based equilibrium, warm from where it was; compiled code is loaded on first use."""

    most_iterations: int = 200

    def solve(
        self, network: Network, demands: tuple[Demand, ...], gap: float, start: Equilibrium | None
    ) -> Equilibrium:
        face = import_module("citycommons.act.assignment.equilibrium")
        found: Equilibrium = face.solve(
            network, demands, gap=gap, start=start, max_iterations=self.most_iterations
        )
        return found

    def od_gradient(self, equilibrium: Equilibrium, link_weights: Floats) -> Floats:
        face = import_module("citycommons.act.assignment.reading")
        found: Floats = face.od_gradient(equilibrium, link_weights)
        return found
