"""What past forecasts teach the next one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.act.roadworks.experience import NONE, Past, applied, experience
from citycommons.act.roadworks.types import Range


def past(measured: float, middle: float = 10.0, half: float = 2.0, sd: float = 0.0) -> Past:
    told = Range(low=middle - half, middle=middle, high=middle + half)
    return Past(forecast=told, measured=measured, measured_sd=sd)


def test_without_works_nothing_is_corrected():
    assert experience([]) == NONE
    assert applied(Range(low=1, middle=2, high=4), NONE) == Range(low=1, middle=2, high=4)


def test_a_few_works_move_a_little_and_many_almost_all_the_way():
    few, many = (experience([past(13.0)] * n) for n in (2, 200))
    assert 1.0 < few.correction < many.correction < 1.3
    assert many.correction == pytest.approx(1.3, abs=0.02)
    assert (few.coverage, few.works) == (0.0, 2)


def test_ranges_that_are_too_narrow_widen_until_nine_of_ten_hold():
    rng = np.random.default_rng(3)
    # Real errors are twice as wide as the ranges of 90 % say.
    seen = [past(float(x)) for x in 10 + rng.normal(0, 2 * 2 / 1.645, 400)]
    known = experience(seen[:200])
    assert known.widening == pytest.approx(2.0, rel=0.2)
    held = [
        applied(one.forecast, known).low <= one.measured <= applied(one.forecast, known).high
        for one in seen[200:]
    ]
    assert 0.85 <= np.mean(held) <= 0.95


def test_ranges_that_hold_as_promised_stay():
    rng = np.random.default_rng(4)
    known = experience([past(float(x)) for x in 10 + rng.normal(0, 2 / 1.645, 300)])
    assert known.widening == pytest.approx(1.0, rel=0.15)
    assert known.coverage == pytest.approx(0.9, abs=0.04)


def test_the_error_of_the_measurement_is_not_blamed_on_the_forecast():
    sure, unsure = (experience([past(16.0, sd=sd)] * 10) for sd in (0.0, 6.0))
    assert unsure.widening < sure.widening


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3), st.floats(0, 1e3))))
def test_no_past_leads_to_absurd_or_disordered_ranges(rows):
    known = experience([past(m, middle, half) for m, middle, half in rows])
    assert 0.25 <= known.correction <= 4
    assert 0.25 <= known.widening <= 4
    found = applied(Range(low=1.0, middle=2.0, high=5.0), known)
    assert found.low <= found.middle <= found.high
