"""One run of a forecast: the equilibrium before and after works under given circumstances."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from citycommons.act.assignment.types import Change, Demand, Equilibrium, Unserved
from citycommons.act.model.types import Period
from citycommons.act.network.types import Floats, Network
from citycommons.act.roadworks import changes, draws
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.draws import Draw

BASE_GAP = 1e-6
"""True relative gap of the equilibria that changes are compared with, where works are large."""
_FINEST = 1e-9
_MINUTES = 60.0


class Solver(Protocol):
    """What a forecast needs of an assignment; `act.assignment` is the one in use."""

    def solve(
        self,
        network: Network,
        demands: Sequence[Demand],
        *,
        gap: float,
        start: Equilibrium | None = None,
    ) -> Equilibrium:
        """The equilibrium of these demands."""
        ...

    def change(
        self, base: Equilibrium, made: Change, *, accuracy: float, gap: float | None = None
    ) -> Equilibrium:
        """The equilibrium after a change, as exact as the change itself asks for, or to a gap."""
        ...

    def skim(self, equilibrium: Equilibrium, origins: Sequence[int]) -> Floats:
        """Shortest times from these zones to all zones, (k, zones); infinite where no way leads."""
        ...

    def first_day(self, base: Equilibrium, made: Change) -> Floats:
        """Flows (m,) when whoever finds a link closed takes the quickest way, and nobody else."""
        ...

    def along(self, equilibrium: Equilibrium, weights: Floats, demand: int = 0) -> Floats:
        """The sum of weights (m,) along the ways of each pair, by their shares, (zones, zones)."""
        ...

    def times(self, network: Network, flow: Floats) -> Floats:
        """The time on each link at these flows, fixed costs included, (m,)."""
        ...


def own() -> Solver:
    """The house's own solver; numba is loaded with it."""
    from citycommons.act.roadworks.own_solver import Own

    return Own()


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One run: both equilibria, and what lies between them."""

    before: Equilibrium
    after: Equilibrium
    delay_h: float  # vehicle-hours, of the trips that still find a way
    unserved: tuple[Unserved, ...]  # through these works alone


def outcome(solver: Solver, before: Equilibrium, after: Equilibrium) -> Outcome:
    """The delay between two equilibria of the same demand, in vehicle-hours (times in minutes).

    Trips that no way is left for are in neither sum: they are told apart, not hidden in a mean.
    """
    if after is before:
        return Outcome(before, after, 0.0, ())
    known = {(one.origin, one.destination, one.demand) for one in before.unserved}
    lost = tuple(
        one for one in after.unserved if (one.origin, one.destination, one.demand) not in known
    )
    gone = _time_before(solver, before, lost)
    return Outcome(before, after, (after.total_time - before.total_time + gone) / _MINUTES, lost)


def _time_before(solver: Solver, before: Equilibrium, lost: Sequence[Unserved]) -> float:
    """What trips took that no way is left for: along their ways, as all of them take as long."""
    if not lost:
        return 0.0
    place = {int(node): i for i, node in enumerate(before.network.node[: before.network.zones])}
    whole = 0.0
    for number, demand in enumerate(before.demands):
        mine = [one for one in lost if one.demand == demand.name]
        if mine:
            times = solver.along(before, before.time, number)
            whole += sum(
                one.trips * demand.pce * float(times[place[one.origin], place[one.destination]])
                for one in mine
            )
    return whole


@dataclass(frozen=True, slots=True)
class Gaps:
    """True relative gaps that leave a small share of error in what works change in all.

    Total time is off by about the gap times itself, so works that cost one part in 10 000 need a
    hundred times finer equilibria than those that cost one in a hundred.
    """

    before: float
    after: float


def gaps(middle: Outcome) -> Gaps:
    """Gaps for the runs of works, by what the expected run says of their size."""
    whole = middle.before.total_time
    share = abs(middle.delay_h) * _MINUTES / whole if whole else 0.0
    # By powers of ten, so that bases are shared between works of like size.
    decade = 10.0 ** np.floor(np.log10(max(share, 1e-6) * 0.01))
    return Gaps(
        before=float(np.clip(decade, _FINEST, BASE_GAP)),
        after=float(np.clip(0.02 * share, _FINEST, 1e-5)),
    )


def base(
    solver: Solver, period: Period, draw: Draw, scale: float = 1.0, gap: float = BASE_GAP
) -> Equilibrium:
    """The period's equilibrium under these circumstances, without works."""
    start = period.base
    if scale == 1.0 and draw.is_middle:
        return start
    network = draws.network(start.network, draw)
    return solver.solve(network, draws.demands(start.demands, draw, scale), gap=gap, start=start)


def after(
    solver: Solver,
    before: Equilibrium,
    known: Effects,
    draw: Draw,
    *,
    accuracy: float,
    gap: float | None = None,
) -> Equilibrium:
    """The equilibrium under the works; the same object where the works touch nobody.

    A link that nobody drives may be closed, narrowed or slowed down without anybody gaining by
    another way than before, so the equilibrium stays (Wardrop 1952).
    """
    if not is_felt(before, known, draw):
        return before
    made = _made(known, draw)
    if known.new:
        return _with_new_links(solver, before, known, made)
    return solver.change(before, made, accuracy=accuracy, gap=gap)


def is_felt(before: Equilibrium, known: Effects, draw: Draw) -> bool:
    """Whether anybody drives where something changes, or something gets better."""
    made = _made(known, draw)
    better = any(factor > 1 for factor in made.capacity.values())
    if known.new or better or any(factor < 1 for factor in made.free_time.values()):
        return True
    links = made.closed | set(made.capacity) | set(made.free_time)
    links |= {into for into, _ in made.banned_turns}
    return bool((before.flow[sorted(links)] > 0).any())


def _made(known: Effects, draw: Draw) -> Change:
    return changes.change(known, capacity_z=draw.work_zone_z, compliance=draw.compliance)


def _with_new_links(
    solver: Solver, before: Equilibrium, known: Effects, made: Change
) -> Equilibrium:
    """New links have no place in the base's state: solved anew, then cut to the base's links."""
    network = changes.with_new_links(before.network, known.new)
    capacity, free = network.capacity.copy(), network.free_time.copy()
    for link, factor in made.capacity.items():
        capacity[link] *= factor
    for link, factor in made.free_time.items():
        free[link] *= factor
    wider = replace(network, capacity=capacity, free_time=free)
    demands = tuple(_widened(one, len(known.new)) for one in before.demands)
    opened = solver.solve(wider, demands, gap=BASE_GAP / 100)
    shut = replace(made, capacity={}, free_time={})
    if shut.closed or shut.banned_turns:
        return solver.change(opened, shut, accuracy=0.005)
    return opened


def _widened(demand: Demand, links: int) -> Demand:
    extra = None if demand.extra is None else np.append(demand.extra, np.zeros(links))
    banned = None if demand.banned is None else np.append(demand.banned, np.zeros(links, bool))
    return replace(demand, extra=extra, banned=banned)
