"""From measures to links, and what stays of capacity and speed."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.act.roadworks import grid

from citycommons.act.roadworks import changes
from citycommons.act.roadworks.facts import motorway_work_zone, urban_work_zone
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.works import Effect, Measure

NETWORK = grid.network()
LINE = tuple((7.60 + 0.005 * x, 51.95) for x in range(3))  # East 0, two links


def snap(network, line):
    """Links whose both ends lie on neighbouring points of the line, in its direction."""
    streets = network.streets
    found = []
    for a, b in pairwise(line):
        for link, ends in enumerate(streets.lines):
            if streets.kind[link] != "connector" and np.allclose(ends, (a, b)):
                found.append(link)
    return found


def made(effect: Effect, **more) -> changes.Effects:
    measure = Measure(effect=effect, line=more.pop("line", LINE), **more)
    return changes.effects(NETWORK, [measure], snap)


def test_a_closure_takes_the_lines_direction_and_the_other_one_if_said():
    one, both = made(Effect.CLOSED), made(Effect.CLOSED, both_directions=True)
    assert len(one.closed) == 2
    assert one.closed < both.closed
    assert len(both.closed) == 4
    assert {NETWORK.streets.name[i] for i in both.closed} == {"East 0"}


def test_a_lane_less_leaves_less_than_its_share():
    found = made(Effect.LANES, lanes_total=2, lanes_open=1)
    assert set(found.capacity.values()) == {urban_work_zone(2, 1)}
    assert urban_work_zone(2, 1) < 0.5
    assert all(spread > 0 for spread in found.spread.values())


def test_no_lane_left_is_a_closure_and_more_lanes_than_there_were_are_refused():
    assert made(Effect.LANES, lanes_total=2, lanes_open=0).closed
    with pytest.raises(Invalid, match="3 lanes stay open of 2"):
        made(Effect.LANES, lanes_total=2, lanes_open=3)


def test_lanes_that_nobody_said_are_assumed_and_told():
    assert "assumed" in made(Effect.LANES).notes[0]


def test_a_lower_speed_takes_longer_as_far_as_drivers_comply():
    known = made(Effect.SPEED, speed_kmh=20)
    link = min(known.free_time)
    assert changes.change(known, compliance=1.0).free_time[link] == pytest.approx(2.0)
    assert changes.change(known, compliance=0.5).free_time[link] == pytest.approx(1.5)
    with pytest.raises(Invalid, match="km/h"):
        made(Effect.SPEED)


def test_one_way_closes_the_other_direction_only():
    found = made(Effect.ONE_WAY)
    assert found.closed == made(Effect.CLOSED, line=LINE[::-1]).closed
    assert not found.new


def test_a_one_way_street_is_turned_round():
    against = made(Effect.CLOSED, line=LINE[::-1]).closed
    keep = np.setdiff1d(np.arange(NETWORK.links), sorted(made(Effect.CLOSED).closed))
    one_way = without(NETWORK, keep)
    measure = Measure(effect=Effect.ONE_WAY, line=LINE)
    found = changes.effects(one_way, [measure], snap)
    assert len(found.closed) == len(against) == len(found.new)
    wider = changes.with_new_links(one_way, found.new)
    assert wider.links == one_way.links + 2
    assert len(wider.streets.name) == wider.links
    assert wider.tail[-1] == one_way.head[found.new[-1].like]


def test_a_turn_ban_is_between_the_two_streets():
    corner = ((7.60, 51.95), (7.605, 51.95), (7.605, 51.955))
    ((into, out),) = made(Effect.TURN_BAN, line=corner).banned_turns
    assert NETWORK.streets.name[into] == "East 0"
    assert NETWORK.streets.name[out] == "North 1"
    with pytest.raises(Invalid, match="turn ban"):
        made(Effect.TURN_BAN, line=LINE[:2])


def test_a_new_road_joins_the_junctions_at_its_ends():
    found = made(
        Effect.NEW_LINK, line=((7.60, 51.95), (7.605, 51.955)), speed_kmh=30, both_directions=True
    )
    there, back = found.new
    assert (there.tail, there.head) == (back.head, back.tail)
    assert there.tail >= NETWORK.zones
    assert there.free_time == pytest.approx(there.length_m / 1000 / 30 * 60)


def test_lost_parking_moves_nobody():
    found = made(Effect.PARKING, parking_lost=12)
    assert (found.parking_lost, found.links) == (12, frozenset())


def test_a_line_that_follows_no_street_is_refused_with_its_place():
    with pytest.raises(Invalid, match=r"7\.70000, 51\.90000"):
        made(Effect.CLOSED, line=((7.7, 51.9), (7.71, 51.9)))


def test_streets_and_nodes_name_links():
    links = changes.of_street(NETWORK, "east 0")
    assert len(links) == 6
    with pytest.raises(NotFound, match="East 0"):
        changes.of_street(NETWORK, "Eest 0")
    link = min(links)
    tail, head = (int(NETWORK.node[end[link]]) for end in (NETWORK.tail, NETWORK.head))
    assert changes.between(NETWORK, tail, head) == {link}
    with pytest.raises(NotFound, match="No link leads"):
        changes.between(NETWORK, head, head)


def test_of_two_works_on_one_link_the_harder_one_counts():
    soft = changes.Effects(capacity={1: 0.8, 2: 0.8}, spread={1: 0.1, 2: 0.1}, parking_lost=3)
    hard = changes.Effects(
        capacity={1: 0.4}, spread={1: 0.2}, closed=frozenset({2}), parking_lost=2
    )
    both = changes.joined(soft, hard)
    assert (both.capacity[1], both.spread[1], both.parking_lost) == (0.4, 0.2, 5)
    assert changes.change(both).closed == {2}
    assert 2 not in changes.change(both).capacity


@given(st.integers(1, 6), st.data())
def test_a_work_zone_never_adds_capacity_and_fewer_lanes_never_have_more(before, data):
    left = data.draw(st.integers(1, before))
    for share in (urban_work_zone, motorway_work_zone):
        assert 0 < share(before, left) <= 1
        if left > 1:
            assert share(before, left - 1) < share(before, left)


def without(network, keep):
    from dataclasses import replace

    streets = network.streets
    arrays = ("tail", "head", "capacity", "free_time", "fixed", "b", "power", "delay")
    return replace(
        network,
        **{name: getattr(network, name)[keep] for name in arrays},
        streets=replace(
            streets,
            **{n: getattr(streets, n)[keep] for n in ("length_m", "lanes", "speed_kmh")},
            **{
                n: tuple(getattr(streets, n)[i] for i in keep)
                for n in ("kind", "name", "lines", "sources")
            },
        ),
    )
