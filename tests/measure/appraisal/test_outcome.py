"""The arithmetic against closed forms, exact moments and an independent net present value."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.appraisal.entries import (
    FLAT,
    a_benefit,
    a_cost,
    a_value,
    exactly,
    measured,
    some_inputs,
)

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.goals import Claim, Grade, Range
from citycommons.measure.appraisal.draws import triangular, uniform
from citycommons.measure.appraisal.optimism import shipped as allowances
from citycommons.measure.appraisal.outcome import results
from citycommons.measure.appraisal.prices import ExchangeRate
from citycommons.measure.appraisal.prices import shipped as deflators
from citycommons.measure.appraisal.schedules import Rate, Schedule
from citycommons.measure.appraisal.schedules import shipped as schedules
from citycommons.measure.appraisal.types import Factor, Proof, Swing
from citycommons.measure.goals.templates import templates
from citycommons.measure.goals.values import shipped as values_of_ledger

money = st.floats(1.0, 1e6)
shares = st.floats(0.0, 1.0)


def at_rate(rate: float) -> Schedule:
    return replace(FLAT, steps=(Rate(rate=rate),))


@given(shares, shares, shares, st.floats(0.0, 0.9), st.floats(0.0, 0.1), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_exact_inputs_give_the_closed_form(
    attribution: float, deadweight: float, displacement: float, drop: float, rate: float, years: int
) -> None:
    one = a_benefit(
        attribution=exactly(attribution),
        deadweight=exactly(deadweight),
        displacement=exactly(displacement),
        drop_off=exactly(drop),
        years=years,
    )
    made = results(some_inputs(benefits=(one,), schedule=at_rate(rate), horizon=40, draws=5))
    first = 1000.0 * attribution * (1 - deadweight) * (1 - displacement)
    q = (1 - drop) / (1 + rate)
    series = first * years if q == 1 else first * (1 - q**years) / (1 - q)
    npv = made.proven.npv
    for value in (npv.low, npv.middle, npv.high, npv.likely):
        assert value == pytest.approx(series - 500.0, rel=1e-9, abs=1e-6)


def test_net_present_value_is_the_one_of_numpy_financial() -> None:
    financial = pytest.importorskip("numpy_financial", reason="an independent net present value")
    entries = [a_benefit(str(n), first_year=2024 + n, quantity=exactly(7.0 + n)) for n in range(9)]
    made = results(some_inputs(benefits=tuple(entries), schedule=at_rate(0.035), horizon=8))
    flows = [70.0 - 500.0] + [10.0 * (7.0 + n) for n in range(1, 9)]
    assert made.proven.npv.likely == pytest.approx(financial.npv(0.035, flows), rel=1e-12)


def moments(one: Range) -> tuple[float, float]:
    """Exact mean and mean square of a triangular distribution."""
    a, b, c = one.low, one.high, one.likely
    mean = (a + b + c) / 3
    variance = (a * a + b * b + c * c - a * b - a * c - b * c) / 18
    return mean, variance + mean * mean


def test_draws_have_the_exact_mean_and_variance_of_a_product_of_triangulars() -> None:
    quantity = Range(low=50.0, likely=100.0, high=250.0)
    amount = Range(low=5.0, likely=12.0, high=14.0)
    share = Range(low=0.2, likely=0.5, high=0.6)
    one = a_benefit(quantity=quantity, attribution=share)
    made = results(
        some_inputs(benefits=(one,), values=(a_value(amount=amount),), costs=(), draws=100_000)
    ).proven
    parts = [moments(one) for one in (quantity, amount, share)]
    mean = math.prod(first for first, _ in parts)
    variance = math.prod(second for _, second in parts) - mean * mean
    # Four standard errors: one seed in 16 000 would miss it.
    assert abs(made.npv_mean - mean) < 4 * math.sqrt(variance / 100_000)
    assert made.npv_error == pytest.approx(math.sqrt(variance / 100_000), rel=0.03)


@given(st.floats(-5, 5), st.floats(0, 5), st.floats(0, 5))
@settings(max_examples=30, deadline=None)
def test_triangular_draws_follow_the_distribution(low: float, left: float, right: float) -> None:
    one = Range(low=low, likely=low + left, high=low + left + right)
    u = uniform(7, "some input", 20_000)
    x = triangular(one, u)
    assert x.min() >= one.low
    assert x.max() <= one.high
    mean, square = moments(one)
    assert abs(x.mean() - mean) <= 4 * math.sqrt(max(square - mean * mean, 0) / 20_000) + 1e-9
    assert (np.diff(triangular(one, np.sort(u))) >= 0).all()


def test_a_sum_of_two_uniform_like_ranges_has_known_quantiles() -> None:
    # One symmetric triangular on 0..2 alone: its 5 % quantile is sqrt(0.05 × 2 × 1).
    one = a_benefit(quantity=Range(low=0.0, likely=1.0, high=2.0))
    value = a_value(amount=exactly(1.0))
    made = results(some_inputs(benefits=(one,), values=(value,), costs=(), draws=100_000)).proven
    assert made.npv.low == pytest.approx(math.sqrt(0.1), abs=0.01)
    assert made.npv.middle == pytest.approx(1.0, abs=0.01)
    assert made.npv.high == pytest.approx(2 - math.sqrt(0.1), abs=0.01)


@given(money, money, st.integers(1, 1000))
@settings(max_examples=25, deadline=None)
def test_more_benefit_never_makes_the_result_worse(one: float, more: float, seed: int) -> None:
    few = a_benefit(quantity=Range(low=one / 2, likely=one, high=one * 2))
    many = a_benefit(
        quantity=Range(low=one / 2 + more, likely=one + more, high=one * 2 + more),
    )
    before = results(some_inputs(benefits=(few,), seed=seed)).proven
    after = results(some_inputs(benefits=(many,), seed=seed)).proven
    assert after.npv.low >= before.npv.low
    assert after.npv.middle >= before.npv.middle
    assert after.npv.high >= before.npv.high
    assert after.share_positive >= before.share_positive


@given(st.integers(-8, 8), st.integers(1, 1000))
@settings(max_examples=20, deadline=None)
def test_the_ratio_does_not_care_in_which_money_it_is_told(power: int, seed: int) -> None:
    scale = 2.0**power  # exact, so that every bit has to stay
    spread = Range(low=50.0, likely=100.0, high=300.0)
    one = a_benefit(quantity=spread)
    usual = results(some_inputs(benefits=(one,), seed=seed)).proven
    scaled = results(
        some_inputs(
            benefits=(one,),
            values=(a_value(amount=exactly(10.0 * scale)),),
            costs=(a_cost(quantity=exactly(500.0 * scale)),),
            seed=seed,
        )
    ).proven
    assert scaled.ratio == usual.ratio
    assert scaled.payback == usual.payback
    assert scaled.npv.middle == usual.npv.middle * scale


@given(st.permutations(range(4)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_entries_changes_not_a_bit(order: list[int]) -> None:
    entries = [
        a_benefit(f"b{n}", quantity=Range(low=0.1 * n, likely=n, high=3.3 * n + 1))
        for n in range(4)
    ]
    proofs = measured(*entries)
    usual = some_inputs(benefits=tuple(entries), proofs=proofs)
    turned = some_inputs(
        benefits=tuple(entries[n] for n in order), proofs=tuple(proofs[n] for n in order)
    )
    assert results(usual) == results(turned)


def test_another_entry_does_not_change_the_draws_of_the_others() -> None:
    spread = Range(low=50.0, likely=100.0, high=300.0)
    one = a_benefit(quantity=spread)
    alone = results(some_inputs(benefits=(one,))).proven
    both = results(some_inputs(benefits=(a_benefit("a", quantity=spread), one))).proven
    assert [p for p in both.parts if p.entry == "b"] == [p for p in alone.parts if p.entry == "b"]


def test_claims_stand_apart_from_what_is_proven() -> None:
    real, hoped = a_benefit("real"), a_benefit("hoped", quantity=exactly(900.0))
    made = results(some_inputs(benefits=(real, hoped), proofs=measured(real)))
    assert made.proven.npv.likely == 1000 - 500
    assert made.with_claims.npv.likely == 1000 + 9000 - 500
    assert [one.entry for one in made.proven.parts] == ["real", "c"]
    assert [(one.kind, one.about) for one in made.notes if one.kind == "only-claimed"] == [
        ("only-claimed", "hoped")
    ]


def test_a_benefit_that_is_evaluated_counts_and_a_claimed_proof_does_not() -> None:
    one = a_benefit()
    for claim, npv in ((Claim.EVALUATED, 500.0), (Claim.MEASURED, 500.0), (Claim.CLAIMED, -500.0)):
        proofs = (Proof(benefit=one.id, claim=claim, grade=Grade.A),)
        assert results(some_inputs(benefits=(one,), proofs=proofs)).proven.npv.likely == npv


def test_what_is_not_in_money_is_named_and_not_counted() -> None:
    made = results(some_inputs(benefits=(a_benefit(value=None),)))
    assert made.proven.npv.likely == -500
    assert "not-in-money" in {one.kind for one in made.notes}


def test_payback_is_the_year_from_which_on_the_sum_stays_above_nothing() -> None:
    # 100 a year against 250 at first, and 120 again in the sixth year.
    one = a_benefit(quantity=exactly(10.0), years=11)
    costs = (a_cost("a", quantity=exactly(250.0)), a_cost("b", quantity=exactly(120.0)))
    late = replace(costs[1], first_year=2026)
    assert results(some_inputs(benefits=(one,), costs=costs[:1])).proven.payback.likely == 2026
    assert (
        results(some_inputs(benefits=(one,), costs=(costs[0], late))).proven.payback.likely == 2027
    )
    never = results(some_inputs(costs=(a_cost(quantity=exactly(1e6)),))).proven.payback
    assert (never.early, never.middle, never.late, never.likely) == (None, None, None, None)


def test_what_is_so_far_ends_with_the_last_full_year() -> None:
    one = a_benefit(years=10)
    made = results(some_inputs(benefits=(one,), so_far=2025)).proven
    assert made.so_far.likely == 2 * 1000 - 500
    assert made.npv.likely == 10 * 1000 - 500
    assert results(some_inputs(benefits=(one,), so_far=2020)).proven.so_far.likely == 0


def test_without_costs_there_is_no_ratio() -> None:
    made = results(some_inputs(costs=()))
    assert made.proven.ratio is None
    assert "no-costs" in {one.kind for one in made.notes}


def test_years_outside_are_left_out_and_named() -> None:
    one = a_benefit(first_year=2020, years=10, drop_off=exactly(0.5))
    made = results(some_inputs(benefits=(one,), horizon=2))
    # 2020 to 2023 lie before the base year: 1000 halves four times before it counts.
    assert made.proven.benefits.likely == pytest.approx(1000 / 16 + 1000 / 32 + 1000 / 64)
    assert [one.about for one in made.notes if one.kind == "years-left-out"] == ["b"]


def test_risk_to_life_has_its_own_schedule() -> None:
    life = schedules()["uk-green-book-life"]
    one = a_benefit(first_year=2034)
    usual = some_inputs(benefits=(one,), costs=(), schedule=schedules()["uk-green-book"])
    apart = replace(usual, apart={a_value().id: life})
    assert results(usual).proven.npv.likely == pytest.approx(1000 / 1.035**10)
    assert results(apart).proven.npv.likely == pytest.approx(1000 / 1.015**10)


def test_prices_of_another_year_are_lifted_by_the_stated_deflator_or_refused() -> None:
    old = a_value(price_year=2021)
    with pytest.raises(Invalid, match="Prices of 2021 and of 2024"):
        results(some_inputs(values=(old,)))
    made = results(some_inputs(values=(old,), deflators=(deflators()["EUR"],), costs=()))
    assert made.proven.npv.likely == pytest.approx(1000 * 1.084 * 1.054 * 1.024)
    assert "deflator-unchecked" in {one.kind for one in made.notes}


def test_currencies_are_added_by_a_stated_rate_or_not_at_all() -> None:
    pounds = a_cost(currency="GBP")
    with pytest.raises(Invalid, match="GBP and EUR cannot be added"):
        results(some_inputs(costs=(pounds,)))
    rate = ExchangeRate(of="GBP", to="EUR", rate=1.2, source="ECB", year=2024)
    assert results(some_inputs(costs=(pounds,), rates=(rate,))).proven.costs.likely == 600


def test_an_allowance_for_optimism_raises_all_costs_together() -> None:
    spread = allowances()["equipment-and-development"]
    made = results(some_inputs(costs=(a_cost("a"), a_cost("b")), optimism=spread)).proven
    assert made.costs.likely == pytest.approx(1000 * 3)
    assert Factor.OPTIMISM in {one.factor for one in made.swings}


@pytest.mark.parametrize(
    "entry",
    [
        {"benefits": (a_benefit(attribution=Range(low=0.5, likely=1.2, high=1.3)),)},
        {"benefits": (a_benefit(quantity=Range(low=3, likely=2, high=5)),)},
        {"benefits": (a_benefit(quantity=Range(low=float("nan"), likely=2, high=5)),)},
        {"benefits": (a_benefit(quantity=Range(low=1, likely=2, high=float("inf"))),)},
        {"costs": (a_cost(quantity=exactly(-1.0)),)},
        {"horizon": -1},
        {"horizon": 301},
        {"base_year": 10**20},
        {"price_year": 0},
        {"seed": -1},
        {"seed": 2**64},
    ],
)
def test_what_is_no_range_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        results(some_inputs(**entry))


@pytest.mark.parametrize("entry", [{"draws": 0}, {"draws": 10**7}])
def test_too_many_draws_are_refused(entry: dict[str, int]) -> None:
    with pytest.raises(TooMuch):
        results(some_inputs(**entry))


def swings_of(*, with_claims: bool = False, **said: object) -> dict[str, Swing]:
    made = results(some_inputs(**said))
    found = made.with_claims if with_claims else made.proven
    return {one.input: one for one in found.swings}


def test_break_even_values_bring_the_result_to_nothing() -> None:
    one = a_benefit(
        quantity=Range(low=20.0, likely=100.0, high=200.0),
        attribution=Range(low=0.4, likely=0.8, high=1.0),
        deadweight=Range(low=0.0, likely=0.1, high=0.9),
        drop_off=Range(low=0.0, likely=0.1, high=0.9),
        years=5,
    )
    costs = (a_cost(quantity=exactly(900.0)),)
    inputs = some_inputs(benefits=(one,), costs=costs, schedule=at_rate(0.035))
    for swing in results(inputs).proven.swings:
        assert swing.break_even is not None
        turned = replace(inputs, **_moved(inputs, swing))
        assert results(turned).proven.npv.likely == pytest.approx(0, abs=1e-6)


def _moved(inputs, swing):
    """The inputs with one of them at its break-even value, exactly."""
    at = exactly(swing.break_even)
    if swing.factor is Factor.UNIT_VALUE:
        return {"values": (replace(inputs.values[0], amount=at),)}
    if swing.factor is Factor.COST:
        return {"costs": (replace(inputs.costs[0], quantity=at),)}
    name = swing.factor.value.replace("-", "_")
    return {"benefits": (replace(inputs.benefits[0], **{name: at}),)}


def test_the_widest_swing_stands_first_and_the_shares_add_up() -> None:
    one = a_benefit(
        quantity=Range(low=90.0, likely=100.0, high=110.0),
        attribution=Range(low=0.1, likely=0.5, high=1.0),
    )
    found = results(some_inputs(benefits=(one,))).proven.swings
    assert found[0].input == "attribution:b"
    assert (found[0].npv_low, found[0].npv_high) == (100 - 500, 1000 - 500)
    assert found[0].break_even == pytest.approx(0.5)
    assert found[0].is_within
    assert sum(swing.share for swing in found) == pytest.approx(1.0)


def test_no_value_turns_what_cannot_be_turned() -> None:
    # 1000 against 5000: even all of it, wholly due to the data, does not pay.
    one = a_benefit(attribution=Range(low=0.1, likely=0.5, high=1.0))
    found = swings_of(benefits=(one,), costs=(a_cost(quantity=exactly(5000.0)),))
    assert found["attribution:b"].break_even is None
    assert found["quantity:b"].break_even == pytest.approx(1000.0)
    assert not found["quantity:b"].is_within


def test_claimed_inputs_move_only_the_result_with_claims() -> None:
    one = a_benefit(quantity=Range(low=10.0, likely=100.0, high=200.0))
    said = {"benefits": (one,), "proofs": ()}
    assert "quantity:b" not in swings_of(**said)
    assert "quantity:b" in swings_of(**said, with_claims=True)


def test_another_edition_of_the_arithmetic_is_not_guessed_at() -> None:
    with pytest.raises(Invalid, match="edition 0"):
        results(some_inputs(method="0"))


def test_the_tfl_parts_leave_a_gap_to_the_headline() -> None:
    """Check C4, through the template that the ledger ships."""
    template = templates()["tfl-open-data"]
    benefits = tuple(
        replace(one, id=str(n), first_year=2017, years=1) for n, one in enumerate(template.benefits)
    )
    values = (values_of_ledger()["gb-million"],)
    year = values[0].price_year
    inputs = some_inputs(
        benefits=benefits, values=values, costs=(), currency="GBP", base_year=2017, price_year=year
    )
    parts = results(inputs).with_claims.parts
    at_ends = [
        results(
            replace(inputs, benefits=tuple(replace(b, quantity=exactly(end(b))) for b in benefits))
        )
        for end in (lambda b: b.quantity.low, lambda b: b.quantity.high)
    ]
    assert [round(one.with_claims.npv.likely / 1e6, 6) for one in at_ends] == [102, 125]
    assert len(parts) == 3
    assert template.shortfall is not None
    assert (template.shortfall.low, template.shortfall.high) == (5, 28)


def test_one_crash_with_a_death_and_two_injured_costs_what_the_ministry_says() -> None:
    """Check C5, with the unit values that the ledger ships."""
    numbers = {"it-road-death": 1.0, "it-road-injury": 2.0, "it-road-accident": 1.0}
    values = tuple(values_of_ledger()[id] for id in numbers)
    benefits = tuple(
        a_benefit(id, value=id, quantity=exactly(number)) for id, number in numbers.items()
    )
    made = results(some_inputs(benefits=benefits, values=values, costs=(), price_year=2018))
    assert made.proven.npv.likely == 1_915_803.0
    assert "unit-value-unchecked" in {one.kind for one in made.notes}
