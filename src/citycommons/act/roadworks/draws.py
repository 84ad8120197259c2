"""What could be otherwise: seeded draws of demand, day, capacity and behaviour for the runs.

The draws do not depend on the works, so that variants are compared under the same circumstances.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from citycommons.act.assignment.types import Demand
from citycommons.act.model.types import Fit
from citycommons.act.network.types import Floats, Network
from citycommons.act.roadworks.facts import Uncertainty

_DIMENSIONS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One set of circumstances; `middle` is the one without surprises."""

    demand: float  # factor on all trips
    origins: Floats  # (zones,) factor on the trips that begin there
    destinations: Floats  # (zones,)
    capacity: float  # factor on all capacities
    work_zone_z: float  # standard deviations of the work zone's capacity
    compliance: float  # 0..1
    is_middle: bool = False


def of_period(known: Uncertainty, fit: Fit | None) -> Uncertainty:
    """The same, with zones as unsure as the period's held-out counters say."""
    error = known.zone_uncounted if fit is None else fit.held_out_error
    if fit is not None and not np.isfinite(error):
        error = fit.error  # nothing was held out
    zone = min(known.zone_most, max(known.zone, error if np.isfinite(error) else 0.0))
    return replace(known, zone=float(zone))


def middle(zones: int, known: Uncertainty) -> Draw:
    """The circumstances that are expected."""
    ones = np.ones(zones)
    follows = (known.compliance_low + known.compliance_high) / 2
    return Draw(1.0, ones, ones, 1.0, 0.0, follows, is_middle=True)


def draws(runs: int, zones: int, known: Uncertainty, *, seed: int) -> Iterator[Draw]:
    """Circumstances of each run: the same for the same seed.

    A Latin hypercube (McKay, Beckman & Conover 1979, Technometrics 21, 239-245) over the five
    common factors, so that few runs cover each of them evenly; zones vary on their own.
    """
    rng = np.random.default_rng(seed)
    strata = np.stack([rng.permutation(runs) for _ in range(_DIMENSIONS)], axis=1)
    even = (strata + rng.random((runs, _DIMENSIONS))) / runs
    normal = NormalDist()
    for row in even:
        z = [normal.inv_cdf(min(max(float(u), 1e-9), 1 - 1e-9)) for u in row[:4]]
        share = known.compliance_low + (known.compliance_high - known.compliance_low) * row[4]
        ends = np.exp(known.zone / np.sqrt(2) * rng.standard_normal((2, zones)))
        yield Draw(
            demand=float(np.exp(known.demand * z[0] + known.day * z[1])),
            origins=ends[0],
            destinations=ends[1],
            capacity=float(np.exp(known.capacity * z[2])),
            work_zone_z=z[3],
            compliance=float(share),
        )


def demands(base: tuple[Demand, ...], draw: Draw, scale: float = 1.0) -> tuple[Demand, ...]:
    """The base's trips under these circumstances; their sum changes by `demand` and `scale`."""
    shape = draw.origins[:, None] * draw.destinations[None, :]
    found = []
    for one in base:
        trips = one.trips * shape
        whole = trips.sum()
        # What zones win and lose must not move the total, whose spread is drawn by itself.
        factor = one.trips.sum() / whole * draw.demand * scale if whole else 0.0
        found.append(replace(one, trips=trips * factor))
    return tuple(found)


def network(base: Network, draw: Draw) -> Network:
    """The base's streets with these capacities."""
    return base if draw.capacity == 1.0 else replace(base, capacity=base.capacity * draw.capacity)
