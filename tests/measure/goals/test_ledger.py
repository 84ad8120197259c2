"""Keeping the ledger: who may, what has to hold, what stays."""

from dataclasses import replace
from datetime import date

import pytest
from tests.measure.goals.given import (
    ADMIN,
    BENEFIT,
    COST,
    COUNCIL,
    COUNTS,
    GOAL,
    KEEPER,
    ONE,
    PROBLEM,
    READER,
    STATED,
    VALUE,
    at,
    begun,
    changed,
    kept,
    published,
    step,
)

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.goals import Act, Range, Review, StudyLink, ValueId
from citycommons.core.study import ClaimClass
from citycommons.core.types import ANYONE, Access, Actor, PublisherId
from citycommons.govern import audit
from citycommons.measure.goals import ledger
from citycommons.store.work import City


@pytest.fixture
def city(any_city: City) -> City:
    at(any_city, "2026-01-10")
    return any_city


def faults(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {one["field"] for one in error.value.where["faults"]}


def test_what_is_kept_comes_back_and_is_written_into_the_audit_log(city: City) -> None:
    goal = begun(city)
    benefit, cost, value = kept(city, BENEFIT), kept(city, COST), kept(city, VALUE)
    with city.work(ADMIN, may_write=False) as work:
        assert ledger.problems(work) == (replace(PROBLEM, revision=1),)
        assert ledger.goals(work, PROBLEM.id) == (goal,)
        assert ledger.goal(work, goal.id) == goal
        assert ledger.benefits(work, goal.id) == (benefit,)
        assert ledger.costs(work, goal.id) == (cost,)
        assert ledger.unit_values(work) == (value,)
        said = [one for one in audit.entries(work) if one.action == "keep-ledger"]
    assert {one.thing for one in said} == {"cars", "fewer-cars", "quiet", "paint", "hour"}


def test_an_id_is_made_of_the_title_and_never_given_twice(city: City) -> None:
    ids = [kept(city, replace(PROBLEM, id="")).id for _ in range(3)]
    assert ids == ["too-many-cars", "too-many-cars-2", "too-many-cars-3"]
    with pytest.raises(Conflict, match="already"):
        kept(city, replace(PROBLEM, id=ids[0]))


@pytest.mark.parametrize("actor", [READER, COUNCIL, ANYONE])
def test_only_who_keeps_the_publishers_ledger_writes(city: City, actor: Actor) -> None:
    goal = begun(city)
    for thing in (goal, replace(BENEFIT, id=""), replace(COST, id=""), VALUE):
        with pytest.raises(Forbidden):
            kept(city, thing, by=actor, why="no")
    with pytest.raises(Forbidden), city.work(actor) as work:
        ledger.remove(work, goal.id, revision=1, why="no")
    with pytest.raises(Forbidden), city.work(actor) as work:
        ledger.measure(work, goal.id)


def test_a_data_officer_keeps_the_own_publishers_ledger_and_no_unit_values(city: City) -> None:
    kept(city, PROBLEM, by=KEEPER)
    with pytest.raises(Forbidden):
        kept(city, VALUE, by=KEEPER)
    with pytest.raises(Forbidden):
        kept(city, replace(PROBLEM, id="", publisher=PublisherId("parks")), by=KEEPER)
    with pytest.raises(Forbidden):  # nor is an entry given away, or taken
        changed(city, replace(PROBLEM, revision=1), by=KEEPER, publisher=PublisherId("parks"))


def test_public_goals_are_anyones_and_others_need_the_right(city: City) -> None:
    goal = begun(city, is_public=False)
    benefit = kept(city, BENEFIT)
    kept(city, COST)
    with city.work(ANYONE, may_write=False) as work:
        assert ledger.problems(work) == ledger.goals(work) == ledger.benefits(work) == ()
        assert ledger.costs(work) == ()
        for read in (ledger.goal, ledger.history, ledger.outcome, ledger.baseline_changes):
            with pytest.raises(NotFound):
                read(work, goal.id)
        with pytest.raises(NotFound):
            ledger.benefit(work, benefit.id)
    with city.work(COUNCIL, may_write=False) as work:
        assert (len(ledger.goals(work)), len(ledger.costs(work))) == (1, 1)
    changed(city, goal, is_public=True)
    with city.work(ANYONE, may_write=False) as work:
        assert (
            len(ledger.goals(work)) == len(ledger.problems(work)) == len(ledger.benefits(work)) == 1
        )
        assert ledger.costs(work) == ()
        with pytest.raises(Forbidden):
            ledger.cost(work, COST.id)
        # What it said while it was internal stays with those who could read it then.
        assert [one.thing.revision for one in ledger.history(work, goal.id)] == [2]
        assert {one.by for one in ledger.history(work, goal.id)} == {None}
    with city.work(COUNCIL, may_write=False) as work:
        assert [one.by for one in ledger.history(work, goal.id)] == ["ada", "ada"]


def test_every_fault_is_named_at_once(city: City) -> None:
    begun(city)
    bad = replace(
        BENEFIT,
        title={},
        beneficiaries={"xx": "?"},
        quantity=Range(low=3.0, likely=2.0, high=1.0),
        quantity_source=" ",
        value=ValueId("none"),
        attribution=Range(low=0.5, likely=1.0, high=1.5),
        deadweight=Range(low=float("nan"), likely=0.0, high=0.0),
        first_year=26,
        years=0,
        study=StudyLink(claim=ClaimClass.CAUSAL, link="javascript:alert(1)"),
    )
    with pytest.raises(Invalid) as error:
        kept(city, bad)
    assert faults(error) == {
        *("title", "beneficiaries", "quantity", "quantity_source", "value", "attribution"),
        *("deadweight", "first_year", "years", "study"),
    }


def test_a_goal_is_checked_whole(city: City) -> None:
    begun(city)
    asked = replace(GOAL.indicator, unit="cars per day", sql="select now() from elsewhere")
    bad = replace(
        GOAL,
        id="",
        problem="none",
        publisher=PublisherId("nobody"),
        indicator=asked,
        baseline=replace(STATED, source="", day=date(2027, 1, 1)),
        target=200.0,
        due=date(1066, 10, 14),
        steps=(replace(step(), last_day=date(2026, 1, 1)),),
        reviews=(Review(day=date(2026, 1, 1), seen=""),),
    )
    with pytest.raises(Invalid) as error:
        kept(city, bad)
    assert faults(error) == {
        *("problem", "publisher", "unit", "sql", "baseline", "target", "due", "steps", "reviews"),
    }


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("source", ""),
        ("source", "  "),
        ("currency", ""),
        ("currency", "EURO"),
        ("year", 0),
        ("price_year", 2031),
        ("country", "Italia"),
        ("unit", ""),
        ("amount", Range(low=2.0, likely=1.0, high=3.0)),
        ("link", "ftp://x"),
    ],
)
def test_no_unit_value_without_source_year_and_currency_is_saved(
    city: City, field: str, wrong: object
) -> None:
    with pytest.raises(Invalid) as error:
        kept(city, replace(VALUE, **{field: wrong}))
    assert faults(error) == {field}
    with city.work(ADMIN, may_write=False) as work:
        assert ledger.unit_values(work) == ()


def test_a_changed_value_is_a_new_revision_and_the_old_one_keeps_its_date(city: City) -> None:
    old = kept(city, VALUE)
    at(city, "2026-06-01")
    new = changed(city, old, amount=Range(low=4.0, likely=5.0, high=6.0))
    with city.work(ANYONE, may_write=False) as work:
        assert ledger.unit_value(work, VALUE.id) == new
        past = [(one.at.date(), one.thing) for one in ledger.history(work, VALUE.id)]
    assert past == [(date(2026, 6, 1), new), (date(2026, 1, 10), old)]


def test_values_out_of_date_or_unchecked_are_warned_about_wherever_they_are_used(
    city: City,
) -> None:
    begun(city)
    kept(city, replace(VALUE, expires=date(2026, 1, 10)))
    benefit = kept(city, replace(BENEFIT, value=VALUE.id))
    with city.work(ADMIN, may_write=False) as work:
        said = ledger.warnings_of(work, benefit)
        assert said == ledger.warnings_of(work, ledger.unit_value(work, VALUE.id))
    assert "out of date since 2026-01-10" in said[0]
    assert "not compared with its source" in said[1]


def test_who_saves_what_somebody_else_changed_is_told_what_to_do(city: City) -> None:
    goal = begun(city)
    changed(city, goal, owner="Office for Parks")
    with pytest.raises(Conflict, match="Load it again"):
        changed(city, goal, owner="Nobody")


def test_a_change_needs_its_reason(city: City) -> None:
    goal = begun(city)
    with pytest.raises(Invalid, match="why"):
        changed(city, goal, why=" ", owner="Office for Parks")


def test_removing_is_a_mark_that_can_be_undone(city: City) -> None:
    goal = begun(city)
    kept(city, BENEFIT)
    with pytest.raises(Conflict, match="needed by fewer-cars"), city.work(ADMIN) as work:
        ledger.remove(work, PROBLEM.id, revision=1, why="not ours")
    with pytest.raises(Invalid, match="why"), city.work(ADMIN) as work:
        ledger.remove(work, goal.id, revision=1, why="")
    with city.work(ADMIN) as work:
        ledger.remove(work, goal.id, revision=1, why="a mistake")
    with city.work(ADMIN) as work:
        assert ledger.goals(work) == ledger.benefits(work) == ()
        assert [row.thing.id for row in ledger.removed(work)] == [goal.id]
        with pytest.raises(NotFound):
            ledger.save(work, replace(goal, revision=2), "on")
        ledger.restore(work, goal.id, "not a mistake")
    with city.work(ADMIN, may_write=False) as work:
        assert len(ledger.goals(work)) == len(ledger.benefits(work)) == 1
        acts = [one.act for one in ledger.history(work, goal.id)]
    assert acts == [Act.RESTORED, Act.REMOVED, Act.SAVED]


def test_an_earlier_state_comes_back_as_the_next_one(city: City) -> None:
    goal = begun(city)
    changed(city, goal, owner="Nobody")
    with city.work(ADMIN) as work:
        back = ledger.go_back(work, goal.id, revision=1, why="it was right")
    assert back == replace(goal, revision=3)


def test_a_review_is_never_taken_back(city: City) -> None:
    goal = begun(city)
    with city.work(ADMIN) as work:
        goal = ledger.review(work, goal, seen="half as far as hoped", changes="a second lane")
    assert goal.reviews == (
        Review(day=date(2026, 1, 10), seen="half as far as hoped", changes="a second lane"),
    )
    with pytest.raises(Invalid, match="not changed or taken back"):
        changed(city, goal, reviews=())
    with city.work(ADMIN) as work:
        assert ledger.go_back(work, goal.id, revision=1, why="x").reviews == goal.reviews


def test_a_value_in_use_is_not_removed(city: City) -> None:
    begun(city)
    kept(city, VALUE)
    kept(city, replace(COST, value=VALUE.id))
    with pytest.raises(Conflict, match="paint"), city.work(ADMIN) as work:
        ledger.remove(work, VALUE.id, revision=1, why="old")


def test_a_public_goal_asks_open_data_only(city: City) -> None:
    begun(city)
    published(city, [1.0], id="secret", access=Access.INTERNAL)
    asked = replace(GOAL.indicator, datasets=("secret",), sql="select sum(cars) from secret")
    with pytest.raises(Invalid, match="not open to all"):
        kept(city, replace(GOAL, id="", indicator=asked))
    kept(city, replace(GOAL, id="", indicator=asked, is_public=False))


def test_costs_are_of_a_goal_a_dataset_or_a_publisher(city: City) -> None:
    begun(city)
    of_data = kept(city, replace(COST, id="", goal=None, dataset=COUNTS))
    of_all = kept(city, replace(COST, id="", goal=None))
    of_goal = kept(city, replace(COST, id=""))
    with pytest.raises(Invalid, match="one of them"):
        kept(city, replace(COST, id="", dataset=COUNTS))
    with city.work(ADMIN, may_write=False) as work:
        assert ledger.costs(work, datasets=[COUNTS]) == (of_data,)
        assert ledger.costs(work, GOAL.id) == (of_goal,)
        assert {one.id for one in ledger.costs(work)} == {of_data.id, of_all.id, of_goal.id}


def test_hostile_texts_are_refused_or_kept_as_they_are(city: City) -> None:
    words = "<script>alert('x')</script> \u202e\x00'; drop table ledger; --"
    if "\x00" in words:
        with pytest.raises(Invalid):
            kept(city, replace(PROBLEM, title={"en": words}))
    plain = words.replace("\x00", "")
    assert kept(city, replace(PROBLEM, title={"en": plain})).title["en"] == plain


def test_an_imaginary_range_never_reaches_the_store(city: City) -> None:
    begun(city)
    for amount in (float("inf"), float("-inf"), float("nan")):
        with pytest.raises(Invalid, match="finite"):
            kept(city, replace(BENEFIT, quantity=replace(ONE, high=amount)))
