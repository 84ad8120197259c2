"""Bi-conjugate Frank-Wolfe: link flows only, for memories too small for routes.

Mitradjieva and Lindberg 2013, “The stiff is moving”, Transportation Science 47, 280-293. It comes
near an equilibrium slowly and knows no routes: no select-link, no warm start by `change`.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from citycommons.act.assignment.delay import integral, travel_time
from citycommons.act.assignment.kernels import (
    Bushes,
    Links,
    plant_load,
    set_all,
    shortest,
)
from citycommons.act.assignment.problem import (
    Flags,
    Problem,
    bushes_of,
    flows,
    joined,
    labels_of,
    links_of,
    missing,
    served,
)
from citycommons.act.assignment.types import Equilibrium
from citycommons.act.network.types import Floats

_FARTHEST = 0.99  # of the way that a conjugate direction may keep from the one before


@dataclass(frozen=True, slots=True, eq=False)
class LinkFlows:
    """What this method leaves behind: flows of each demand on small links, to begin from."""

    problem: Problem
    volume: Floats  # (groups, small links)


@njit(cache=True, nogil=True)
def all_or_nothing(graph, links, bushes, labels, onto, reached):  # type: ignore[no-untyped-def]
    """Put all trips on the shortest ways: fill `onto` (groups, links); return what they cost."""
    onto[:] = 0.0
    spent = 0.0
    for b in range(len(bushes.root)):
        group = bushes.group[b]
        shortest(graph, links.cost[group], bushes.root[b], labels)
        for d in range(bushes.first_end[b], bushes.first_end[b + 1]):
            cost = labels.best[bushes.end[d]]
            reached[d] = cost < np.inf
            if reached[d]:
                spent += bushes.trips[d] * cost
            else:
                bushes.trips[d] = 0.0
        plant_load(graph, bushes, b, labels, onto[group])
    return spent


@dataclass(slots=True, eq=False)
class Descent:
    """Flows, and the two targets that the last steps went to."""

    problem: Problem
    bushes: Bushes  # origins and trips only: there is no room for links
    links: Links
    plain: Links  # times alone, without what groups pay beside
    volume: Floats
    finite: Floats  # extra costs where they are finite
    targets: list[Floats]
    step: float = 1.0

    def price(self) -> None:
        """Bring times up to the flows."""
        self.links.volume[:] = self.volume.sum(axis=0)
        set_all(self.problem.delay, self.links)

    def towards(self, shortest: Floats) -> Floats:
        """The target whose direction is conjugate to the last two."""
        steep, x = self.links.slope, self.volume
        if not self.targets:
            return shortest
        to, last = shortest - x, self.targets[-1] - x
        if len(self.targets) == 2 and self.step < 1.0:
            old, new = self.targets
            mixed = self.step * new + (1 - self.step) * old - x
            below = _across(steep, mixed, old - new)
            square = _across(steep, last, last)
            if below != 0.0 and square > 0.0:
                mu = max(-_across(steep, mixed, to) / below, 0.0)
                nu = -_across(steep, last, to) / square + mu * self.step / (1 - self.step)
                nu = max(nu, 0.0)
                return (shortest + nu * new + mu * old) / (1 + nu + mu)
        below = _across(steep, last, shortest - self.targets[-1])
        kept = _across(steep, last, to) / below if below != 0.0 else 0.0
        kept = min(max(kept, 0.0), _FARTHEST)
        return kept * self.targets[-1] + (1 - kept) * shortest

    def go(self, target: Floats) -> None:
        """Step to where the objective is least on the way to the target."""
        way, low, high = target - self.volume, 0.0, 1.0
        start = self.volume.sum(axis=0)
        along, beside = way.sum(axis=0), float((way * self.finite).sum())
        for _ in range(40):
            middle = (low + high) / 2
            self.plain.volume[:] = np.maximum(start + middle * along, 0.0)
            set_all(self.problem.delay, self.plain)
            rising = float((self.plain.cost[0] * along).sum()) + beside
            low, high = (low, middle) if rising > 0 else (middle, high)
        self.step = high if high == 1.0 else low
        self.volume = np.maximum(self.volume + self.step * way, 0.0)
        self.targets = [*self.targets[-1:], target] if self.step < 0.99 else []


def _across(steep: Floats, one: Floats, other: Floats) -> float:
    return float((steep * one.sum(axis=0) * other.sum(axis=0)).sum())


def descend(
    problem: Problem, gap: float, rounds: int, start: LinkFlows | None = None
) -> Equilibrium:
    """Return the equilibrium to a true relative gap, from nothing or from link flows."""
    groups, m = len(problem.demands), len(problem.small.tail)
    links, labels = links_of(problem), labels_of(problem, 1)
    bushes = bushes_of(problem, 1)
    reached: Flags = np.ones(len(bushes.end), dtype=bool)
    finite = np.where(np.isfinite(problem.extra), problem.extra, 0.0)
    plain = links._replace(
        volume=np.zeros(m), slope=np.zeros(m), cost=np.zeros((1, m)), extra=np.zeros((1, m))
    )
    state = Descent(problem, bushes, links, plain, np.zeros((groups, m)), finite, [])
    fits = start is not None and start.problem.graph is problem.graph
    fits = fits and start is not None and _same_trips(start.problem, problem)
    onto = np.zeros((groups, m))
    state.price()
    all_or_nothing(problem.graph, links, bushes, labels, onto, reached)
    state.volume = start.volume.copy() if fits and start is not None else onto.copy()
    done, lost, ways = 0, np.inf, joined(problem, served(problem, reached))
    while True:
        state.price()
        spent = all_or_nothing(problem.graph, links, bushes, labels, onto, reached)
        used = np.where(state.volume > 0, links.cost, 0.0)
        lost = max(float((used * state.volume).sum()) - spent, 0.0)
        flow = flows(problem, links.volume, ways)
        total = float(flow @ travel_time(problem.network, flow)) + float(
            (finite * state.volume).sum()
        )
        if lost <= gap * total or done >= rounds:
            break
        state.go(state.towards(onto))
        done += 1
    times = travel_time(problem.network, flow)
    beside = float((finite * state.volume).sum())
    return Equilibrium(
        network=problem.network,
        demands=problem.demands,
        flow=flow,
        time=times,
        objective=integral(problem.network, flow) + beside,
        total_time=float(flow @ times),
        gap=lost / total if total > 0 else 0.0,
        iterations=done,
        cpu_seconds=0.0,
        unserved=missing(problem, served(problem, reached)),
        state=LinkFlows(problem, state.volume),
    )


def _same_trips(one: Problem, other: Problem) -> bool:
    return len(one.trips.trips) == len(other.trips.trips) and bool(
        (one.trips.trips == other.trips.trips).all() and (one.trips.end == other.trips.end).all()
    )
