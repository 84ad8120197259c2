import pytest
from hypothesis import given, settings
from tests.act.assignment.networks import check, cities

from citycommons.act.assignment import solve


@settings(deadline=None, max_examples=100)
@given(cities())
def test_in_any_city_nobody_gains_by_another_way_and_nobody_gets_lost(case):
    city, demand = case
    check(solve(city, [demand], gap=1e-7))


@pytest.mark.parametrize(
    ("name", "objective"),
    [
        ("SiouxFalls", 4231335.287107),
        ("Anaheim", 1286032.1711),
        ("ChicagoSketch", 17313018.7387477),
        ("EMA", 26160.345923),
    ],
)
def test_the_published_optimum_is_met(published, name, objective):
    found = solve(*published(name), gap=1e-10)
    assert found.gap <= 1e-10
    # As far as the published figure has digits, and at most 1e-12 beyond them.
    digits = len(str(objective).partition(".")[2])
    assert abs(found.objective - objective) <= 0.5 * 10.0**-digits + 1e-12 * objective


@settings(deadline=None, max_examples=60)
@given(cities())
def test_without_routes_the_flows_are_the_same_equilibrium(case):
    city, demand = case
    routes = solve(city, [demand], gap=1e-9)
    flows = solve(city, [demand], gap=1e-5, method="bfw")
    assert (flows.flow >= 0).all()
    assert len(flows.unserved) == len(routes.unserved)
    if flows.gap <= 1e-5:
        check(flows, gap=2e-5)
    assert flows.objective >= routes.objective * (1 - 1e-9) - 1e-9
    again = solve(city, [demand], gap=1e-5, method="bfw", start=flows)
    assert again.iterations <= flows.iterations


def test_without_routes_winnipeg_is_near_its_optimum(published):
    city, demands = published("Winnipeg")
    found = solve(city, demands, gap=1e-4, method="bfw")
    assert found.gap <= 1e-4
    assert found.objective == pytest.approx(827911.49463, rel=1e-4)
    assert solve(city, demands, gap=1e-4, method="bfw", start=found).iterations == 0


def test_a_gap_beyond_the_digits_ends(braess, published):
    city, demands = braess
    assert solve(city, demands, gap=0.0).gap < 1e-12
    city, demands = published("SiouxFalls")
    found = solve(city, demands, gap=0.0)
    assert found.gap < 1e-12
    assert found.iterations < 500
