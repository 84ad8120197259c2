"""CO2 that works add: longer ways and slower streets, by published curves of fuel over speed."""

import numpy as np

from citycommons.act.assignment.types import Equilibrium
from citycommons.act.network.types import Floats
from citycommons.act.roadworks import facts


def co2_kg(one: Equilibrium) -> float:
    """CO2 of an hour's traffic in kg, ways between zone and road left out; 0 without lengths.

    References
    ----------
    `facts/emissions.toml`. Mean-speed curves see a slower street, not a standing queue's stops.
    """
    streets = one.network.streets
    if streets is None:
        return 0.0
    km, hours = streets.length_m / 1000, _hours(one)
    real = (km > 0) & (hours > 0) & np.array([kind != "connector" for kind in streets.kind])
    speed = km[real] / hours[real]
    return float((one.flow[real] * km[real] * facts.co2_kg_per_km(speed)).sum())


def _hours(one: Equilibrium) -> Floats:
    """Time on each link without tolls; the network's unit is minutes."""
    return np.asarray((one.time - one.network.fixed) / 60)
