"""Proposition 99 to the published digit, and what must hold of any panel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.understand.cause import simplex, synthetic

METHODS = (
    synthetic.difference_in_differences,
    synthetic.synthetic_control,
    synthetic.synthetic_difference_in_differences,
)


def test_proposition_99_comes_out_as_published(proposition_99):
    outcome, start = proposition_99
    did, control, both = (method(outcome, 1, start).effect for method in METHODS)
    assert did == pytest.approx(-27.349, abs=0.0005)
    assert control == pytest.approx(-19.5, abs=0.2)
    assert both == pytest.approx(-15.604, abs=0.001)


def test_the_placebo_error_of_proposition_99_is_near_the_published_one(proposition_99):
    # Arkhangelsky et al. 2021, table 1: 8.4 from their draws; other implementations 9.6 to 10.
    assert 7 < synthetic.placebo_error(*_with_one(proposition_99), seed=1) < 12


def test_another_package_finds_the_same_effect(proposition_99):
    package = pytest.importorskip("diff_diff", reason="the peer package is not installed")
    pandas = pytest.importorskip("pandas", reason="the peer package needs pandas")
    outcome, start = proposition_99
    units, times = outcome.shape
    table = pandas.DataFrame(
        {
            "unit": np.repeat(np.arange(units), times),
            "time": np.tile(np.arange(times), units),
            "outcome": outcome.ravel(),
            "treated": np.repeat(np.arange(units) == units - 1, times).astype(int),
        }
    )
    found = package.SyntheticDiD(variance_method="placebo", n_bootstrap=20, seed=1).fit(
        table,
        outcome="outcome",
        treatment="treated",
        unit="unit",
        time="time",
        post_periods=list(range(start, times)),
    )
    ours = synthetic.synthetic_difference_in_differences(outcome, 1, start).effect
    assert ours == pytest.approx(found.att, abs=0.01)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.floats(-5, 5))
def test_an_added_effect_is_added_to_the_estimate(seed, effect):
    chance = np.random.default_rng(seed)
    outcome = chance.normal(100, 5, (9, 24)).cumsum(axis=1) / 10
    moved = outcome.copy()
    moved[-1, 18:] += effect
    for method in METHODS:
        gain = method(moved, 1, 18).effect - method(outcome, 1, 18).effect
        assert gain == pytest.approx(effect, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_weights_are_a_mixture_and_no_worse_than_equal_ones(seed):
    chance = np.random.default_rng(seed)
    matrix, target = chance.normal(size=(20, 7)), chance.normal(size=20)
    found = simplex.weights(matrix, target, zeta=0.1, least=1e-6, has_intercept=False)
    equal = np.full(7, 1 / 7)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    assert _loss(matrix, target, found) <= _loss(matrix, target, equal) + 1e-9


def test_a_unit_that_is_a_mixture_of_others_is_found_again():
    chance = np.random.default_rng(5)
    controls = chance.normal(50, 10, (6, 40))
    treated = 0.25 * controls[1] + 0.75 * controls[4]
    treated[30:] += 7
    fit = synthetic.synthetic_control(np.vstack([controls, treated]), 1, 30)
    assert fit.effect == pytest.approx(7, abs=0.05)
    assert fit.units[[1, 4]] == pytest.approx([0.25, 0.75], abs=0.01)


def test_the_jackknife_needs_two_treated_units(proposition_99):
    outcome, start = proposition_99
    with pytest.raises(Invalid, match="two treated units"):
        synthetic.jackknife_error(outcome, 1, start)
    assert synthetic.jackknife_error(outcome, 2, start) > 0


def test_a_panel_with_gaps_is_refused(proposition_99):
    outcome, start = proposition_99
    outcome = outcome.copy()
    outcome[3, 4] = np.nan
    with pytest.raises(Invalid, match="missing values"):
        synthetic.synthetic_control(outcome, 1, start)


def _with_one(case):
    outcome, start = case
    return outcome, 1, start


def _loss(matrix, target, x):
    return np.mean((matrix @ x - target) ** 2) + 0.01 * x @ x
