"""Time on links as their flow grows: for arrays of links, and one link at a time for the solvers.

BPR: Bureau of Public Roads, Traffic Assignment Manual, 1964. Conical: Spiess 1990, Transportation
Science 24, 153-158. Davidson 1966 with the tangent of Akcelik 1978 from x = 0.95 on.
A link whose b is 0 is constant, whatever its power, but for conical ones, which have no b.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citycommons.act.network.compress import Compressed
from citycommons.act.network.types import Floats, Ints, Network, VolumeDelay
from citycommons.core.errors import Invalid

_BEND = 0.95  # where Davidson's curve goes on as its tangent
_CONSTANT, _QUARTIC, _POWER, _TERMS = 0, 1, 2, 3
_STEEPEST = 1e60  # a ratio to the power stops here, so that nothing becomes infinite
_LEAST = 1e-9  # flow and capacity below which a slope would be infinite


class Delay(NamedTuple):
    """Volume-delay functions of the small network's links, as solvers read them.

    Most links are base + factor · (scale · v)^power; others are a sum of terms, one for each
    member of the chain.
    """

    kind: NDArray[np.int8]
    base: Floats
    factor: Floats
    scale: Floats
    power: Floats
    first: Ints  # (links + 1,) into the terms
    term_kind: NDArray[np.int8]
    term: Floats  # (terms, 4) free time, b, power, capacity


def check(network: Network) -> None:
    """Raise `Invalid`, naming the first link, where a time could not be computed."""
    least = network.free_time + network.fixed
    for wrong, why in (
        (~np.isfinite(least) | (network.free_time < 0) | (least < 0), "its time is below 0"),
        (~np.isfinite(network.b) | (network.b < 0), "its b is below 0"),
        (~np.isfinite(network.power) | (network.power < 0), "its power is below 0"),
        ((network.b > 0) & ~(network.capacity > 0), "it has no capacity; close it instead"),
        (
            (network.delay == VolumeDelay.CONICAL)
            & ~((network.power > 1) & (network.capacity > 0)),
            "a conical curve needs a capacity and a power above 1",
        ),
    ):
        if wrong.any():
            e = int(np.flatnonzero(wrong)[0])
            ends = network.node[network.tail[e]], network.node[network.head[e]]
            raise Invalid(f"Link {e}, {ends[0]} to {ends[1]}: {why}.", link=e)


def travel_time(network: Network, flow: Floats) -> Floats:
    """Return the time on each link (m,) at these flows, fixed costs included."""
    ratio, power, b = _ratio(network, flow), network.power, network.b
    growth = b * _raised(ratio, power)
    at = network.delay == VolumeDelay.CONICAL
    growth[at] = _conical(ratio[at], power[at])
    at = network.delay == VolumeDelay.DAVIDSON
    x = np.minimum(ratio[at], _BEND)
    growth[at] = b[at] * (x / (1 - x) + (ratio[at] - x) / (1 - x) ** 2)
    return network.fixed + network.free_time * (1 + growth)


def integral(network: Network, flow: Floats) -> float:
    """Return Beckmann's objective: the integrals of times from 0 to the flows, over all links."""
    ratio, power, b, capacity = _ratio(network, flow), network.power, network.b, network.capacity
    growth = b * _raised(ratio, power) * flow / (power + 1)
    at = network.delay == VolumeDelay.CONICAL
    growth[at] = capacity[at] * _conical_area(ratio[at], power[at])
    at = network.delay == VolumeDelay.DAVIDSON
    x = np.minimum(ratio[at], _BEND)
    past = ratio[at] - x
    area = -x - np.log1p(-x) + past * x / (1 - x) + past**2 / (2 * (1 - x) ** 2)
    growth[at] = b[at] * capacity[at] * area
    return float(np.sum((network.fixed + network.free_time) * flow + network.free_time * growth))


def _ratio(network: Network, flow: Floats) -> Floats:
    ratio: Floats = flow / np.maximum(network.capacity, _LEAST)
    return ratio


def _raised(ratio: Floats, power: Floats) -> Floats:
    with np.errstate(over="ignore"):
        raised: Floats = np.minimum(ratio**power, _STEEPEST)
    return raised


def _conical(x: Floats, alpha: Floats) -> Floats:
    beta = (2 * alpha - 1) / (2 * alpha - 2)
    grown: Floats = 1 + np.sqrt((alpha * (1 - x)) ** 2 + beta**2) - alpha * (1 - x) - beta
    return grown


def _conical_area(x: Floats, alpha: Floats) -> Floats:
    beta = (2 * alpha - 1) / (2 * alpha - 2)

    def half(u: Floats) -> Floats:
        area: Floats = u / 2 * np.sqrt((alpha * u) ** 2 + beta**2)
        return area + beta**2 / (2 * alpha) * np.arcsinh(alpha * u / beta)

    area: Floats = x + half(np.ones_like(x)) - half(1 - x) - alpha * (x - x**2 / 2) - beta * x
    return area


def delays(network: Network, small: Compressed) -> Delay:
    """Return the functions of the small network's links: the sums over their chains."""
    m, member = len(small.tail), small.member
    chain = np.repeat(np.arange(m), np.diff(small.first_member))
    conical = network.delay[member] == VolumeDelay.CONICAL
    bpr = network.delay[member] == VolumeDelay.BPR
    free, b, power = network.free_time[member], network.b[member], network.power[member]
    capacity = np.maximum(network.capacity[member], _LEAST)
    flat = (free == 0) | (~conical & (b == 0)) | (bpr & (power == 0))
    constant = network.fixed[member] + np.where(conical & ~flat, 0.0, free)
    constant = constant + np.where(flat & bpr & (power == 0), free * b, 0.0)
    base, factor = np.zeros(m), np.zeros(m)
    np.add.at(base, chain, constant)
    low, high = np.full(m, np.inf), np.zeros(m)
    np.minimum.at(low, chain[~flat], np.where(bpr, power, -1.0)[~flat])
    np.maximum.at(high, chain[~flat], np.where(bpr, power, -1.0)[~flat])
    kind = np.where(low == np.inf, _CONSTANT, np.where(low == high, _POWER, _TERMS)).astype(np.int8)
    kind[(kind == _POWER) & (high == 4)] = _QUARTIC
    widest = np.full(m, np.inf)
    np.minimum.at(widest, chain[~flat], capacity[~flat])
    simple = ~flat & ((kind == _POWER) | (kind == _QUARTIC))[chain]
    part, wide = np.zeros(len(member)), np.where(np.isfinite(widest), widest, 1.0)
    part[simple] = (free * b * (wide[chain] / capacity) ** power)[simple]
    np.add.at(factor, chain, part)
    terms = ~flat & (kind == _TERMS)[chain]
    return Delay(
        kind=kind,
        base=base,
        factor=factor,
        scale=np.where(np.isfinite(widest), 1 / widest, 0.0),
        power=high,
        first=np.concatenate([[0], np.cumsum(np.bincount(chain[terms], minlength=m))]).astype(
            np.int32
        ),
        term_kind=network.delay[member][terms].astype(np.int8),
        term=np.ascontiguousarray(np.column_stack([free, b, power, capacity])[terms]),
    )


@njit(cache=True, nogil=True)
def curve(kind, base, factor, scale, power, v):  # type: ignore[no-untyped-def]
    """Return a link's time at flow v and its derivative; numbers only, so it costs no call."""
    if kind == 1:
        r = v * scale
        cube = r * r * r * factor
        return base + cube * r, 4.0 * cube * scale
    if kind == 2:
        r = max(v * scale, 1e-9)
        grown = factor * min(r**power, 1e60)
        return base + (grown if v > 0.0 else 0.0), power * grown / r * scale
    return base, 0.0


@njit(cache=True, nogil=True)
def sum_of_terms(delay, e, v):  # type: ignore[no-untyped-def]
    """Return what `curve` does, for a link whose members differ in kind."""
    time, slope = delay.base[e], 0.0
    for i in range(delay.first[e], delay.first[e + 1]):
        free, b = delay.term[i, 0], delay.term[i, 1]
        power, capacity = delay.term[i, 2], delay.term[i, 3]
        more, steeper = _term(delay.term_kind[i], free, b, power, capacity, v)
        time += more
        slope += steeper
    return time, slope


@njit(cache=True, nogil=True)
def _term(kind, free, b, power, capacity, v):  # type: ignore[no-untyped-def]
    if kind == 0:
        return curve(2, 0.0, free * b, 1.0 / capacity, power, v)
    x = v / capacity
    if kind == 1:
        beta = (2 * power - 1) / (2 * power - 2)
        root = np.sqrt((power * (1 - x)) ** 2 + beta**2)
        time = free * (2 + root - power * (1 - x) - beta)
        return time, free * (power - power**2 * (1 - x) / root) / capacity
    y = min(x, 0.95)
    steep = 1 / (1 - y) ** 2
    return free * b * (y / (1 - y) + (x - y) * steep), free * b * steep / capacity
