"""User equilibrium by bushes, from nothing or from an equilibrium that is near."""

import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import numpy as np

from citycommons.act.assignment.delay import integral, travel_time
from citycommons.act.assignment.improve import foresee, improve, load, total_regret
from citycommons.act.assignment.kernels import Bushes, Links, add_up, set_all
from citycommons.act.assignment.problem import (
    Flags,
    Problem,
    bushes_of,
    flows,
    joined,
    labels_of,
    links_of,
    missing,
    pairs_of,
    prepare,
    served,
)
from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.network.types import Floats, Network, VolumeDelay
from citycommons.core.errors import Invalid

_DIGITS = 1e-12  # a gap below which rounding may hold it up
_SWEEPS = 40  # over pairs of ways, at most, for each time that bushes change


@dataclass(slots=True, eq=False)
class State:
    """Bushes at an equilibrium: what warm starts, skims and select-link read."""

    problem: Problem
    bushes: Bushes
    links: Links
    reached: Flags  # (ends,) of `problem.trips`
    regret: Floats  # (bushes,) what users lose against their shortest ways
    warm: bool  # begun from other routes, which may be good enough
    served: Flags = field(init=False)  # (pairs,) of zones, have a route
    ways: Floats = field(init=False)  # (roads' links,) flows between zones and streets

    def __post_init__(self) -> None:
        self.account()

    def account(self) -> None:
        """Find who is served, after `reached` or what is closed has changed."""
        self.served = served(self.problem, self.reached)
        self.ways = joined(self.problem, self.served)

    def copy(self, problem: Problem, factor: float) -> "State":
        """The same routes for a problem of the same streets and `factor` times the trips."""
        old, links = self.bushes, links_of(problem)
        links.volume[:] = self.links.volume * factor
        bushes = old._replace(
            size=old.size.copy(),
            link=old.link.copy(),
            flow=old.flow * factor,
            trips=old.trips * factor,
        )
        new = copy(self)
        new.problem, new.bushes, new.links, new.warm = problem, bushes, links, True
        new.reached, new.regret, new.ways = self.reached.copy(), self.regret * 0, self.ways * factor
        return new

    @classmethod
    def of(cls, problem: Problem, bushes: Bushes, volume: Floats) -> "State":
        """Bushes that were stored, to begin from."""
        links = links_of(problem)
        links.volume[:] = volume
        return cls(problem, bushes, links, problem.trips.trips >= 0, np.zeros(0), True)

    def widen(self) -> None:
        """Give each bush more room."""
        old = self.bushes
        room = min(len(self.problem.small.tail), old.link.shape[1] * 3 // 2)
        more = ((0, 0), (0, room - old.link.shape[1]))
        self.bushes = old._replace(link=np.pad(old.link, more), flow=np.pad(old.flow, more))


def solve(
    network: Network,
    demands: Sequence[Demand],
    *,
    gap: float = 1e-9,
    start: Equilibrium | None = None,
    max_iterations: int = 1000,
    method: Literal["bushes", "bfw"] = "bushes",
) -> Equilibrium:
    """Return the flows at which nobody gains by driving another way.

    Parameters
    ----------
    gap
        True relative gap to stop at: (total - shortest) / total time.
    start
        An equilibrium of the same streets whose routes are taken over where they fit.
    method
        "bfw" (bi-conjugate Frank-Wolfe) needs memory for link flows only, and knows no routes.

    Returns
    -------
    The equilibrium; its `gap` is above what was asked if `max_iterations` ended first.

    Raises
    ------
    Invalid
        For a network or demand that cannot be solved; the message names the link or pair.

    References
    ----------
    Dial 2006, Transportation Research B 40, 917-936. Nie 2010, Transportation Research B 44, 73-89.
    """
    if not gap >= 0:
        raise Invalid(f"The gap to stop at is {gap}; it must be 0 or above.")
    warm_up()
    began = time.thread_time()
    if method == "bfw":
        return _without_routes(network, demands, gap, start, max_iterations)
    old = start.state if start is not None and isinstance(start.state, State) else None
    state = begin(prepare(network, demands, None if old is None else old.problem), old)
    iterations = run(state, gap, max_iterations)
    return result(state, iterations, time.thread_time() - began)


def _without_routes(
    network: Network,
    demands: Sequence[Demand],
    gap: float,
    start: Equilibrium | None,
    rounds: int,
) -> Equilibrium:
    from citycommons.act.assignment.frank_wolfe import LinkFlows, descend

    old = start.state if start is not None and isinstance(start.state, LinkFlows) else None
    began = time.thread_time()
    found = descend(
        prepare(network, demands, None if old is None else old.problem), gap, rounds, old
    )
    return replace(found, cpu_seconds=time.thread_time() - began)


def begin(problem: Problem, old: State | None = None) -> State:
    """All trips on routes: those of `old` if its streets are the same, else the shortest."""
    nodes, m = len(problem.small.node), len(problem.small.tail)
    room = min(m, nodes + nodes // 8 + 64)
    same = old is not None and old.problem.graph is problem.graph
    if old is not None and same:
        room = old.bushes.link.shape[1]
    bushes, links = bushes_of(problem, room), links_of(problem)
    planted = np.ones(len(bushes.root), dtype=bool)
    if old is not None and same:
        _take_over(bushes, planted, old.bushes)
        links.volume[:] = old.links.volume
    reached = np.ones(len(bushes.end), dtype=bool)
    labels = labels_of(problem, room)
    load(problem.graph, problem.delay, links, bushes, planted, labels, reached)
    add_up(bushes, links)  # bushes taken over now carry this problem's trips, not the old ones
    return State(problem, bushes, links, reached, np.zeros(len(bushes.root)), not planted.all())


def _take_over(bushes: Bushes, planted: Flags, old: Bushes) -> None:
    """Copy rows of the same origin and demand."""
    place = {
        pair: b for b, pair in enumerate(zip(old.group.tolist(), old.root.tolist(), strict=True))
    }
    pairs = zip(bushes.group.tolist(), bushes.root.tolist(), strict=True)
    rows = np.array([place.get(pair, -1) for pair in pairs], dtype=np.int64)
    known = rows >= 0
    bushes.size[known] = old.size[rows[known]]
    bushes.link[known] = old.link[rows[known]]
    bushes.flow[known] = old.flow[rows[known]]
    planted[known] = False


def run(state: State, gap: float, rounds: int) -> int:
    """Improve until the true gap is reached; return the rounds it took."""
    problem, done, pairs = state.problem, 0, pairs_of(state.problem)
    before = np.inf
    labels = labels_of(problem, state.bushes.link.shape[1])
    add_up(state.bushes, state.links)
    set_all(problem.delay, state.links)
    if state.warm:
        total_regret(problem.graph, state.links, state.bushes, labels, state.regret)
        if state.regret.sum() <= gap * total_cost(state):
            return 0
    while done < rounds:
        enough = gap * total_cost(state)
        took = improve(
            problem.graph,
            problem.delay,
            state.links,
            state.bushes,
            labels,
            pairs,
            state.regret,
            min(rounds - done, 8),
            _SWEEPS,
            enough,
        )
        if took < 0:
            state.widen()
            labels = labels_of(problem, state.bushes.link.shape[1])
            continue
        done += took
        left = float(state.regret.sum())
        if left <= gap * total_cost(state):
            break
        # Digits end before the gap does: no round makes it better any more.
        if left > 0.9 * before and left <= _DIGITS * total_cost(state):
            break
        before = left
    return done


def approach(state: State, base: State, accuracy: float, rounds: int) -> int:
    """Improve until the change of flows since `base` is right to the share `accuracy`."""
    known, regret = base.links.volume, float(base.regret.sum())
    problem, pairs = state.problem, pairs_of(state.problem)
    weight = np.diff(problem.small.first_member).astype(np.float64)
    set_all(problem.delay, state.links)
    labels = labels_of(problem, state.bushes.link.shape[1])
    if np.array_equal(state.links.volume, known):
        # Nobody had to leave a link: perhaps nobody wants to.
        total_regret(problem.graph, state.links, state.bushes, labels, state.regret)
        if state.regret.sum() <= max(1.2 * regret, 1e-15 * total_cost(state)):
            return 0
    done = -1
    while done < 0:
        done = foresee(
            problem.graph,
            problem.delay,
            state.links,
            state.bushes,
            labels,
            pairs,
            state.regret,
            rounds,
            _SWEEPS,
            known,
            weight,
            accuracy / 2,  # what is known of the error is an estimate itself
        )
        if done < 0:
            state.widen()
            labels = labels_of(problem, state.bushes.link.shape[1])
    return done


def total_cost(state: State) -> float:
    """What all users pay: time, fixed costs and what their class pays beside."""
    problem = state.problem
    flow = flows(problem, state.links.volume, state.ways)
    return float(flow @ travel_time(problem.network, flow)) + _paid_beside(state)


def _paid_beside(state: State) -> float:
    """What classes pay beyond the time, on small links and on the ways of zones."""
    problem = state.problem
    if all(demand.extra is None for demand in problem.demands):
        return 0.0
    bushes, paid = state.bushes, 0.0
    finite = np.where(np.isfinite(problem.extra), problem.extra, 0.0)
    for b in range(len(bushes.root)):
        used = slice(0, int(bushes.size[b]))
        paid += float(finite[bushes.group[b]][bushes.link[b, used]] @ bushes.flow[b, used])
    pair, weight = problem.trips.zone_pair[state.served], problem.trips.weight[state.served]
    for k, demand in enumerate(problem.demands):
        if demand.extra is not None:
            mine = pair[:, 0] == k
            for way, zone in ((problem.small.way_out, 1), (problem.small.way_in, 2)):
                link = way[pair[mine, zone]]
                paid += float((demand.extra[link] * weight[mine])[link >= 0].sum())
    return paid


def result(state: State, iterations: int, seconds: float) -> Equilibrium:
    """Flows, times and gap on the network as it was given."""
    problem = state.problem
    flow = flows(problem, state.links.volume, state.ways)
    times = travel_time(problem.network, flow)
    beside = _paid_beside(state)
    total = float(flow @ times)
    return Equilibrium(
        network=problem.network,
        demands=problem.demands,
        flow=flow,
        time=times,
        objective=integral(problem.network, flow) + beside,
        total_time=total,
        gap=float(state.regret.sum()) / (total + beside) if total + beside > 0 else 0.0,
        iterations=iterations,
        cpu_seconds=seconds,
        unserved=missing(problem, state.served),
        state=state,
    )


@cache
def warm_up() -> Equilibrium:
    """Load or compile the solver once, so that no clock counts it; three trips over three ways."""
    m = 4
    line = Network(
        node=np.arange(1, 4),
        zones=2,
        first_through=0,
        tail=np.array([0, 2, 0, 0], dtype=np.int32),
        head=np.array([2, 1, 1, 1], dtype=np.int32),
        capacity=np.ones(m),
        free_time=np.ones(m),
        fixed=np.zeros(m),
        b=np.ones(m),
        power=np.ones(m),
        delay=np.full(m, VolumeDelay.BPR, dtype=np.int8),
        banned_turns=np.empty((0, 2), dtype=np.int32),
    )
    state = begin(prepare(line, [Demand(np.array([[0.0, 3.0], [0.0, 0.0]]))]))
    return result(state, run(state, 1e-6, 20), 0.0)
