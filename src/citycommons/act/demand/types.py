"""What counts are, and what calibration gives back."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.network.types import Floats, Ints, Network


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """A place where vehicles are counted: it sees a weighted sum of link flows.

    One link with weight 1 is a loop across a road. All links into a junction are a junction whose
    approaches nobody located. A weight below 1 is a loop that sees only some of the lanes.
    """

    id: str
    links: tuple[int, ...]  # index in the network
    weights: tuple[float, ...] = ()  # empty: 1 for each link


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What counters counted in one period, as vehicles in the time that capacities are of."""

    counters: tuple[Counter, ...]
    flow: Floats  # (k,) >= 0
    spread: Floats | None = None  # (k,) standard deviation of `flow`; None: from its size

    def __len__(self) -> int:
        return len(self.counters)

    def seen(self, flow: Floats) -> Floats:
        """What these counters would count at link flows (m,): shape (k,)."""
        row, link, weight = _triplets(self.counters)
        seen: Floats = np.zeros(len(self.counters))
        np.add.at(seen, row, weight * flow[link])
        return seen

    def spread_out(self, residual: Floats, links: int) -> Floats:
        """The adjoint of `seen`: residuals (k,) put on the links (m,) they stand on."""
        row, link, weight = _triplets(self.counters)
        put: Floats = np.zeros(links)
        np.add.at(put, link, weight * residual[row])
        return put

    def only(self, which: Ints) -> "Counts":
        """The counters at these positions."""
        return Counts(
            tuple(self.counters[at] for at in which),
            self.flow[which],
            None if self.spread is None else self.spread[which],
        )


def _triplets(counters: tuple[Counter, ...]) -> tuple[Ints, Ints, Floats]:
    row = np.repeat(np.arange(len(counters)), [len(one.links) for one in counters])
    link = np.array([at for one in counters for at in one.links], np.int64)
    weight = np.array([w for one in counters for w in one.weights or (1.0,) * len(one.links)])
    return row.astype(np.int32), link.astype(np.int32), weight.astype(np.float64)


class Assign(Protocol):
    """What calibration needs of an assignment; `act.assignment` is the one in use."""

    def solve(
        self, network: Network, demands: tuple[Demand, ...], gap: float, start: Equilibrium | None
    ) -> Equilibrium:
        """The equilibrium of these demands, from a start that is near."""
        ...

    def od_gradient(self, equilibrium: Equilibrium, link_weights: Floats) -> Floats:
        """For each pair, the sum of weights (m,) along its used routes by their shares.

        Shape (zones, zones); it is how a weighted sum of flows grows with a pair's trips while
        route shares stay.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One look at the matrix during calibration."""

    error: float  # relative root mean square error on the counters used
    held_out_error: float  # NaN where none was held out
    prior_distance: float  # sum |trips - prior| / sum prior


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A matrix that explains the counts, its flows, and how far to believe it."""

    trips: Floats  # (zones, zones)
    equilibrium: Equilibrium
    error: float  # on the counters used; on all, where the last steps used all
    held_out_error: float  # while they were held out
    geh_under_5: float  # share of held-out counters (of all, where none was held out)
    held_out: tuple[str, ...]
    distrusted: tuple[str, ...]  # counters that contradict the rest, each with the reason
    prior_distance: float
    scale: float  # on the whole prior, before single pairs were moved
    steps: tuple[Step, ...]  # the first is the scaled prior
    stopped_by: str
    cannot_tell: tuple[str, ...]  # sentences
    notes: tuple[str, ...] = field(default=())
