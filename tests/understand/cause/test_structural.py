"""Structural time series against the paper's own program, and what must hold of any series."""

import numpy as np
import pytest

from citycommons.core.errors import Invalid
from citycommons.understand.cause import smoother
from citycommons.understand.cause.structural import Season, structural_time_series


def test_published_cases_come_out_as_from_the_papers_own_program(published):
    found = _posterior(published, draws=10_000).effect()
    theirs = published["r_output"]
    width = theirs["ci_upper"] - theirs["ci_lower"]
    assert abs(found.value - theirs["point_effect_mean"]) < max(0.02, 0.01 * abs(found.value))
    assert found.interval_95.low == pytest.approx(theirs["ci_lower"], abs=0.05 * width)
    assert found.interval_95.high == pytest.approx(theirs["ci_upper"], abs=0.05 * width)
    assert found.p < 0.01


def test_another_package_finds_the_same_effect(published):
    package = pytest.importorskip("causal_impact", reason="the peer package is not installed")
    pandas = pytest.importorskip("pandas", reason="the peer package needs pandas")
    data = published["data"]
    table = pandas.DataFrame({"y": data["y"], **data["x"]})
    start = published["n_pre"]
    theirs = package.CausalImpact(
        table, [0, start - 1], [start, len(table) - 1], model_args={"seed": 1, "niter": 5000}
    ).inferences["point_effect"]
    found = _posterior(published).effect()
    assert found.value == pytest.approx(theirs.iloc[-30:].mean(), abs=0.03)


def test_a_weekly_pattern_is_not_taken_for_an_effect():
    chance = np.random.default_rng(3)
    week = np.tile([0, 0.1, 0.2, 0.1, 0, -2, -3.0], 14)
    series = 10 + week + chance.normal(0, 0.2, 98)
    series[80:] += 1.0
    found = structural_time_series(series, 80, seasons=(Season(values=7),), seed=1).effect()
    assert found.interval_95.low < 1.0 < found.interval_95.high
    assert found.interval_95.high - found.interval_95.low < 0.6


def test_gaps_are_passed_over():
    chance = np.random.default_rng(4)
    series = 5 + chance.normal(0, 0.3, 120)
    series[90:] += 2
    whole = structural_time_series(series, 90, seed=1).effect()
    series[chance.choice(120, 30, replace=False)] = np.nan
    found = structural_time_series(series, 90, seed=1).effect()
    assert found.value == pytest.approx(whole.value, abs=0.25)


def test_only_series_that_help_get_weight():
    chance = np.random.default_rng(6)
    others = chance.normal(size=(150, 12))
    series = 3 * others[:, 2] + chance.normal(0, 0.2, 150)
    series[120:] += 1
    found = structural_time_series(series, 120, others=others, seed=2)
    weights = found.coefficients.mean(axis=0)
    assert weights[2] == pytest.approx(3, abs=0.15)
    assert np.abs(np.delete(weights, 2)).max() < 0.1
    assert found.effect().value == pytest.approx(1, abs=0.2)


def test_a_season_that_lasts_several_hours_moves_on_between_them():
    state = np.array([0.0, 1.0, 2.0, -3.0])
    offsets, lengths = np.array([1]), np.array([3])
    stays, moves = np.array([False]), np.array([True])
    smoother.turn(state, offsets, lengths, stays)
    assert state.tolist() == [0, 1, 2, -3]
    smoother.turn(state, offsets, lengths, moves)
    assert state.tolist() == [0, 0, 1, 2]


def test_the_smoother_agrees_with_the_direct_solution():
    chance = np.random.default_rng(8)
    y = chance.normal(size=12)
    y[[3, 9]] = np.nan
    noise, step, start = 0.7, 0.4, 1.3
    none = np.zeros(0, np.int64)
    found = smoother.smooth(
        y, noise, step, np.zeros(0), none, none, np.zeros((12, 0), bool), np.array([start])
    )[:, 0]
    steps = np.minimum.outer(np.arange(12), np.arange(12)) * step**2 + start**2
    there = np.isfinite(y)
    inner = steps[np.ix_(there, there)] + noise**2 * np.eye(there.sum())
    assert found == pytest.approx(steps[:, there] @ np.linalg.solve(inner, y[there]), abs=1e-10)


def test_too_little_to_learn_from_is_refused():
    with pytest.raises(Invalid, match="five values before"):
        structural_time_series(np.arange(10.0), 3)
    with pytest.raises(Invalid, match="without gaps"):
        structural_time_series(np.arange(20.0), 10, others=np.full((20, 1), np.nan))


def _posterior(case, draws=4000):
    data = case["data"]
    others = np.column_stack(list(data["x"].values())) if data["x"] else None
    start = case["n_pre"]
    return structural_time_series(np.array(data["y"]), start, others=others, seed=1, draws=draws)
