"""CO2 that works add: longer ways and slower streets, by published curves of fuel over speed."""

import numpy as np

from citycommons.act.assignment.types import Equilibrium
from citycommons.act.network.types import Floats
from citycommons.act.roadworks import facts
from citycommons.act.roadworks.solving import Outcome, Solver


def more_co2_kg(solver: Solver, one: Outcome) -> float:
    """CO2 that works add in the hour, in kg, of the trips that still find a way; 0 without lengths.

    References
    ----------
    `facts/emissions.toml`. Mean-speed curves see a slower street, not a standing queue's stops.
    """
    if one.after is one.before or one.before.network.streets is None:
        return 0.0
    before = co2_per_vehicle(one.before)
    gone = _of_lost(solver, one, before)
    after = float(one.after.flow @ co2_per_vehicle(one.after))
    return after - float(one.before.flow @ before) + gone


def co2_per_vehicle(one: Equilibrium) -> Floats:
    """CO2 of one car on each link in kg, (m,); ways between zone and road are left out."""
    streets = one.network.streets
    found = np.zeros(one.network.links)
    if streets is None:
        return found
    km, hours = streets.length_m / 1000, (one.time - one.network.fixed) / 60
    real = (km > 0) & (hours > 0) & np.array([kind != "connector" for kind in streets.kind])
    found[real] = km[real] * facts.co2_kg_per_km(km[real] / hours[real])
    return found


def _of_lost(solver: Solver, one: Outcome, per_vehicle: Floats) -> float:
    """What trips without any way left emitted before, so that their absence is no gain."""
    network = one.before.network
    place = {int(node): i for i, node in enumerate(network.node[: network.zones])}
    whole = 0.0
    for number, demand in enumerate(one.before.demands):
        lost = [each for each in one.unserved if each.demand == demand.name]
        if lost:
            each_way = solver.along(one.before, per_vehicle, number)
            whole += sum(
                each.trips * demand.pce * each_way[place[each.origin], place[each.destination]]
                for each in lost
            )
    return float(whole)
