"""The ledgers of the demo cities: every figure comes of their published data, and says how."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from citycommons.core.goals import Claim, Goal, GoalId
from citycommons.core.settings import read_settings
from citycommons.core.types import ANYONE, SYSTEM
from citycommons.measure.goals import demo, ledger
from citycommons.measure.goals.outcomes import Pace
from citycommons.store.work import City

WAITING, STREET, CYCLING = (GoalId(id) for id in ("less-waiting", "safer-street", "more-cycling"))


@pytest.fixture(scope="module")
def ideal(ideal_home: Path) -> Iterator[City]:
    city = City.open(read_settings(ideal_home))
    yield city
    city.close()


def test_the_demo_finds_what_was_planted_and_no_more(ideal: City) -> None:
    with ideal.work(ANYONE, may_write=False) as work:
        found = ledger.outcomes(work, ledger.goals(work))
        claims = ledger.claims_of(work, ledger.benefits(work))
    # A second desk was planted: it leaves 0.62 of the people waiting.
    waiting = found[WAITING]
    assert waiting.latest is not None
    assert waiting.goal.baseline is not None
    assert waiting.latest.value / waiting.goal.baseline.value == pytest.approx(0.62, abs=0.03)
    assert waiting.pace is Pace.REACHED
    # Cycling grows by 8 % a year without anybody having done anything for it: nothing is claimed.
    cycling = found[CYCLING]
    values = [one.value for one in cycling.series]
    assert values[1] / values[0] == pytest.approx(1.08, abs=0.03)
    assert values[2] / values[1] == pytest.approx(1.08, abs=0.03)
    assert "Not yet measurable" in cycling.not_yet
    # The cycle lane does nothing (a negative control), and no study says that it did.
    assert found[STREET].pace is Pace.MISSED
    proven = {id for id, one in claims.items() if one.claim is not Claim.CLAIMED}
    assert proven == {"hours-not-waited"}


def test_an_auditor_finds_a_source_for_every_number_and_computes_each_again(ideal: City) -> None:
    with ideal.work(SYSTEM, may_write=False) as work:
        for goal in ledger.goals(work):
            assert goal.baseline is not None
            assert "@" in goal.baseline.source
        for kept in ledger.measurements(work).values():
            assert kept
            assert all(ledger.recompute(work, one.id).is_same for one in kept)
        for benefit in ledger.benefits(work):
            assert benefit.quantity_source.startswith("Measured: ")
        for cost in ledger.costs(work):
            assert "assumed" in cost.source
            assert "@" in cost.source
        for value in ledger.unit_values(work):
            assert value.is_checked or ledger.warnings_of(work, value)
        for problem in ledger.problems(work):
            assert "Demonstration" in problem.description["en"]


def test_that_a_baseline_was_set_afterwards_is_told_of_the_demo_too(ideal: City) -> None:
    with ideal.work(ANYONE, may_write=False) as work:
        assert len(ledger.baseline_changes(work, WAITING)) == 1
        assert ledger.baseline_changes(work, CYCLING) == ()


def test_building_twice_changes_nothing(ideal: City) -> None:
    with ideal.work(SYSTEM) as work:
        assert demo.build(work, "ideal") == ()
        assert demo.build(work, "elsewhere") == ()
        goal = ledger.goal(work, WAITING)
    assert isinstance(goal, Goal)
    assert goal.revision == 2


def test_without_its_data_a_goal_is_left_out(city: City) -> None:
    with city.work(SYSTEM) as work:
        assert demo.build(work, "ideal") == demo.build(work, "muenster") == ()
