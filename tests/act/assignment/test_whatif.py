import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.assignment.networks import check, cities

from citycommons.act.assignment import Change, change, solve
from citycommons.core.errors import Invalid


@settings(deadline=None, max_examples=100)
@given(cities(), st.data())
def test_a_closed_link_is_empty_and_what_is_left_is_the_equilibrium_without_it(case, data):
    city, demand = case
    base = solve(city, [demand], gap=1e-9)
    closed = data.draw(st.frozensets(st.integers(0, city.links - 1), max_size=4))
    after = change(base, Change(closed=closed), gap=1e-7)
    check(after, closed)


@settings(deadline=None, max_examples=60)
@given(cities(), st.data())
def test_lanes_speed_and_more_traffic_give_what_solving_anew_gives(case, data):
    city, demand = case
    base = solve(city, [demand], gap=1e-9)
    link = st.integers(0, city.links - 1)
    what = Change(
        capacity=data.draw(st.dictionaries(link, st.sampled_from([0.5, 2.0]), max_size=3)),
        free_time=data.draw(st.dictionaries(link, st.sampled_from([0.5, 3.0]), max_size=3)),
    )
    after = change(base, what, gap=1e-7, demand_factor=1.3)
    check(after)
    cold = solve(after.network, after.demands, gap=1e-7)
    assert after.objective == pytest.approx(cold.objective, rel=1e-6)


def test_a_link_that_the_network_does_not_have_cannot_be_changed(braess):
    base = solve(*braess)
    with pytest.raises(Invalid, match="link 9"):
        change(base, Change(closed=frozenset({9})))
    with pytest.raises(Invalid, match="above 0"):
        change(base, Change(capacity={1: 0.0}))


def test_closing_braess_bridge_helps_everyone(braess):
    base = solve(*braess)
    assert base.total_time == pytest.approx(6 * 92, rel=1e-9)
    after = change(base, Change(closed=frozenset({4})))
    assert after.total_time == pytest.approx(6 * 83, rel=1e-9)
    assert after.flow[4] == 0
