"""Who feels works: streets, pairs of areas, areas, and trips without any way left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.model.types import Zone
from citycommons.act.network.types import Floats, Streets
from citycommons.act.network.zones import CONNECTOR
from citycommons.act.roadworks.experience import Experience
from citycommons.act.roadworks.ranges import edges, range_of, scaled
from citycommons.act.roadworks.solving import Outcome, Solver
from citycommons.act.roadworks.types import (
    AreaEffect,
    NoAlternative,
    PairEffect,
    Range,
    StreetChange,
)

STREETS, PAIRS, AREAS = 500, 20, 30
_FELT_MINUTES = 0.05  # three seconds: less is no change to a driver
_SEEN_FLOW = 0.5  # vehicles an hour
_MOST_LINKS = 40  # of which it is asked whose trips they carry


@dataclass(frozen=True, slots=True, eq=False)
class Felt:
    """Longer times between zones in the expected run."""

    trips: Floats  # (zones, zones) in car units
    minutes: Floats  # (zones, zones) longer; 0 where no way is left, which is told apart

    @property
    def affected(self) -> float:
        """Trips that take noticeably longer."""
        return float(self.trips[np.abs(self.minutes) >= _FELT_MINUTES].sum())


def felt(solver: Solver, one: Outcome) -> Felt:
    """What the expected run means between zones."""
    zones = one.before.network.zones
    trips = together(one.before.demands, zones)
    if one.after is one.before:
        return Felt(trips, np.zeros((zones, zones)))
    minutes = longer(solver, one, range(zones))
    return Felt(trips, minutes)


def longer(solver: Solver, one: Outcome, origins: Sequence[int]) -> Floats:
    """Minutes longer from these zones to all, (k, zones); 0 where there was or is no way."""
    after, before = solver.skim(one.after, origins), solver.skim(one.before, origins)
    known = np.isfinite(after) & np.isfinite(before)
    return np.where(known, np.where(known, after, 0.0) - np.where(known, before, 0.0), 0.0)


def together(demands: Sequence[Demand], zones: int) -> Floats:
    """Trips of all classes in car units, without those that stay in their zone."""
    whole = np.zeros((zones, zones))
    for one in demands:
        whole += one.trips * one.pce
    np.fill_diagonal(whole, 0.0)
    return whole


def streets(
    middle: Outcome, runs: Sequence[Outcome], ground: Streets | None, known: Experience
) -> tuple[StreetChange, ...]:
    """The links that change most, with ranges over the runs; ways from zones are no streets.

    What past forecasts were off by is corrected in the change, except where a link is closed:
    there it is sure.
    """
    links = len(middle.before.flow)  # new links come after these
    before, after = middle.before.flow, middle.after.flow[:links]
    change = after - before
    seen = np.abs(change)
    if ground is not None:
        seen = np.where([kind == CONNECTOR for kind in ground.kind[:links]], 0.0, seen)
    order = np.argsort(-seen, kind="stable")[:STREETS]
    chosen = order[seen[order] >= _SEEN_FLOW]
    moved, slower, later = _over_runs(runs, chosen)
    longer_by = (middle.after.time[:links] - middle.before.time)[chosen]
    is_driven = after[chosen] > 0  # nobody takes longer where nobody drives
    factor = np.where(is_driven, known.correction, 1.0)
    more = (factor - 1) * change[chosen]
    flows = _ranges(moved * factor, change[chosen] + more, known.widening)
    then = _ranges(later + more, np.maximum(0.0, after[chosen] + more), known.widening, least=0.0)
    minutes = _ranges(slower * is_driven * factor, longer_by * is_driven * factor, known.widening)
    return tuple(
        StreetChange(
            link=int(link),
            street="" if ground is None else ground.name[link],
            before=float(before[link]),
            after=then[at],
            change=flows[at],
            minutes=minutes[at],
        )
        for at, link in enumerate(chosen)
    )


def _ranges(
    values: Floats, middle: Floats, widening: float, *, least: float = -np.inf
) -> list[Range]:
    """Ranges of many numbers, values (runs, k) around (k,)."""
    low, high = edges(values) if len(values) else (middle, middle)
    low = np.maximum(least, middle - np.maximum(middle - low, 0.0) * widening)
    high = middle + np.maximum(high - middle, 0.0) * widening
    rows = zip(low.tolist(), middle.tolist(), high.tolist(), strict=True)
    return [Range(low=min(a, b), middle=b, high=max(b, c)) for a, b, c in rows]


def _over_runs(runs: Sequence[Outcome], chosen: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Change of flow, minutes longer and flow afterwards, each (runs, chosen)."""
    shape = len(runs), len(chosen)
    later = np.array([one.after.flow[chosen] for one in runs]).reshape(shape)
    moved = later - np.array([one.before.flow[chosen] for one in runs]).reshape(shape)
    slower = [one.after.time[chosen] - one.before.time[chosen] for one in runs]
    return moved, np.array(slower).reshape(shape), later


def _widened(values: Floats, middle: float, widening: float) -> Range:
    one = range_of(values, middle)
    return Range(
        low=middle - (middle - one.low) * widening,
        middle=middle,
        high=middle + (one.high - middle) * widening,
    )


def pairs(
    solver: Solver, found: Felt, runs: Sequence[Outcome], zones: Sequence[Zone], widening: float
) -> tuple[PairEffect, ...]:
    """The pairs that lose most time together, with ranges over the runs."""
    lost = found.trips * found.minutes
    flat = np.argsort(-lost, axis=None, kind="stable")[:PAIRS]
    chosen = [(int(i), int(j)) for i, j in zip(*np.unravel_index(flat, lost.shape), strict=True)]
    chosen = [pair for pair in chosen if lost[pair] > 0 and found.minutes[pair] >= _FELT_MINUTES]
    origins = sorted({i for i, _ in chosen})
    row = {origin: at for at, origin in enumerate(origins)}
    over = np.array([longer(solver, one, origins) for one in runs if origins])
    made = []
    for i, j in chosen:
        values = over[:, row[i], j] if len(over) else np.zeros(0)
        minutes = _widened(values, float(found.minutes[i, j]), widening)
        made.append(
            PairEffect(
                origin=zones[i].name,
                destination=zones[j].name,
                trips=float(found.trips[i, j]),
                minutes=minutes,
            )
        )
    return tuple(made)


def areas(found: Felt, zones: Sequence[Zone], delay: Range) -> tuple[AreaEffect, ...]:
    """What trips from and to each area lose; the whole delay's range is shared out."""
    lost = found.trips * found.minutes / 60
    held = np.where(np.abs(found.minutes) >= _FELT_MINUTES, found.trips, 0.0)
    whole = float(lost.sum())
    made = []
    for axis, is_origin in ((1, True), (0, False)):
        for at, (hours, trips) in enumerate(zip(lost.sum(axis), held.sum(axis), strict=True)):
            if trips > 0:
                share = scaled(delay, float(hours) / whole) if whole else scaled(delay, 0.0)
                made.append(
                    AreaEffect(
                        area=zones[at].name, is_origin=is_origin, trips=float(trips), delay=share
                    )
                )
    made.sort(key=lambda one: -one.delay.middle)
    return tuple(made[:AREAS])


def no_alternative(one: Outcome, zones: Sequence[Zone]) -> tuple[NoAlternative, ...]:
    """Pairs for which the works leave no way at all, the most trips first."""
    network = one.before.network
    name = {int(node): zones[i].name for i, node in enumerate(network.node[: network.zones])}
    lost: dict[tuple[int, int], float] = {}
    for each in one.unserved:
        pair = each.origin, each.destination
        lost[pair] = lost.get(pair, 0.0) + each.trips
    return tuple(
        NoAlternative(origin=name[i], destination=name[j], trips=trips)
        for (i, j), trips in sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    )


def least_changing(one: Outcome) -> float:
    """The largest loss of a link: at least so many vehicles an hour take another way."""
    links = len(one.before.flow)
    return float(np.max(one.before.flow - one.after.flow[:links], initial=0.0))


def drivers_changing(solver: Solver, one: Outcome, closed: Sequence[int]) -> float:
    """Vehicles that take another way: all whose street is closed, else the least that must."""
    if one.after is one.before or not closed:
        return least_changing(one)
    return max(least_changing(one), float(through(solver, one.before, closed).sum()))


def through(solver: Solver, one: Equilibrium, links: Sequence[int]) -> Floats:
    """The trips of each pair that pass any of these links, (zones, zones) in car units.

    Who drives along a closed street takes several of its links, so the link that takes most of a
    pair counts, not the sum; of many links the busiest are asked.
    """
    flow = one.flow[list(links)]
    busiest = [links[i] for i in np.argsort(-flow, kind="stable")[:_MOST_LINKS]]
    whole = np.zeros((one.network.zones,) * 2)
    for number, demand in enumerate(one.demands):
        share = np.zeros_like(whole)
        for link in busiest:
            weights = np.zeros(one.network.links)
            weights[link] = 1.0
            share = np.maximum(share, solver.along(one, weights, number))
        whole += share * demand.trips * demand.pce
    return whole
