import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.measure.appraisal.prices import ExchangeRate, exchange, factor, shipped

POUND = ExchangeRate(of="GBP", to="EUR", rate=1.15, source="European Central Bank", year=2024)


def test_prices_of_one_year_stay_as_they_are_without_any_deflator() -> None:
    assert factor(None, "CHF", 2018, 2018) == 1.0


def test_prices_of_different_years_are_not_mixed_without_a_deflator() -> None:
    with pytest.raises(Invalid, match="Prices of 2018 and of 2020 in CHF cannot be mixed"):
        factor(None, "CHF", 2018, 2020)
    with pytest.raises(Invalid, match="how prices rose in 2025"):
        factor(shipped()["EUR"], "EUR", 2024, 2025)


def test_each_year_rises_by_its_own_rate() -> None:
    lift = factor(shipped()["EUR"], "EUR", 2020, 2022)
    assert lift == pytest.approx(1.026 * 1.084)


@given(st.integers(2009, 2024), st.integers(2009, 2024), st.integers(2009, 2024))
def test_there_and_on_is_the_same_as_at_once(one: int, two: int, three: int) -> None:
    euro = shipped()["EUR"]
    parts = factor(euro, "EUR", one, two) * factor(euro, "EUR", two, three)
    assert parts == pytest.approx(factor(euro, "EUR", one, three))


def test_currencies_are_not_added_without_a_stated_rate() -> None:
    with pytest.raises(Invalid, match="GBP and EUR cannot be added"):
        exchange((), "GBP", "EUR")
    assert exchange((POUND,), "GBP", "EUR") == 1.15
    assert exchange((POUND,), "EUR", "GBP") == 1 / 1.15
