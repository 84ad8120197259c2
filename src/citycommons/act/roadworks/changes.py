"""From works to links: what measures take from a network, and how surely.

A measure's line becomes links by snapping; links can also be named by street or by their nodes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np

from citycommons.act.assignment.types import Change
from citycommons.act.network.types import Network, Streets
from citycommons.act.roadworks import facts
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.works import Effect, Line, Measure

Snap = Callable[[Network, Line], Sequence[int]]
"""Links along a line in driving order, those driven in the line's direction only."""

_FAST = ("motorway", "trunk", "motorway_link", "trunk_link")
_LEAST_CAPACITY = 0.02  # of the link's own: less would be a closure


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A road that was not there: a temporary one, or a one-way street driven the other way."""

    tail: int  # index of its first node
    head: int
    like: int  # a link whose delay curve it takes
    free_time: float  # in the network's unit
    capacity: float  # vehicles an hour
    length_m: float
    line: Line = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effects:
    """What works do to a network, as far as it is known before they begin."""

    closed: frozenset[int] = frozenset()
    capacity: Mapping[int, float] = field(default_factory=dict)  # factor, in the middle
    spread: Mapping[int, float] = field(default_factory=dict)  # sd of the logarithm of the factor
    free_time: Mapping[int, float] = field(default_factory=dict)  # factor if all drivers comply
    banned_turns: frozenset[tuple[int, int]] = frozenset()
    new: tuple[NewLink, ...] = ()
    parking_lost: int = 0
    notes: tuple[str, ...] = ()

    @property
    def links(self) -> frozenset[int]:
        """All links of the network that it touches."""
        turns = {link for turn in self.banned_turns for link in turn}
        return self.closed | set(self.capacity) | set(self.free_time) | turns


def effects(network: Network, measures: Iterable[Measure], snap: Snap) -> Effects:
    """What these measures do together.

    Raises `Invalid` where a line meets no street of the network, or a measure contradicts it.
    """
    return joined(*(_effect(network, one, snap) for one in measures))


def joined(*parts: Effects) -> Effects:
    """Several works at once: on a link that two of them touch, the harder effect counts."""
    return reduce(_joined, parts, Effects())


def closing(links: Iterable[int]) -> Effects:
    """These links closed."""
    return Effects(closed=frozenset(links))


def change(known: Effects, *, capacity_z: float = 0.0, compliance: float = 1.0) -> Change:
    """One possible course of the works.

    Parameters
    ----------
    capacity_z
        By how many standard deviations the work zone's capacity is off.
    compliance
        Share of a lower speed limit's effect that drivers follow, 0..1.

    Returns
    -------
    Factors for the solver; new links are no part of it, see `with_new_links`.
    """
    capacity = {
        link: max(_LEAST_CAPACITY, factor * float(np.exp(known.spread.get(link, 0.0) * capacity_z)))
        for link, factor in known.capacity.items()
        if link not in known.closed
    }
    slower = {
        link: 1 + (factor - 1) * compliance
        for link, factor in known.free_time.items()
        if link not in known.closed
    }
    return Change(
        closed=known.closed,
        capacity=capacity,
        free_time=slower,
        banned_turns=tuple(sorted(known.banned_turns)),
    )


def of_street(network: Network, name: str) -> frozenset[int]:
    """Links of the street with this name, in both directions.

    Raises `NotFound`, with names that look like it.
    """
    from rapidfuzz import process

    names = _streets(network).name
    folded = name.strip().casefold()
    if found := frozenset(i for i, one in enumerate(names) if one.casefold() == folded):
        return found
    near = [hit[0] for hit in process.extract(name, sorted(set(names) - {""}), limit=3)]
    if not near:
        raise NotFound(f"There is no street “{name}” in the network.")
    raise NotFound(f"There is no street “{name}” in the network. Did you mean {', '.join(near)}?")


def between(network: Network, first: int, last: int) -> frozenset[int]:
    """Links from one node to another, by the nodes' own numbers.

    Raises `NotFound` if no link leads from the one to the other.
    """
    tail, head = network.node[network.tail], network.node[network.head]
    found = frozenset(int(i) for i in np.flatnonzero((tail == first) & (head == last)))
    if not found:
        raise NotFound(f"No link leads from node {first} to node {last}.")
    return found


def with_new_links(network: Network, new: Sequence[NewLink]) -> Network:
    """The network with these links after its own, so that the indices of its own still hold."""
    if not new:
        return network
    like = [one.like for one in new]
    own = {
        "tail": [one.tail for one in new],
        "head": [one.head for one in new],
        "capacity": [one.capacity for one in new],
        "free_time": [one.free_time for one in new],
        "fixed": [0.0] * len(new),
    }
    columns: dict[str, Any] = {
        name: np.append(
            old := getattr(network, name), np.array(own.get(name, old[like]), old.dtype)
        )
        for name in ("tail", "head", "capacity", "free_time", "fixed", "b", "power", "delay")
    }
    streets = None if network.streets is None else _with_new_streets(network.streets, new)
    return replace(network, **columns, streets=streets)


def _with_new_streets(streets: Streets, new: Sequence[NewLink]) -> Streets:
    like = [one.like for one in new]
    length = np.array([one.length_m for one in new])
    return replace(
        streets,
        length_m=np.append(streets.length_m, length),
        lanes=np.append(streets.lanes, streets.lanes[like]),
        speed_kmh=np.append(streets.speed_kmh, streets.speed_kmh[like]),
        kind=streets.kind + tuple(streets.kind[i] for i in like),
        name=streets.name + tuple(streets.name[i] for i in like),
        lines=streets.lines + tuple(one.line for one in new),
        sources=streets.sources + tuple("works" for _ in new),
    )


def _joined(a: Effects, b: Effects) -> Effects:
    capacity = dict(a.capacity)
    spread = dict(a.spread)
    for link, factor in b.capacity.items():
        if factor <= capacity.get(link, np.inf):
            capacity[link], spread[link] = factor, b.spread.get(link, 0.0)
    slower = dict(a.free_time)
    for link, factor in b.free_time.items():
        slower[link] = max(factor, slower.get(link, 0.0))
    return Effects(
        closed=a.closed | b.closed,
        capacity=capacity,
        spread=spread,
        free_time=slower,
        banned_turns=a.banned_turns | b.banned_turns,
        new=a.new + tuple(one for one in b.new if one not in a.new),
        parking_lost=a.parking_lost + b.parking_lost,
        notes=a.notes + tuple(one for one in b.notes if one not in a.notes),
    )


def _effect(network: Network, measure: Measure, snap: Snap) -> Effects:
    parking = Effects(parking_lost=measure.parking_lost)
    if measure.effect is Effect.PARKING:
        return parking
    if measure.effect is Effect.NEW_LINK:
        return replace(parking, new=_new_links(network, measure))
    # A one-way street may be drawn against its direction where both are meant, or turned round.
    either = measure.both_directions or measure.effect is Effect.ONE_WAY
    back = _snapped(network, measure.line[::-1], snap, may_miss=True)
    there = _snapped(network, measure.line, snap, may_miss=either and bool(back))
    match measure.effect:
        case Effect.ONE_WAY:
            own = replace(parking, closed=back - there, new=_reversed(network, there, back))
        case Effect.TURN_BAN:
            own = replace(parking, banned_turns=_turns(network, measure, snap))
        case Effect.CLOSED:
            own = replace(
                parking, closed=there | (back if measure.both_directions else frozenset())
            )
        case Effect.LANES:
            links = there | (back if measure.both_directions else frozenset())
            own = joined(parking, *(_lanes(network, one, measure) for one in sorted(links)))
        case _:
            links = there | (back if measure.both_directions else frozenset())
            own = joined(parking, _slower(network, links, measure))
    if measure.speed_kmh is not None and measure.effect is Effect.LANES:
        return joined(own, _slower(network, there | back, measure))
    return own


def _snapped(network: Network, line: Line, snap: Snap, *, may_miss: bool = False) -> frozenset[int]:
    found = frozenset(snap(network, line))
    if not found and not may_miss:
        lon, lat = line[0] if line else (0.0, 0.0)
        raise Invalid(
            f"The line at {lon:.5f}, {lat:.5f} follows no street of the traffic model in its "
            "direction. Draw it along a street, in the direction of driving."
        )
    return found


def _lanes(network: Network, link: int, measure: Measure) -> Effects:
    """Capacity of the lanes left, by the manual's work-zone method for the kind of road."""
    streets = network.streets
    before = float(measure.lanes_total or (streets.lanes[link] if streets is not None else 1.0))
    left = measure.lanes_open
    notes: tuple[str, ...] = ()
    if left is None:
        left = max(1, int(before) - 1)
        notes = (f"How many lanes stay open was not said; {left} of {before:g} is assumed.",)
    if left == 0:
        return Effects(closed=frozenset({link}), notes=notes)
    if left > before:
        raise Invalid(f"{left} lanes stay open of {before:g}: that is no works. Mend the lanes.")
    is_fast = streets is not None and streets.kind[link] in _FAST
    share = (facts.motorway_work_zone if is_fast else facts.urban_work_zone)(before, left)
    spread = facts.number("work_zones", "motorway" if is_fast else "urban", "spread")
    return Effects(capacity={link: share}, spread={link: spread}, notes=notes)


def _slower(network: Network, links: Iterable[int], measure: Measure) -> Effects:
    if not measure.speed_kmh or measure.speed_kmh <= 0:
        raise Invalid("A measure on speed needs the speed that holds during the works, in km/h.")
    usual = _streets(network).speed_kmh
    return Effects(free_time={one: float(usual[one]) / measure.speed_kmh for one in links})


def _turns(network: Network, measure: Measure, snap: Snap) -> frozenset[tuple[int, int]]:
    """From the first link of the line into the last one, where the two meet."""
    along = list(snap(network, measure.line))
    turns = frozenset((a, b) for a, b in pairwise(along) if network.head[a] == network.tail[b])
    if not turns:
        raise Invalid("A turn ban's line runs from the street before the turn into the next one.")
    # Long lines cross several junctions: the turn is where the street changes, else the last.
    names = _streets(network).name
    named = frozenset((a, b) for a, b in turns if names[a] != names[b])
    return named or frozenset({(along[-2], along[-1])})


def _reversed(network: Network, there: frozenset[int], back: frozenset[int]) -> tuple[NewLink, ...]:
    """Links to open where a street is one-way against the line; none where the line is driven."""
    if there:
        return ()
    return tuple(
        NewLink(
            tail=int(network.head[one]),
            head=int(network.tail[one]),
            like=one,
            free_time=float(network.free_time[one]),
            capacity=float(network.capacity[one]),
            length_m=float(_streets(network).length_m[one]),
            line=_streets(network).lines[one][::-1],
        )
        for one in sorted(back)
    )


def _new_links(network: Network, measure: Measure) -> tuple[NewLink, ...]:
    """A temporary road between the nodes nearest to the line's ends."""
    streets = _streets(network)
    first, last = (
        _nearest(streets, place, network.zones) for place in (measure.line[0], measure.line[-1])
    )
    if first == last:
        raise Invalid("A new road must begin and end at different junctions; draw it longer.")
    lanes, speed = measure.lanes_open or 1, measure.speed_kmh or 30.0
    length = _length_m(measure.line)
    usual = np.flatnonzero(network.capacity < np.inf)
    like = int(usual[np.argmin(np.abs(streets.speed_kmh[usual] - speed))])
    one = NewLink(
        tail=first,
        head=last,
        like=like,
        free_time=length / 1000 / speed * 60,
        capacity=float(network.capacity[like] / max(1.0, streets.lanes[like]) * lanes),
        length_m=length,
        line=measure.line,
    )
    if not measure.both_directions:
        return (one,)
    return one, replace(one, tail=last, head=first, line=measure.line[::-1])


def _nearest(streets: Streets, place: tuple[float, float], zones: int) -> int:
    east = (streets.lon - place[0]) * np.cos(np.radians(place[1]))
    distance = east**2 + (streets.lat - place[1]) ** 2
    distance = distance.copy()
    distance[:zones] = np.inf  # a road does not begin inside a zone
    return int(np.argmin(distance))


def _length_m(line: Line) -> float:
    places = np.radians(np.array(line))
    steps = np.diff(places, axis=0)
    east = steps[:, 0] * np.cos((places[:-1, 1] + places[1:, 1]) / 2)
    return float(6_371_000 * np.hypot(east, steps[:, 1]).sum())


def _streets(network: Network) -> Streets:
    if network.streets is None:
        raise Invalid("This network has no streets on the ground; name links by their nodes.")
    return network.streets
