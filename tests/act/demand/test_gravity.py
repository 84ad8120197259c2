"""Gravity meets its totals and the length of trips that a survey tells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.act.demand.gravity import furness, gravity, gravity_by_distribution
from citycommons.act.network.types import Floats
from citycommons.core.errors import Invalid


def town(zones: int, seed: int) -> tuple[Floats, Floats, Floats]:
    chance = np.random.default_rng(seed)
    place = chance.uniform(0, 10, (zones, 2))
    cost = np.hypot(*(place[:, None] - place[None]).T)
    return chance.uniform(10, 100, zones), chance.uniform(10, 100, zones), cost


@given(st.integers(2, 12), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_rows_and_columns_sum_to_what_was_given(zones: int, seed: int) -> None:
    made, drawn, cost = town(zones, seed)
    drawn *= made.sum() / drawn.sum()
    trips, _ = furness(np.exp(-0.3 * cost), made, drawn)
    np.testing.assert_allclose(trips.sum(axis=1), made, rtol=1e-6)
    np.testing.assert_allclose(trips.sum(axis=0), drawn, rtol=1e-6)


@given(st.integers(6, 15), st.integers(0, 1000), st.floats(0.55, 0.95))
@settings(max_examples=25, deadline=None)
def test_the_mean_length_of_trips_comes_out(zones: int, seed: int, share: float) -> None:
    made, drawn, cost = town(zones, seed)
    flat = gravity(made, drawn, cost, beta=0.0).mean_cost
    steep = gravity(made, drawn, cost, beta=3.0).mean_cost
    wanted = steep + share * (flat - steep)
    found = gravity(made, drawn, cost, mean_cost=wanted)
    assert found.mean_cost == pytest.approx(wanted, rel=2e-3)
    assert (np.diag(found.trips) == 0).all()


def test_beta_is_found_again() -> None:
    made, drawn, cost = town(10, 4)
    known = gravity(made, drawn, cost, beta=0.4)
    assert gravity(made, drawn, cost, mean_cost=known.mean_cost).beta == pytest.approx(
        0.4, rel=1e-3
    )


def test_a_distribution_of_lengths_comes_out() -> None:
    made, drawn, cost = town(15, 5)
    edges = np.array([0.0, 2.0, 4.0, 6.0, 20.0])
    known = gravity(made, drawn, cost, beta=0.35).trips
    bins = np.clip(np.searchsorted(edges, cost, side="right") - 1, 0, 3)
    shares = np.bincount(bins.ravel(), known.ravel(), minlength=4) / known.sum()
    found = gravity_by_distribution(made, drawn, cost, edges, shares).trips
    got = np.bincount(bins.ravel(), found.ravel(), minlength=4) / found.sum()
    np.testing.assert_allclose(got, shares, atol=2e-3)


def test_what_no_matrix_can_meet_is_refused() -> None:
    with pytest.raises(Invalid, match="Zone 0: 5 trips start here"):
        furness(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([5.0, 5.0]), np.array([5.0, 5.0]))
    with pytest.raises(Invalid, match="sum to"):
        furness(np.ones((2, 2)), np.array([5.0, 5.0]), np.array([5.0, 6.0]))
    with pytest.raises(Invalid, match="cannot both be met"):
        furness(np.eye(2), np.array([5.0, 6.0]), np.array([6.0, 5.0]))
    with pytest.raises(Invalid, match="one of them"):
        gravity(np.ones(2), np.ones(2), np.ones((2, 2)))
