"""What any flows must satisfy, whoever computed them: a result that does not is never shown."""

import numpy as np

from citycommons.act.assignment.types import Equilibrium
from citycommons.act.network.types import Floats
from citycommons.core.errors import CityError

_TOLERANCE = 1e-9


class Broken(CityError):
    """A computed result contradicts itself: a fault of this program, not of the data."""

    title = "Broken result"


def require_sound(found: Equilibrium, closed: frozenset[int] = frozenset()) -> None:
    """Raise `Broken` unless flows conserve vehicles and keep off what is not open.

    At each node what drives in and begins there drives out or ends there, to 1e-9 of what passes;
    no flow is below 0 or on a closed link, and none passes through a node below `first_through`.
    Costs one pass over links and zones.
    """
    said = list(faults(found, closed))
    if said:
        raise Broken(
            f"The result is wrong and is not shown: {'; '.join(said)}. Please report it with "
            "the two files."
        )


def faults(found: Equilibrium, closed: frozenset[int] = frozenset()) -> tuple[str, ...]:
    """What is wrong with a result, in words; nothing for a sound one."""
    flow = found.flow
    numbers = (flow, found.time, np.array([found.objective, found.total_time, found.gap]))
    if not all(np.isfinite(one).all() for one in numbers):
        return ("a flow or a time is no number",)
    said = []
    if (flow < 0).any():
        said.append(f"a flow of {flow.min():g} is below 0 on {_link(found, int(flow.argmin()))}")
    if used := [link for link in sorted(closed) if flow[link] != 0]:
        said.append(f"{flow[used[0]]:g} vehicles use {_link(found, used[0])}, which is closed")
    if found.gap < -_TOLERANCE:
        said.append(f"the relative gap is {found.gap:g}")
    return (*said, *_unbalanced(found))


def _unbalanced(found: Equilibrium) -> list[str]:
    network = found.network
    begins, ends = _trips(found)
    out = np.bincount(network.tail, weights=found.flow, minlength=network.nodes)
    into = np.bincount(network.head, weights=found.flow, minlength=network.nodes)
    allowed = _TOLERANCE * np.maximum(1.0, out + into)
    lost = np.abs(into + begins - out - ends)
    crossed = np.abs(into - ends)
    crossed[network.first_through :] = 0
    said = []
    if (lost > allowed).any():
        node = int((lost / allowed).argmax())
        said.append(f"{lost[node]:g} vehicles are lost or made at node {network.node[node]}")
    if (crossed > allowed).any():
        node = int((crossed / allowed).argmax())
        said.append(f"{crossed[node]:g} vehicles drive through zone {network.node[node]}")
    return said


def _trips(found: Equilibrium) -> tuple[Floats, Floats]:
    """Served trips that begin and that end at each node, in car units."""
    network = found.network
    place = {number: k for k, number in enumerate(network.node[: network.zones].tolist())}
    begins, ends = np.zeros(network.nodes), np.zeros(network.nodes)
    for demand in found.demands:
        served = demand.trips * demand.pce
        np.fill_diagonal(served, 0)
        for pair in found.unserved:
            if pair.demand == demand.name:
                served[place[pair.origin], place[pair.destination]] = 0
        begins[: network.zones] += served.sum(axis=1)
        ends[: network.zones] += served.sum(axis=0)
    return begins, ends


def _link(found: Equilibrium, link: int) -> str:
    network = found.network
    tail, head = network.node[network.tail[link]], network.node[network.head[link]]
    return f"the link from {tail} to {head}"
