"""A matrix is moved by counts, not by faulty ones, and never further than they can tell."""

from dataclasses import replace

import numpy as np
import pytest
from tests.act.demand.msa import Msa, grid

from citycommons.act.assignment.types import Demand, Equilibrium
from citycommons.act.demand.calibrate import Prior, Settings, calibrate
from citycommons.act.demand.fit import geh, held_out, relative_error, rmse_percent
from citycommons.act.demand.types import Counter, Counts
from citycommons.act.network.types import Floats, Network
from citycommons.core.errors import Invalid

ZONES = 9


@pytest.fixture(scope="module")
def town() -> tuple[Network, Floats, Floats, Equilibrium]:
    """A network, its true matrix, a noisy prior, and the flows of the truth."""
    network = grid(5, ZONES)
    chance = np.random.default_rng(11)
    true = chance.gamma(2.0, 12.0, (ZONES, ZONES))
    np.fill_diagonal(true, 0.0)
    prior = true * chance.lognormal(0.0, 0.5, true.shape)
    return network, true, prior, Msa().solve(network, (Demand(true),), 1e-4, None)


def counted(flows: Equilibrium, share: float = 0.4, seed: int = 2) -> Counts:
    street = np.flatnonzero(flows.flow[: len(flows.flow) - 2 * ZONES] > 0)
    some = np.random.default_rng(seed).choice(street, int(share * len(street)), replace=False)
    return Counts(tuple(Counter(f"C{at}", (int(at),)) for at in some), flows.flow[some])


def distance(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).sum() / other.sum())


@pytest.mark.parametrize("kind", list(Prior))
def test_held_out_counters_are_met_better_and_the_truth_comes_nearer(
    town: tuple[Network, Floats, Floats, Equilibrium], kind: Prior
) -> None:
    network, true, prior, flows = town
    found = calibrate(network, prior, counted(flows), Msa(), settings=Settings(prior=kind))
    assert found.held_out_error < 0.8 * found.steps[0].held_out_error
    assert found.error < 0.8 * found.steps[0].error
    assert distance(found.trips, true) < distance(prior, true)


def test_nothing_moves_where_the_prior_explains_the_counts(
    town: tuple[Network, Floats, Floats, Equilibrium],
) -> None:
    network, true, _, flows = town
    assign = Msa()
    found = calibrate(network, true, counted(flows), assign, start=flows)
    assert found.prior_distance < 0.02
    assert found.scale == pytest.approx(1.0, abs=0.02)


def test_a_prior_of_half_the_trips_is_scaled_first(
    town: tuple[Network, Floats, Floats, Equilibrium],
) -> None:
    network, true, _, flows = town
    found = calibrate(network, true / 2, counted(flows), Msa())
    assert found.scale == pytest.approx(2.0, rel=0.1)
    assert found.trips.sum() == pytest.approx(true.sum(), rel=0.05)


def test_a_faulty_counter_hardly_moves_the_matrix_and_is_named(
    town: tuple[Network, Floats, Floats, Equilibrium],
) -> None:
    network, true, prior, flows = town
    counts = counted(flows)
    out = set(held_out([one.id for one in counts.counters], 0.2, 1))
    broken = next(at for at in np.argsort(-counts.flow) if at not in out and counts.flow[at] > 100)
    wrong = counts.flow.copy()
    wrong[broken] *= 6
    found = calibrate(network, prior, replace(counts, flow=wrong), Msa())
    assert [one.split(":")[0] for one in found.distrusted] == [counts.counters[broken].id]
    assert distance(found.trips, true) < distance(prior, true)
    assert found.held_out_error < 0.7 * found.steps[0].held_out_error


def test_a_counter_may_see_a_weighted_sum_of_links(
    town: tuple[Network, Floats, Floats, Equilibrium],
) -> None:
    network, _, prior, flows = town
    into = [np.flatnonzero(network.head == node) for node in range(ZONES, network.nodes)]
    counters = tuple(
        Counter(f"J{n}", tuple(int(a) for a in links), (0.5,) * len(links))
        for n, links in enumerate(into)
    )
    there = Counts(counters, np.zeros(len(counters))).seen(flows.flow)
    found = calibrate(network, prior, Counts(counters, there), Msa())
    assert found.error < 0.7 * found.steps[0].error


def test_what_counts_cannot_tell_is_said(
    town: tuple[Network, Floats, Floats, Equilibrium],
) -> None:
    network, _, prior, flows = town
    found = calibrate(network, prior, counted(flows, share=0.05), Msa())
    assert f"{ZONES * (ZONES - 1)} pairs of areas are unknown" in found.cannot_tell[0]
    assert any("pass no counter" in one for one in found.cannot_tell)
    assert np.isfinite(found.trips).all()
    assert (found.trips >= 0).all()


def test_seeing_and_spreading_out_are_adjoint() -> None:
    chance = np.random.default_rng(0)
    counters = tuple(
        Counter(str(n), tuple(map(int, chance.choice(50, 3, replace=False))), (1.0, 0.5, 2.0))
        for n in range(8)
    )
    counts = Counts(counters, np.zeros(8))
    flow, residual = chance.random(50), chance.random(8)
    assert counts.seen(flow) @ residual == pytest.approx(
        flow @ counts.spread_out(residual, 50), rel=1e-12
    )


def test_lots_of_held_out_counters_do_not_depend_on_the_others() -> None:
    ids = [f"C{n}" for n in range(50)]
    out = {ids[at] for at in held_out(ids, 0.2, 7)}
    assert len(out) == 10
    fewer = [one for one in ids if one != "C0"]
    assert len({fewer[at] for at in held_out(fewer, 0.2, 7)} & out) >= 9
    assert not len(held_out(ids[:4], 0.2, 7))


def test_geh_and_errors_are_the_published_ones() -> None:
    assert geh(np.array([120.0, 0.0]), np.array([100.0, 0.0])) == pytest.approx(
        [1.9069, 0.0], abs=1e-4
    )
    m, c = np.array([110.0, 190.0]), np.array([100.0, 200.0])
    assert rmse_percent(m, c) == pytest.approx(10 / 150)
    assert relative_error(m, c) == pytest.approx(np.sqrt(200 / 50_000))


@pytest.mark.parametrize(
    ("counter", "flow", "says"),
    [
        (Counter("A", (99_999,)), 5.0, "A stands on no link"),
        (Counter("A", ()), 5.0, "A stands on no link"),
        (Counter("A", (0,)), -1.0, "A counted -1"),
        (Counter("A", (0,)), float("nan"), "A counted nan"),
    ],
)
def test_broken_counts_are_refused_by_name(
    town: tuple[Network, Floats, Floats, Equilibrium], counter: Counter, flow: float, says: str
) -> None:
    network, _, prior, _ = town
    with pytest.raises(Invalid, match=says):
        calibrate(network, prior, Counts((counter,), np.array([flow])), Msa())


def test_the_last_steps_use_all_counters_and_what_was_held_out_was_judged_before(
    town: tuple[Network, Floats, Floats, Equilibrium],
) -> None:
    network, _, prior, flows = town
    counts = counted(flows)
    apart = calibrate(network, prior, counts, Msa())
    whole = calibrate(network, prior, counts, Msa(), settings=Settings(finish=5))
    out = held_out([one.id for one in counts.counters], 0.2, 1)
    kept = counts.only(out)
    assert whole.held_out_error == pytest.approx(apart.held_out_error)
    assert relative_error(kept.seen(whole.equilibrium.flow), kept.flow) < apart.held_out_error
