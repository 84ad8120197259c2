"""What equilibrium takes and gives."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from citycommons.act.network.types import Floats, Network


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Trips between zones in the time that capacities are of; the diagonal is not driven.

    One matrix for each class of users. `pce` turns a class's vehicles into cars; `extra` is what a
    class pays on each link beyond the time (in time units); `banned` links it may not use.
    """

    trips: Floats  # (zones, zones)
    name: str = "cars"
    pce: float = 1.0
    extra: Floats | None = None  # (m,)
    banned: NDArray[np.bool_] | None = None  # (m,)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What works do to links of a base network, by link index; absent links stay as they are."""

    closed: frozenset[int] = frozenset()
    capacity: dict[int, float] = field(default_factory=dict)  # factor on the capacity, > 0
    free_time: dict[int, float] = field(default_factory=dict)  # factor on the free-flow time, > 0
    banned_turns: tuple[tuple[int, int], ...] = ()  # link in, link out


@dataclass(frozen=True, slots=True, eq=False)
class Unserved:
    """A pair that no route serves: its trips are in no flow."""

    origin: int  # node number as in the file
    destination: int
    trips: float
    demand: str = "cars"


@dataclass(frozen=True, slots=True, eq=False)
class Equilibrium:
    """Flows where nobody gains by driving another way, and how near they are to that."""

    network: Network
    demands: tuple[Demand, ...]
    flow: Floats  # (m,) vehicles in car units
    time: Floats  # (m,) at these flows, fixed costs included
    objective: float  # Beckmann, McGuire & Winsten 1956
    total_time: float  # sum of flow times time
    gap: float  # true relative gap: (total - shortest) / total, of these very flows and times
    iterations: int
    cpu_seconds: float  # without compilation
    unserved: tuple[Unserved, ...]
    state: object  # bushes: what a warm start and select-link need; opaque outside this package


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One way that trips of a pair take."""

    links: tuple[int, ...]  # in driving order
    trips: float  # vehicles
    time: float  # fixed costs, and what the class pays beside, included
