import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.assignment.networks import check, cities, shortest

from citycommons.act.assignment import (
    Change,
    change,
    load,
    od_gradient,
    path_flows,
    save,
    select_link,
    skims,
    solve,
)
from citycommons.core.errors import Conflict, Invalid, NotFound


@settings(deadline=None, max_examples=60)
@given(cities(), st.data())
def test_those_who_take_a_link_sum_to_its_flow_and_routes_tell_the_same(case, data):
    city, demand = case
    found = solve(city, [demand], gap=1e-9)
    for e in range(city.links):
        assert select_link(found, e).sum() == pytest.approx(found.flow[e], rel=1e-9, abs=1e-9)
    flow = np.zeros(city.links)
    for o in range(city.zones):
        for d in range(city.zones):
            for route in path_flows(found, o, d, least=0.0):
                assert city.tail[route.links[0]] == o
                assert city.head[route.links[-1]] == d
                flow[list(route.links)] += route.trips
    assert flow == pytest.approx(found.flow, rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(cities())
def test_skims_are_the_shortest_ways(case):
    city, demand = case
    found = solve(city, [demand])
    times = skims(found)
    for o in range(city.zones):
        best = shortest(city, o, found.time, frozenset())[: city.zones]
        assert times[o] == pytest.approx(best, rel=1e-9, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(cities(), st.data())
def test_a_stored_equilibrium_is_the_same_and_can_be_changed(tmp_path_factory, case, data):
    city, demand = case
    file = tmp_path_factory.mktemp("stored") / "base.npz"
    base = solve(city, [demand], gap=1e-9)
    save(base, file)
    again = load(file, city, [demand])
    assert again.flow == pytest.approx(base.flow, rel=1e-12, abs=1e-12)
    assert again.gap == pytest.approx(base.gap, abs=1e-12)
    closed = frozenset({data.draw(st.integers(0, city.links - 1))})
    check(change(again, Change(closed=closed), gap=1e-7), closed)


def test_a_stored_equilibrium_belongs_to_its_network(tmp_path, braess):
    city, (demand,) = braess
    save(solve(city, [demand]), tmp_path / "base.npz")
    (tmp_path / "text.npz").write_text("hello")
    from dataclasses import replace

    with pytest.raises(Conflict):
        load(tmp_path / "base.npz", city, [replace(demand, trips=demand.trips * 2)])
    with pytest.raises(Invalid):
        load(tmp_path / "text.npz", city, [demand])
    with pytest.raises(NotFound):
        load(tmp_path / "none.npz", city, [demand])


def test_the_gradient_is_the_weighted_share_of_a_pair(braess):
    city, demands = braess
    found = solve(city, demands, gap=1e-12)
    # Two vehicles take each of the three routes; the bridge is on one of them.
    assert od_gradient(found, np.arange(5) == 4.0)[0, 1] == pytest.approx(1 / 3, rel=1e-6)
    assert [route.trips for route in path_flows(found, 0, 1)] == pytest.approx([2, 2, 2], rel=1e-6)
