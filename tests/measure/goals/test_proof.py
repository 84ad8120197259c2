"""What is proven: marks of moved goals, computed claims, and what came of a goal."""

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from tests.measure.goals.given import (
    ADMIN,
    BENEFIT,
    COUNCIL,
    GOAL,
    PROBLEM,
    STATED,
    at,
    begun,
    changed,
    counted_before,
    kept,
    measured,
    published,
    step,
)

from citycommons.core.goals import Better, Claim, Goal, Grade, Indicator, StudyLink
from citycommons.core.study import ClaimClass
from citycommons.core.types import ANYONE, Actor, DatasetId
from citycommons.measure.goals import ledger
from citycommons.measure.goals.marks import After, BaselineChange, Changed
from citycommons.measure.goals.outcomes import Pace
from citycommons.store.evaluations import EvaluationRow
from citycommons.store.work import City

CAUSAL = StudyLink(claim=ClaimClass.CAUSAL, link="https://example.org/study", title="A trial")
DAILY = Indicator(
    name={"en": "Cars on the day"},
    unit="{car}/d",
    better=Better.LOWER,
    datasets=(DatasetId("counts"),),
    sql="select sum(cars) from counts where day = $day",
)


def marks(city: City, goal: Goal, actor: Actor = ANYONE) -> tuple[BaselineChange, ...]:
    with city.work(actor, may_write=False) as work:
        return ledger.baseline_changes(work, goal.id)


def proof(city: City, benefit: Any) -> ledger.Proof:
    with city.work(ANYONE, may_write=False) as work:
        return ledger.claim_of(work, ledger.benefit(work, benefit.id))


BASIS: dict[str, str] = {}
"""Which version the last course was measured on."""


def benefited(city: City, **new: Any) -> Any:
    """A benefit whose quantity comes of what the indicator measured."""
    source = f"the change of the indicator ({BASIS['pin']})"
    return kept(city, replace(BENEFIT, quantity_source=source, **new))


def course(city: City, values: dict[str, float], **goal: Any) -> Goal:
    """A goal that is measured day by day over one table; its step begins on 1 February 2026."""
    at(city, "2025-12-01")
    days = [date.fromisoformat(day) for day in values]
    published(city, pa.table({"day": pa.array(days), "cars": [*values.values()]}))
    given = {"indicator": DAILY, "steps": (step(),), **goal}
    made: Goal = kept(city, PROBLEM, replace(GOAL, **given))
    first, *rest = [date.fromisoformat(day) for day in values]
    at(city, "2026-01-15" if first < date(2026, 1, 15) else "2026-06-30")
    one = measured(city, made, day=first)
    with city.work(ADMIN) as work:
        made = ledger.set_baseline(work, one.id)
    BASIS["pin"] = one.inputs[0]
    at(city, "2026-06-30")
    for day in rest:
        measured(city, made, day=day)
    return made


UP = {"2025-09-01": 100.0, "2025-10-01": 104.0, "2025-11-01": 98.0, "2026-03-01": 80.0}


def test_a_baseline_changed_after_the_step_began_leaves_a_mark_that_everyone_sees(
    any_city: City,
) -> None:
    goal = begun(any_city, baseline=STATED, target=50.0, due=date(2027, 1, 1), steps=(step(),))
    goal = changed(any_city, goal, target=60.0)
    assert marks(any_city, goal) == ()  # before the step began anything may be made better
    at(any_city, "2026-02-01")
    lower = replace(STATED, value=120.0)
    goal = changed(any_city, goal, baseline=lower, why="the old count was wrong")
    (mark,) = marks(any_city, goal)
    assert (mark.what, mark.old, mark.new) == (Changed.BASELINE, STATED, lower)
    assert (mark.after, mark.since, mark.at.date()) == (
        After.STEP,
        date(2026, 2, 1),
        date(2026, 2, 1),
    )
    assert (mark.why, mark.by) == ("the old count was wrong", None)
    (named,) = marks(any_city, goal, COUNCIL)
    assert named.by == "ada"
    with any_city.work(ANYONE, may_write=False) as work:
        assert ledger.outcome(work, goal.id).changes == (mark,)


def test_no_way_around_leads_past_a_mark(city: City) -> None:
    goal = begun(city, baseline=STATED, target=50.0, due=date(2027, 1, 1), steps=(step(),))
    at(city, "2026-03-01")
    goal = changed(city, goal, steps=(step("2026-04-01"),))  # the step moved out of the way
    goal = changed(city, goal, is_public=False)  # out of sight meanwhile
    goal = changed(city, goal, baseline=replace(STATED, value=120.0))
    goal = changed(city, goal, baseline=None)
    goal = changed(city, goal, baseline=replace(STATED, value=130.0))
    goal = changed(city, goal, target=90.0, due=None, is_public=True)
    renamed = replace(goal.indicator, name={"en": "Cars an hour"})
    goal = changed(city, goal, indicator=renamed)
    with city.work(ADMIN) as work:
        ledger.remove(work, goal.id, revision=goal.revision, why="gone")
        ledger.restore(work, goal.id)
    found = marks(city, goal)
    assert [one.what for one in found] == [
        *(Changed.INDICATOR, Changed.TARGET, Changed.DUE),
        *(Changed.BASELINE, Changed.BASELINE, Changed.BASELINE, Changed.START),
    ]
    assert {one.since for one in found} == {date(2026, 2, 1)}


def test_after_the_first_measurement_a_change_is_marked_but_a_first_baseline_is_not(
    city: City,
) -> None:
    goal = begun(city)
    one = measured(city, goal)
    at(city, "2026-01-11")
    with city.work(ADMIN) as work:
        goal = ledger.set_baseline(work, one.id)
    assert marks(city, goal) == ()
    translated = replace(goal.indicator, name={**goal.indicator.name, "de": "Autos am Tag"})
    goal = changed(city, goal, indicator=translated, target=50.0)
    assert marks(city, goal) == ()
    goal = changed(city, goal, target=70.0)
    (mark,) = marks(city, goal)
    assert (mark.what, mark.after) == (Changed.TARGET, After.MEASUREMENT)
    assert mark.since == date(2026, 1, 10)


@pytest.mark.parametrize("wish", list(Claim))
@pytest.mark.parametrize("study", [None, CAUSAL])
def test_without_baseline_or_owner_a_benefit_stays_claimed_whatever_the_form_says(
    city: City, wish: Claim, study: StudyLink | None
) -> None:
    goal = begun(city, owner="", steps=(step("2025-12-24"),))
    measured(city, goal)
    benefit = kept(city, replace(BENEFIT, claim=wish, study=study))
    claim, grade, reasons = proof(city, benefit)
    assert claim is Claim.CLAIMED
    assert grade is (Grade.C if study else Grade.D)
    assert "Nobody answers for the goal." in reasons
    assert "The goal has no baseline." in reasons


def test_measured_needs_a_baseline_before_and_a_move_beyond_its_own_noise(any_city: City) -> None:
    course(any_city, UP)
    benefit = benefited(any_city)
    claim, grade, reasons = proof(any_city, benefit)
    assert (claim, grade) == (Claim.MEASURED, Grade.B)
    assert reasons == ("No study says that the action did it: something else may have.",)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({**UP, "2026-03-01": 110.0}, "did not move the right way"),
        ({**UP, "2026-03-01": 100.0}, "did not move the right way"),
        ({**UP, "2026-03-01": 95.0}, "no more than it did before the action"),
        ({"2025-09-01": 100.0}, "Nothing was measured since"),
        ({"2026-02-02": 100.0, "2026-03-01": 50.0}, "after the first step began"),
    ],
)
def test_what_keeps_a_benefit_from_being_measured_is_said(
    city: City, values: dict[str, float], said: str
) -> None:
    course(city, values)
    claim, grade, reasons = proof(city, benefited(city))
    assert (claim, grade) == (Claim.CLAIMED, Grade.D)
    assert any(said in one for one in reasons), reasons


def test_a_quantity_that_does_not_come_of_the_indicator_lowers_the_grade(city: City) -> None:
    course(city, UP, steps=(replace(step(), link="W-1"),))
    guessed = kept(city, BENEFIT)
    claim, grade, reasons = proof(city, guessed)
    assert (claim, grade) == (Claim.MEASURED, Grade.C)
    assert "stands on its own source" in reasons[0]
    study = evaluation(city, ClaimClass.CAUSAL)
    claim, grade, _ = proof(city, kept(city, replace(BENEFIT, id="", study=study)))
    assert (claim, grade) == (Claim.EVALUATED, Grade.B)


def test_with_too_few_values_before_nobody_can_tell(city: City) -> None:
    course(city, {"2025-09-01": 100.0, "2025-10-01": 101.0, "2026-03-01": 80.0})
    claim, grade, reasons = proof(city, benefited(city))
    assert (claim, grade) == (Claim.CLAIMED, Grade.D)
    assert "fewer than 3 values" in reasons[0]


def test_a_baseline_stated_after_the_action_began_proves_nothing(city: City) -> None:
    goal = begun(city, steps=(step("2026-01-05"),))
    changed(city, goal, baseline=STATED)
    at(city, "2026-02-01")
    published(city, [10.0])
    measured(city, goal)
    claim, _, reasons = proof(city, benefited(city))
    assert claim is Claim.CLAIMED
    assert any("was stated on 2026-01-10, after the first step" in one for one in reasons)


def test_a_baseline_that_is_first_set_afterwards_from_data_weakens_the_grade(city: City) -> None:
    goal = course(city, UP)
    with city.work(ADMIN) as work:
        goal = ledger.save(work, replace(goal, baseline=None), "wrong")
        first = ledger.measurements(work, goal.id)[goal.id][0]
        ledger.set_baseline(work, first.id)
    claim, grade, reasons = proof(city, benefited(city))
    assert (claim, grade) == (Claim.MEASURED, Grade.C)
    assert "baseline" in reasons[0]


def test_a_baseline_stated_before_the_action_began_is_enough(city: City) -> None:
    goal = begun(city, baseline=STATED, steps=(step(),))
    counted_before(city, goal)
    at(city, "2026-03-01")
    published(city, [10.0])
    measured(city, goal)
    claim, grade, reasons = proof(city, kept(city, BENEFIT))
    assert (claim, grade) == (Claim.MEASURED, Grade.C)
    assert "stated, not measured by the question" in " ".join(reasons)


def test_what_was_no_objective_is_not_proven_by_another_ones_indicator(city: City) -> None:
    goal = course(city, UP)
    surprise = benefited(city, is_expected=False)
    assert proof(city, surprise).claim is Claim.CLAIMED
    with city.work(ANYONE, may_write=False) as work:
        assert ledger.outcome(work, goal.id).unexpected == (surprise,)


def test_a_study_from_elsewhere_lifts_a_measured_benefit_and_says_what_it_is(city: City) -> None:
    course(city, UP)
    claim, grade, reasons = proof(city, benefited(city, study=CAUSAL))
    assert (claim, grade) == (Claim.EVALUATED, Grade.B)
    assert "cannot be computed again here" in reasons[0]
    weak = replace(CAUSAL, claim=ClaimClass.ASSOCIATIONAL)
    claim, grade, reasons = proof(city, benefited(city, id="", study=weak))
    assert (claim, grade) == (Claim.MEASURED, Grade.B)
    assert "associational" in reasons[0]


def evaluation(city: City, claim: ClaimClass, works: str = "W-1") -> StudyLink:
    """An evaluation of works as `act.roadworks` keeps them."""
    interval = {"low": -0.3, "middle": -0.2, "high": -0.1}
    counter = {
        "counter": "c",
        "at": "j",
        "place": None,
        "change": interval,
        "change_95": interval,
        "p": 0.01,
        "seen_per_day": 8.0,
        "would_per_day": 10.0,
        "total": interval,
        "by_kind_of_day": {},
        "by_hour": {},
        "others": {},
        "claim": claim.value,
        "reasons": [],
        "verdict": "traffic",
        "hours": [],
    }
    study = {
        "question": "?",
        "method": "m",
        "inputs": [],
        "assumptions": [],
        "findings": [],
        "claim": claim.value,
        "reasons": [],
        "made": "2026-05-01T00:00:00Z",
    }
    body = {
        "id": "e1",
        "works": works,
        "title": "Works",
        "forecast": None,
        "left_out": [],
        "first_day": "2026-02-01",
        "last_day": "2026-02-28",
        "counters": [counter],
        "study": study,
        "created": "2026-05-01T00:00:00Z",
    }
    from citycommons.store import evaluations

    with city.work(ADMIN) as work:
        row = EvaluationRow(
            id="e1", works=works, forecast=None, created=work.now, by=ADMIN.id, body=body
        )  # type: ignore[arg-type]
        evaluations.add(work.db, row)
    return StudyLink(claim=ClaimClass.CAUSAL, evaluation="e1")


def test_a_kept_causal_evaluation_of_the_goals_own_works_is_the_best_there_is(
    any_city: City,
) -> None:
    course(any_city, UP, steps=(replace(step(), link="/roadworks/W-1"),))
    study = evaluation(any_city, ClaimClass.CAUSAL)
    assert proof(any_city, benefited(any_city, study=study)) == (
        Claim.EVALUATED,
        Grade.A,
        (),
    )


def test_an_evaluation_of_other_works_or_of_a_lower_class_lifts_nothing(city: City) -> None:
    course(city, UP, steps=(replace(step(), link="W-2"),))
    other = evaluation(city, ClaimClass.CAUSAL)
    found = proof(city, benefited(city, study=other))
    assert found.claim is Claim.MEASURED
    assert "no step of this goal" in found.reasons[0]


def test_the_class_is_the_evaluations_own_and_not_the_links(city: City) -> None:
    course(city, UP, steps=(replace(step(), link="W-1"),))
    wished = evaluation(city, ClaimClass.ASSOCIATIONAL)
    found = proof(city, benefited(city, study=wished))
    assert found.claim is Claim.MEASURED
    assert "associational" in found.reasons[0]


def outcome(city: City, goal: Goal) -> ledger.Outcome:
    with city.work(ANYONE, may_write=False) as work:
        return ledger.outcome(work, goal.id)


def test_an_outcome_says_how_far_the_goal_is(any_city: City) -> None:
    goal = course(any_city, UP, target=50.0, due=date(2026, 12, 31))
    found = outcome(any_city, goal)
    assert (found.change, found.is_better, found.share) == (-20.0, True, 0.4)
    assert [one.value for one in found.series] == [*UP.values()]
    assert (found.pace, found.not_yet) == (Pace.ON_PACE, "")  # 28 of 333 days, 40 % of the way


@pytest.mark.parametrize(
    ("last", "due", "pace"),
    [
        (40.0, "2026-12-31", Pace.REACHED),
        (40.0, "2026-02-15", Pace.LATE),
        (99.0, "2026-12-31", Pace.BEHIND),
        (80.0, "2026-03-01", Pace.MISSED),
        (80.0, None, Pace.UNKNOWN),
    ],
)
def test_pace_against_the_due_date(city: City, last: float, due: str | None, pace: Pace) -> None:
    day = date.fromisoformat(due) if due else None
    goal = course(city, {**UP, "2026-03-01": last}, target=50.0, due=day)
    assert outcome(city, goal).pace is pace


def test_what_cannot_be_said_yet_is_said_as_such(city: City) -> None:
    goal = begun(city)
    assert outcome(city, goal).not_yet == "Not yet measurable: nothing was measured yet."
    measured(city, goal)
    assert "no baseline" in outcome(city, goal).not_yet
    goal = changed(city, goal, baseline=STATED)
    assert "no step has begun" in outcome(city, goal).not_yet
    goal = changed(city, goal, steps=(step(),))
    at(city, "2026-03-01")
    assert "nothing was measured since the first step" in outcome(city, goal).not_yet
    goal = changed(
        city, goal, indicator=replace(goal.indicator, sql="select max(cars) from counts")
    )
    assert "question changed" in outcome(city, goal).not_yet
