"""Approaches that nobody placed are put on the streets they come by, from the counts alone."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from citycommons.act.model.approaches import by_approach
from citycommons.act.model.counted import Counted
from citycommons.act.model.roads import Ground
from citycommons.act.model.types import Zone
from citycommons.act.network.assemble import Stretch, assemble
from citycommons.act.network.types import Network

DAYS = 30
SIDE = 4
TURN = {1: "L", 2: "G", 3: "R"}  # arms clockwise from the one a driver comes by
HOURS = np.array(
    [7, 4, 3, 3, 6, 16, 38, 98, 94, 58, 50, 50, 54, 56, 54, 56, 66, 72, 70, 60, 40, 26, 18, 11.0]
)


def town() -> tuple[Network, dict[str, int]]:
    """A square of crossings 500 m apart, every street both ways."""
    places = {f"{x}{y}": (7.6 + x * 0.007, 51.95 + y * 0.0045) for x in range(4) for y in range(4)}
    pairs = [
        (a, b)
        for a in places
        for b in places
        if a != b and abs(int(a[0]) - int(b[0])) + abs(int(a[1]) - int(b[1])) == 1
    ]
    stretches = [
        Stretch(tail=a, head=b, line=(places[a], places[b]), kind="secondary", source=f"{a}-{b}")
        for a, b in pairs
    ]
    return assemble(stretches, places), {id: at for at, id in enumerate(places)}


def ground(network: Network, node_of: dict[str, int]) -> Ground:
    return Ground(
        network=network,
        zones=(Zone("1", "All", 7.61, 51.957),),
        inhabitants=np.array([1.0]),
        jobs=None,
        is_gate=np.array([False]),
        node_of=node_of,
        link_of={},
        notes=(),
    )


def bearing(network: Network, tail: int, head: int) -> float:
    assert network.streets is not None
    east = (network.streets.lon[head] - network.streets.lon[tail]) * 0.616
    north = network.streets.lat[head] - network.streets.lat[tail]
    return float(np.degrees(np.arctan2(east, north)) % 360)


def counts_of(
    network: Network, node_of: dict[str, int], seed: int
) -> tuple[pa.Table, Counted, dict]:
    """Drivers wander through the town; each junction numbers its arms from a drawn one on."""
    chance = np.random.default_rng(seed)
    links = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    flow = {link: chance.uniform(100, 900) for link in links}
    # Turning shares by link, then flows that agree with them: a few rounds of passing on.
    share = {
        a: {b: chance.uniform(0.2, 1) for b in links if b[0] == a[1] and b[1] != a[0]}
        for a in links
    }
    for _ in range(60):
        new = dict.fromkeys(links, 30.0)
        for a in links:
            total = sum(share[a].values())
            for b, part in share[a].items():
                new[b] += 0.9 * flow[a] * part / total
        flow = new
    rows, series, arm_of = [], {}, {}
    for id, node in node_of.items():
        legs = [b for a, b in links if a == node]
        first = 90 * int(chance.integers(4))
        arms = {
            leg: round(((bearing(network, node, leg) - first) % 360) / 90) % 4 + 1 for leg in legs
        }
        arm_of[id] = {(leg, node): arms[leg] for leg in legs}
        for leg in legs:
            a = (leg, node)
            total = sum(share[a].values())
            for b, part in share[a].items():
                turn = TURN[(arms[b[1]] - arms[leg]) % 4]
                name = f"{id}_{arms[leg]}_{turn}"
                rows.append((name, id, arms[leg], turn, "loop"))
                hours = flow[a] * part / total * HOURS / HOURS.sum() * 12
                series[name] = chance.poisson(hours, (DAYS, 24)).astype(float)
    names = sorted(series)
    days = tuple(date(2025, 1, 6) + timedelta(days=n) for n in range(DAYS))
    columns = ("detector", "junction_id", "approach", "turn", "kind")
    table = pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True)))
    return table, Counted(tuple(names), days, np.array([series[n] for n in names])), arm_of


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_arms_are_found_on_the_streets_they_lie_on(seed: int) -> None:
    network, node_of = town()
    detectors, raw, arm_of = counts_of(network, node_of, seed)
    on = ground(network, node_of)
    found, left = by_approach(detectors, on, raw, np.ones(DAYS, bool))
    right = wrong = 0
    for one in found:
        junction, _, arm = one.counter.id.partition("-")
        (link,) = one.counter.links
        way = (int(network.tail[link]), int(network.head[link]))
        is_right = arm_of[junction].get(way) == int(arm)
        right, wrong = right + is_right, wrong + (not is_right)
    assert right > 0.9 * (right + wrong)
    assert right >= 0.6 * len([1 for arms in arm_of.values() for _ in arms])
    assert all(":" in one for one in left)


def test_what_cannot_be_placed_is_said_with_its_reason() -> None:
    network, node_of = town()
    detectors, raw, _ = counts_of(network, node_of, 1)
    odd = pa.table(
        {
            "detector": ["X1", "X2", "X3", "X4"],
            "junction_id": [None, "99", "11", "11"],
            "approach": [1, 1, None, 7],
            "turn": ["G", "G", "G", "G"],
            "kind": ["pseudo", "loop", "loop", "loop"],
        },
        schema=detectors.schema,
    )
    _, left = by_approach(
        pa.concat_tables([detectors, odd]), ground(network, node_of), raw, np.ones(DAYS, bool)
    )
    said = dict(one.split(": ", 1) for one in left if one.startswith("X"))
    assert said["X1"] == "a sum or a test, no loop"
    assert "not in the network" in said["X2"]
    assert "neither approach nor turn" in said["X3"]
    assert "none of a junction's four arms" in said["X4"]
