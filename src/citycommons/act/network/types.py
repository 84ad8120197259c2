"""A network of directed links between nodes, as arrays; everything else here makes or reads one."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Numbers = NDArray[np.int64]


class VolumeDelay(IntEnum):
    """How the time on a link grows with its flow v at capacity c and free-flow time t."""

    BPR = 0  # t (1 + b (v/c)^power)                          Bureau of Public Roads 1964
    CONICAL = 1  # Spiess 1990, alpha = power                 Transportation Science 24, 153-158
    DAVIDSON = 2  # t (1 + b x/(1-x)), x = v/c, linear past 0.95    Akcelik 1978, tangent


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """What links are on the ground; solvers need none of it. Lengths m (links) or n (nodes)."""

    lon: Floats  # (n,) CRS84 degrees
    lat: Floats  # (n,)
    length_m: Floats  # (m,)
    lanes: Floats  # (m,) in the direction of the link
    speed_kmh: Floats  # (m,)
    kind: tuple[str, ...]  # (m,) OSM highway class, "connector" for the way of a zone to the road
    name: tuple[str, ...]  # (m,) of the street, or ""
    lines: tuple[tuple[tuple[float, float], ...], ...]  # (m,) lon, lat in driving order
    sources: tuple[str, ...]  # (m,) id of the thing it was made from: OSM way, junction pair
    guessed: dict[str, int]  # "lanes" → on how many links a default stands, said with results


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Directed links; the first `zones` nodes are where trips begin and end.

    Times are in the network's own unit (minutes for cities; as in the file for others), flows and
    capacities in vehicles per hour (or per period of the demand).
    Nodes with an index below `first_through` may not be driven through (TNTP).
    """

    node: Numbers  # (n,) numbers as in the file
    zones: int
    first_through: int
    tail: Ints  # (m,) index of the node where the link begins
    head: Ints  # (m,)
    capacity: Floats  # (m,) > 0 where b > 0
    free_time: Floats  # (m,) >= 0
    fixed: Floats  # (m,) what is added to the time whatever the flow: toll, length, in time units
    b: Floats  # (m,) >= 0
    power: Floats  # (m,) >= 0
    delay: NDArray[np.int8]  # (m,) of `VolumeDelay`
    banned_turns: Ints  # (k, 2) link in, link out
    streets: Streets | None = None

    @property
    def links(self) -> int:
        return len(self.tail)

    @property
    def nodes(self) -> int:
        return len(self.node)
