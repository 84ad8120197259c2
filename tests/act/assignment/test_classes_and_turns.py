from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.assignment.networks import check, cities, network, shortest

from citycommons.act.assignment import Change, Demand, change, path_flows, solve
from citycommons.act.assignment.delay import delays, integral, travel_time
from citycommons.act.network.compress import compress
from citycommons.act.network.types import VolumeDelay
from citycommons.core.errors import Invalid


@settings(deadline=None, max_examples=80)
@given(cities(), st.data())
def test_each_class_takes_its_own_shortest_ways_and_keeps_off_banned_links(case, data):
    city, cars = case
    m = city.links
    lorries = Demand(
        trips=cars.trips.T.copy(),
        name="lorries",
        pce=2.5,
        extra=np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=m, max_size=m))),
        banned=np.array(data.draw(st.lists(st.booleans(), min_size=m, max_size=m))),
    )
    found = solve(city, [cars, lorries], gap=1e-8)
    assert np.isfinite(found.flow).all()
    assert found.gap <= 1e-8
    lost = {(u.origin, u.destination, u.demand) for u in found.unserved}
    for k, demand in enumerate((cars, lorries)):
        extra = np.zeros(m) if demand.extra is None else demand.extra
        banned = frozenset() if demand.banned is None else frozenset(np.flatnonzero(demand.banned))
        for o in range(city.zones):
            best = shortest(city, o, found.time + extra, banned)
            for d in range(city.zones):
                if o == d or not demand.trips[o, d]:
                    continue
                routes = path_flows(found, o, d, k)
                assert bool(routes) == ((o + 1, d + 1, demand.name) not in lost)
                assert bool(routes) == np.isfinite(best[d])
                assert sum(r.trips for r in routes) == pytest.approx(
                    demand.trips[o, d] if routes else 0, rel=1e-4
                )
                for route in routes:
                    assert banned.isdisjoint(route.links)
                    regret = route.trips * demand.pce * (route.time - best[d])
                    assert regret <= 1e-6 + 2e-8 * found.total_time  # the gap is of all together


def test_classes_of_one_kind_drive_like_one(braess):
    city, (all_of_them,) = braess
    half = Demand(all_of_them.trips / 2)
    one = solve(city, [all_of_them], gap=1e-12)
    two = solve(
        city, [half, replace(half, name="others", trips=half.trips / 2, pce=2.0)], gap=1e-12
    )
    assert two.flow == pytest.approx(one.flow, abs=1e-5)
    assert two.objective == pytest.approx(one.objective, rel=1e-9)


def _crossing() -> tuple:
    """From zone 0 by node 2 straight on to zone 1 (time 2), or around by 3 and 4 (time 4)."""
    links = [(0, 2), (2, 1), (2, 3), (3, 4), (4, 1)]
    city = network(2, 5, [(a, b, 10.0, 1.0, 0.0, 1.0) for a, b in links], first_through=2)
    return city, Demand(np.array([[0.0, 7.0], [0.0, 0.0]]))


def test_a_banned_turn_is_driven_around():
    city, demand = _crossing()
    assert solve(city, [demand]).flow == pytest.approx([7, 7, 0, 0, 0])
    banned = replace(city, banned_turns=np.array([[0, 1]], dtype=np.int32))
    found = solve(banned, [demand])
    assert found.flow == pytest.approx([7, 0, 7, 7, 7])
    assert [route.links for route in path_flows(found, 0, 1)] == [(0, 2, 3, 4)]
    works = change(solve(city, [demand]), Change(banned_turns=((0, 1),)))
    assert works.flow == pytest.approx([7, 0, 7, 7, 7])
    both = change(solve(city, [demand]), Change(closed=frozenset({3}), banned_turns=((0, 1),)))
    assert not both.flow.any()
    assert [(u.origin, u.destination, u.trips) for u in both.unserved] == [(1, 2, 7.0)]


def test_turns_between_links_that_do_not_meet_are_refused():
    city, demand = _crossing()
    with pytest.raises(Invalid, match="do not meet"):
        solve(replace(city, banned_turns=np.array([[0, 4]], dtype=np.int32)), [demand])


@settings(deadline=None, max_examples=60)
@given(cities(), st.data())
def test_no_route_takes_a_banned_turn(case, data):
    city, demand = case
    meets = [
        (a, b)
        for a in range(city.links)
        for b in range(city.links)
        if city.head[a] == city.tail[b] and city.tail[a] != city.head[a]
    ]
    bans = data.draw(st.lists(st.sampled_from(meets), max_size=5, unique=True)) if meets else []
    found = solve(
        replace(city, banned_turns=np.array(bans, dtype=np.int32).reshape(-1, 2)), [demand]
    )
    assert (found.flow >= 0).all()
    for o in range(city.zones):
        for d in range(city.zones):
            for route in path_flows(found, o, d):
                turns = set(zip(route.links, route.links[1:], strict=False))
                assert turns.isdisjoint(bans)


@pytest.mark.parametrize(
    ("kind", "power", "b"),
    [
        (VolumeDelay.BPR, 4.0, 0.15),
        (VolumeDelay.CONICAL, 6.0, 0.0),
        (VolumeDelay.DAVIDSON, 1.0, 0.2),
    ],
)
def test_each_volume_delay_function_is_solved(kind, power, b):
    links = [
        (0, 2, 10.0, 1.0, b, power),
        (0, 3, 15.0, 1.5, b, power),
        (2, 1, 10.0, 1.0, b, power),
        (3, 1, 12.0, 1.0, b, power),
        (2, 3, 5.0, 0.2, b, power),
    ]
    city = network(2, 4, links, kind=kind)
    found = solve(city, [Demand(np.array([[0.0, 20.0], [0.0, 0.0]]))], gap=1e-10)
    check(found, gap=1e-9)
    check(change(found, Change(closed=frozenset({4})), gap=1e-10), frozenset({4}), gap=1e-9)
    # The objective is the integral of the times: by its difference quotient.
    step, flow = 1e-5, found.flow
    for e in range(city.links):
        more = flow.copy()
        more[e] += step
        slope = (integral(city, more) - integral(city, flow)) / step
        assert slope == pytest.approx(travel_time(city, flow)[e], rel=1e-4)


def test_a_chain_of_streets_costs_what_its_members_do():
    links = [
        (0, 2, 10.0, 1.0, 0.15, 4.0),
        (2, 3, 8.0, 0.5, 0.3, 2.0),
        (3, 1, 9.0, 0.7, 0.15, 4.0),
        (0, 1, 5.0, 9.0, 0.15, 4.0),
    ]
    city = network(2, 4, links)
    small = compress(city)
    assert sorted(np.diff(small.first_member)) == [1, 3]
    assert sorted(delays(city, small).kind) == [1, 3]
    check(solve(city, [Demand(np.array([[0.0, 30.0], [0.0, 0.0]]))], gap=1e-10), gap=1e-9)


def test_a_street_without_flow_that_closes_changes_nothing(braess):
    city, demands = braess
    lone = replace(city, free_time=np.where(np.arange(5) == 4, 500.0, city.free_time))
    base = solve(lone, demands, gap=1e-12)
    assert base.flow[4] == 0
    after = change(base, Change(closed=frozenset({4})))
    assert after.iterations == 0
    assert (after.flow == base.flow).all()
