"""What a change of some links does to an equilibrium: solved from its routes, not from nothing."""

import time
from dataclasses import replace
from functools import cache

import numpy as np

from citycommons.act.assignment.delay import check, delays
from citycommons.act.assignment.equilibrium import State, approach, begin, result, run, warm_up
from citycommons.act.assignment.evict import evict
from citycommons.act.assignment.problem import Problem, close, labels_of, pairs_of, prepare
from citycommons.act.assignment.types import Change, Demand, Equilibrium
from citycommons.act.network.types import Floats, Network
from citycommons.core.errors import Invalid


def change(
    base: Equilibrium,
    change: Change,
    *,
    accuracy: float | None = 0.02,
    gap: float | None = None,
    demand_factor: float = 1.0,
    max_iterations: int = 1000,
) -> Equilibrium:
    """Return the equilibrium after a change, from the routes of the one before it.

    Parameters
    ----------
    accuracy
        Error of the predicted change of flows to stop at: sum of |error| over sum of |change|.
    gap
        True relative gap to stop at instead.
    demand_factor
        By what all trips are multiplied.

    Returns
    -------
    The equilibrium on the changed network; closed links keep their index and have no flow at all.
    Pairs left without a route are in `unserved`.

    Raises
    ------
    Invalid
        For links that the network does not have, and factors that are not above 0.
    """
    _warm_up()
    began = time.thread_time()
    after, rounds = _solved(base, change, accuracy, gap, demand_factor, max_iterations)
    return result(after, rounds, time.thread_time() - began)


@cache
def _warm_up() -> None:
    """Load or compile what closing and narrowing needs, so that no clock counts it."""
    narrowed = Change(closed=frozenset((2,)), capacity={3: 0.5})
    _solved(warm_up(), narrowed, 0.02, None, 1.0, 20)


def _solved(
    base: Equilibrium,
    change: Change,
    accuracy: float | None,
    gap: float | None,
    demand_factor: float,
    most: int,
) -> tuple[State, int]:
    state = base.state
    if not isinstance(state, State):
        raise Invalid("This equilibrium holds no routes to start from; solve it again.")
    _check(base, change, demand_factor)
    if change.banned_turns:
        after, problem = _with_turns(base, change, demand_factor)
    else:
        problem = _changed(state.problem, change, demand_factor)
        whole = problem.trips.end is state.problem.trips.end and not _cut_off(problem, change)
        after = state.copy(problem, demand_factor) if whole else begin(problem, state)
        _close(after, change.closed)
    if accuracy is None or gap is not None:
        return after, run(after, base.gap if gap is None else gap, most)
    return after, approach(after, state, accuracy, most)


def _cut_off(problem: Problem, change: Change) -> bool:
    """Whether a link is closed that is the only way of a zone."""
    small = problem.small
    return not change.closed.isdisjoint(small.way_out.tolist() + small.way_in.tolist())


def _check(base: Equilibrium, change: Change, demand_factor: float) -> None:
    m = base.network.links
    turned = {link for turn in change.banned_turns for link in turn}
    for link in {*change.closed, *change.capacity, *change.free_time, *turned}:
        if not 0 <= link < m:
            raise Invalid(f"The change names link {link}; the network has links 0 to {m - 1}.")
    for name, factors in (("capacity", change.capacity), ("free_time", change.free_time)):
        for link, factor in factors.items():
            if not (np.isfinite(factor) and factor > 0):
                raise Invalid(
                    f"The factor on {name} of link {link} is {factor}; it must be above 0. "
                    "Close a link that nobody may use."
                )
    if not (np.isfinite(demand_factor) and demand_factor >= 0):
        raise Invalid(f"The factor on the demand is {demand_factor}; it must be 0 or above.")


def _network(network: Network, change: Change) -> Network:
    def scaled(values: Floats, factors: dict[int, float]) -> Floats:
        if not factors:
            return values
        values = values.copy()
        values[list(factors)] *= list(factors.values())
        return values

    return replace(
        network,
        capacity=scaled(network.capacity, change.capacity),
        free_time=scaled(network.free_time, change.free_time),
    )


def _demands(demands: tuple[Demand, ...], factor: float) -> tuple[Demand, ...]:
    if factor == 1.0:
        return demands
    return tuple(replace(demand, trips=demand.trips * factor) for demand in demands)


def _changed(problem: Problem, change: Change, factor: float) -> Problem:
    network, roads, trips = problem.network, problem.roads, problem.trips
    if change.capacity or change.free_time:
        network, roads = _network(network, change), _network(roads, change)
        check(network)
    if factor != 1.0:
        trips = replace(trips, trips=trips.trips * factor, weight=trips.weight * factor)
    changed = replace(
        problem,
        network=network,
        roads=roads,
        delay=delays(roads, problem.small) if roads is not problem.roads else problem.delay,
        demands=_demands(problem.demands, factor),
        trips=trips,
    )
    return close(changed, change.closed)


def _with_turns(base: Equilibrium, change: Change, factor: float) -> tuple[State, Problem]:
    """New turn bans make another network: its routes are sought from nothing."""
    more = np.array(sorted(change.banned_turns), dtype=np.int32).reshape(-1, 2)
    network = _network(base.network, change)
    network = replace(
        network, banned_turns=np.concatenate([network.banned_turns, more]).astype(np.int32)
    )
    shut = frozenset(change.closed)
    if isinstance(base.state, State):
        shut |= base.state.problem.closed
    problem = prepare(network, _demands(base.demands, factor))
    problem = close(problem, shut)
    problem.extra[:, problem.small_closed] = np.inf
    return begin(problem), problem


def _close(state: State, closed: frozenset[int]) -> None:
    """Take all routes off the closed links."""
    problem = state.problem
    links = problem.small_closed if closed else ()
    if not len(links):
        return
    flags = np.zeros(len(problem.small.tail), dtype=np.uint8)
    flags[links] = 1
    labels, pairs = labels_of(problem, state.bushes.link.shape[1]), pairs_of(problem)
    before = int(state.reached.sum())
    while evict(
        problem.graph, problem.delay, state.links, state.bushes, flags, labels, pairs, state.reached
    ):
        state.widen()
        labels = labels_of(problem, state.bushes.link.shape[1])
    if int(state.reached.sum()) < before:
        state.account()
