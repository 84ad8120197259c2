"""Parts of the prior are weighed against counts, each by itself and none below zero."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.demand.msa import Msa, grid

from citycommons.act.assignment.types import Demand
from citycommons.act.demand.calibrate import calibrate
from citycommons.act.demand.parts import factors
from citycommons.act.demand.types import Counter, Counts


@given(st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_factors_are_found_again_where_counts_tell_them(seed: int) -> None:
    chance = np.random.default_rng(seed)
    seen = chance.gamma(2, 100, (40, 4))
    true = chance.uniform(0.6, 1.4, 4)
    counted = seen @ true
    found = factors(seen, counted, np.full(40, 5.0))
    assert (found >= 0).all()
    np.testing.assert_allclose(found, true, atol=0.05)


def test_one_broken_counter_moves_no_factor_much() -> None:
    chance = np.random.default_rng(1)
    seen = chance.gamma(2, 100, (40, 3))
    counted = seen @ np.array([1.0, 0.8, 1.2])
    counted[7] *= 10
    found = factors(seen, counted, np.full(40, 5.0))
    np.testing.assert_allclose(found, [1.0, 0.8, 1.2], atol=0.1)


def test_what_no_counter_sees_is_scaled_as_the_whole() -> None:
    seen = np.array([[100.0, 0.0], [50.0, 0.0]])
    found = factors(seen, np.array([200.0, 100.0]), np.array([5.0, 5.0]))
    assert found == pytest.approx([2.0, 2.0], rel=0.01)


def test_parts_that_are_alike_move_together() -> None:
    seen = np.array([[100.0, 0.0, 0.0], [0.0, 0.0, 400.0]] * 3)
    counted = seen @ np.array([3.0, 1.0, 1.0])
    apart = factors(seen, counted, np.full(6, 1.0))
    tied = factors(seen, counted, np.full(6, 1.0), [(0, 1)])
    assert abs(tied[0] - tied[1]) < abs(apart[0] - apart[1])


def test_a_prior_with_a_wrong_direction_is_put_right_before_pairs_move() -> None:
    network = grid(5, 9)
    chance = np.random.default_rng(3)
    out = chance.gamma(2, 10, (9, 9)) * np.linspace(0.2, 2, 9)[:, None]
    true = 0.9 * out + 0.1 * out.T
    flow = Msa().solve(network, (Demand(true),), 1e-4, None).flow
    some = np.flatnonzero(flow[: network.links - 18] > 0)[::2]
    counts = Counts(tuple(Counter(f"C{at}", (int(at),)) for at in some), flow[some])
    parts = (0.5 * out, 0.5 * out.T)
    found = calibrate(network, sum(parts), counts, Msa(), parts=parts)  # type: ignore[arg-type]
    alone = calibrate(network, sum(parts), counts, Msa())  # type: ignore[arg-type]
    assert found.steps[0].error < 0.6 * alone.steps[0].error
