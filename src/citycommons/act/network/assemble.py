"""Directed stretches of street, however they were published, become one network."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from citycommons.act.network.defaults import road
from citycommons.act.network.plane import length_m
from citycommons.act.network.types import Floats, Ints, Network, Numbers, Streets, VolumeDelay
from citycommons.core.errors import Invalid

Position = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One direction of a street between two nodes; what is None nobody said.

    `length_m`, `lanes` and `speed_kmh` are of this direction, `capacity` vehicles an hour over all
    of its lanes.
    """

    tail: Hashable
    head: Hashable
    line: tuple[Position, ...]  # in driving order
    kind: str
    name: str = ""
    source: str = ""
    length_m: float | None = None
    lanes: float | None = None
    speed_kmh: float | None = None
    capacity: float | None = None
    free_min: float | None = None  # minutes without traffic, instead of length over speed
    b: float | None = None
    power: float | None = None
    is_rural: bool = False


@dataclass(slots=True)
class _Guessed:
    """Counts defaults as they are used."""

    counts: dict[str, int] = field(default_factory=dict)

    def or_default(self, what: str, said: float | None, default: float) -> float:
        if said is not None:
            return said
        self.counts[what] = self.counts.get(what, 0) + 1
        return default


def assemble(
    stretches: Sequence[Stretch],
    places: Mapping[Any, Position],
    *,
    numbers: Mapping[Any, int] | None = None,
    banned_turns: Sequence[tuple[int, int]] = (),
    guessed: Mapping[str, int] | None = None,
) -> Network:
    """A network without zones, links in the order of the stretches, times in minutes.

    `places` says where each node lies and in which order nodes come; `numbers` their numbers
    (1, 2, … where left out). `banned_turns` are positions in `stretches`. `guessed` is what the
    caller had to assume already; defaults used here are added to it.
    Raises `Invalid` for no stretch at all, or one that ends where no node is.
    """
    if not stretches:
        raise Invalid("There is no street for motor vehicles here, so there is no network.")
    index = {key: place for place, key in enumerate(places)}
    counts = _Guessed({name: count for name, count in (guessed or {}).items() if count})
    rows = [_row(one, counts) for one in stretches]
    table = np.array(rows)
    where = np.array(list(places.values()), dtype=np.float64).reshape(-1, 2)
    return Network(
        node=_numbers(index, numbers),
        zones=0,
        first_through=0,
        tail=_ends(index, [one.tail for one in stretches]),
        head=_ends(index, [one.head for one in stretches]),
        capacity=table[:, 4].copy(),
        free_time=table[:, 3].copy(),
        fixed=np.zeros(len(stretches)),
        b=table[:, 5].copy(),
        power=table[:, 6].copy(),
        delay=np.full(len(stretches), VolumeDelay.BPR, dtype=np.int8),
        banned_turns=np.array(banned_turns, dtype=np.int32).reshape(-1, 2),
        streets=Streets(
            lon=where[:, 0].copy(),
            lat=where[:, 1].copy(),
            length_m=table[:, 0].copy(),
            lanes=table[:, 1].copy(),
            speed_kmh=table[:, 2].copy(),
            kind=tuple(one.kind for one in stretches),
            name=tuple(one.name for one in stretches),
            lines=tuple(one.line for one in stretches),
            sources=tuple(one.source for one in stretches),
            guessed=counts.counts,
        ),
    )


def _row(one: Stretch, guessed: _Guessed) -> tuple[float, ...]:
    usual = road(one.kind, is_rural=one.is_rural)
    metres = length_m(one.line) if one.length_m is None else one.length_m
    lanes = guessed.or_default("lanes", one.lanes, usual.lanes)
    speed = guessed.or_default("speed", one.speed_kmh, usual.speed_kmh)
    capacity = guessed.or_default("capacity", one.capacity, lanes * usual.capacity)
    minutes = metres / speed * 0.06 if one.free_min is None else one.free_min
    b = guessed.or_default("delay function", one.b, usual.b)
    power = usual.power if one.power is None else one.power
    return metres, lanes, speed, minutes, capacity, b, power


def _ends(index: Mapping[Any, int], keys: Sequence[Hashable]) -> Ints:
    try:
        return np.array([index[key] for key in keys], dtype=np.int32)
    except KeyError as cause:
        raise Invalid(f"A street ends at {cause.args[0]!r}, which is no node.") from cause


def _numbers(index: Mapping[Any, int], numbers: Mapping[Any, int] | None) -> Numbers:
    if numbers is None:
        return np.arange(1, len(index) + 1, dtype=np.int64)
    found = np.array([numbers[key] for key in index], dtype=np.int64)
    if len(np.unique(found)) != len(found):
        raise Invalid("Two nodes have the same number; each needs its own.")
    return found


def streets_of(network: Network) -> Streets:
    """What its links are on the ground. Raises `Invalid` if it does not say."""
    if network.streets is None:
        raise Invalid("This network has no coordinates, so nothing can be placed on it.")
    return network.streets


def places_of(network: Network) -> Floats:
    """Shape (n, 2): longitude and latitude of each node. Raises `Invalid` if it has no places."""
    streets = streets_of(network)
    return np.stack([streets.lon, streets.lat], axis=1)
