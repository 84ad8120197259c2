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
