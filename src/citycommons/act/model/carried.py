"""Capacity where nobody publishes lanes: a street carries what it was seen to carry."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from citycommons.act.demand.screen import Series
from citycommons.act.model.located import Located
from citycommons.act.network.types import Floats, Network

_FULLEST = 99.0  # percentile of a counter's hours that stands for a full hour
_USUAL = 75.0  # percentile of counted streets for all others: side streets are among these
_FEWEST = 200  # hours


def carried(
    network: Network, located: tuple[Located, ...], series: Series
) -> tuple[Network, tuple[str, ...]]:
    """Raise guessed capacities to what was counted, and say so.

    All links of a street (of a name) have room for the most that was counted on any of them in its
    fullest hours; uncounted streets have the upper quartile of counted streets, if it is more
    than their class has. Nothing changes where capacities or lanes are published.
    """
    streets = network.streets
    if streets is None or not (streets.guessed.get("capacity") and streets.guessed.get("lanes")):
        return network, ()
    most = _most(network, located, series)
    if not most:
        return network, ()
    usual = float(np.percentile(list(most.values()), _USUAL))
    is_road = np.array([kind != "connector" for kind in streets.kind])
    room = np.array([most.get(name, usual) for name in streets.name])
    capacity = np.where(is_road, np.maximum(network.capacity, room), network.capacity)
    # Lanes follow, so that works which take one of them take their share.
    per_lane = network.capacity / np.maximum(streets.lanes, 1.0)
    lanes = np.where(is_road, np.maximum(np.round(capacity / per_lane), 1.0), streets.lanes)
    raised = int((capacity > network.capacity)[is_road].sum())
    note = (
        f"Lanes are not published: {len(most)} streets carry what was counted on them in their "
        f"fullest hours, all others at least {usual:.0f} vehicles an hour, as a quarter of "
        f"these do ({raised} links)."
    )
    return replace(network, capacity=capacity, streets=replace(streets, lanes=lanes)), (note,)


def _most(network: Network, located: tuple[Located, ...], series: Series) -> Mapping[str, float]:
    assert network.streets is not None  # noqa: S101 - the caller looked
    row = {id: at for at, id in enumerate(series.ids)}
    most: dict[str, float] = {}
    for one in located:
        name = network.streets.name[one.counter.links[0]]
        if len(one.counter.links) == 1 and name and one.counter.id in row:
            full = _full(series.flow[row[one.counter.id]])
            most[name] = max(most.get(name, 0.0), full)
    return {name: full for name, full in most.items() if full > 0}


def _full(flow: Floats) -> float:
    there = flow[np.isfinite(flow)]
    return float(np.percentile(there, _FULLEST)) if len(there) >= _FEWEST else 0.0
