"""Rows of the ledger on each store: revisions, locks, removal with a way back, measurements."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from citycommons.core.errors import Conflict
from citycommons.core.goals import (
    Act,
    Baseline,
    Benefit,
    BenefitId,
    Better,
    Cost,
    CostId,
    CostKind,
    Goal,
    GoalId,
    Indicator,
    Level,
    Measurement,
    MeasurementId,
    Problem,
    ProblemId,
    Range,
    Review,
    Step,
    UnitValue,
    ValueId,
)
from citycommons.core.types import SYSTEM, ActorId, DatasetId, PublisherId
from citycommons.store import ledger
from citycommons.store.ledger import Saving
from citycommons.store.work import City

ROADS = PublisherId("roads")
ONE = Range(low=0.1, likely=1 / 3, high=1.0)
PROBLEM = Problem(
    id=ProblemId("cars"),
    title={"en": "Too many cars", "de": "Zu viele Autos"},
    description={},
    publisher=ROADS,
    levels=frozenset({Level.CITY, Level.CITIZENS}),
)
GOAL = Goal(
    id=GoalId("fewer-cars"),
    problem=PROBLEM.id,
    title={"en": "Fewer cars"},
    publisher=ROADS,
    indicator=Indicator(
        name={"en": "Cars a day"},
        unit="{car}/d",
        better=Better.LOWER,
        datasets=(DatasetId("counts"),),
        sql="select avg(n) from counts",
    ),
    baseline=Baseline(value=0.1 + 0.2, day=date(2026, 1, 1), source="counts@" + "a" * 64),
    target=2.0,
    due=date(2027, 1, 1),
    steps=(Step(title={"en": "A lane"}, first_day=date(2026, 2, 1)),),
    reviews=(Review(day=date(2026, 3, 1), seen="less"),),
)
BENEFIT = Benefit(
    id=BenefitId("quiet"),
    goal=GOAL.id,
    title={"en": "Quiet"},
    beneficiaries={"en": "residents"},
    quantity=ONE,
    quantity_source="a survey",
    first_year=2026,
)
COST = Cost(
    id=CostId("hours"),
    dataset=DatasetId("counts"),
    publisher=ROADS,
    title={"en": "Hours"},
    kind=CostKind.STAFF,
    quantity=ONE,
    source="the log",
    first_year=2026,
)
VALUE = UnitValue(
    id=ValueId("hour"),
    title={"en": "An hour"},
    unit="h",
    amount=ONE,
    currency="EUR",
    price_year=2020,
    country="IT",
    source="a table",
    year=2021,
    expires=date(2027, 1, 1),
)
THINGS = (PROBLEM, GOAL, BENEFIT, COST, VALUE)


@pytest.fixture
def city(any_city: City) -> City:
    return any_city


def saving(why: str = "new", minute: int = 0) -> Saving:
    return Saving(at=datetime(2026, 3, 31, 12, minute, tzinfo=UTC), by=ActorId("ada"), why=why)


def keep_all(city: City) -> None:
    with city.work(SYSTEM) as work:
        for one in THINGS:
            ledger.add(work.db, one, ROADS, saving())


def test_each_kind_comes_back_as_it_was_kept(city: City) -> None:
    keep_all(city)
    with city.work(SYSTEM, may_write=False) as work:
        for one in THINGS:
            row = ledger.get(work.db, one.id)
            assert row is not None
            assert row.thing == replace(one, revision=1)
            assert (row.publisher, row.removed) == (ROADS, None)
        assert set(ledger.of_ids(work.db, ["cars", "hour", "none"])) == {"cars", "hour"}
        assert ledger.get(work.db, "none") is None
        assert [one.id for one in ledger.find(work.db, Goal, parents=["cars"])] == ["fewer-cars"]
        assert [one.id for one in ledger.find(work.db, Benefit, parents=[GOAL.id])] == ["quiet"]
        of_counts = [ledger.parent_of_dataset(DatasetId("counts"))]
        assert [one.id for one in ledger.find(work.db, Cost, parents=of_counts)] == ["hours"]
        assert ledger.find(work.db, Benefit, parents=[]) == []


def test_an_id_is_given_once_even_when_the_entry_is_gone(city: City) -> None:
    keep_all(city)
    with city.work(SYSTEM) as work:
        ledger.save(work.db, replace(PROBLEM, revision=1), ROADS, saving("gone"), Act.REMOVED)
    with pytest.raises(Conflict, match="already"), city.work(SYSTEM) as work:
        ledger.add(work.db, PROBLEM, ROADS, saving())
    with city.work(SYSTEM, may_write=False) as work:
        assert ledger.taken(work.db, "ca") == {"cars"}
        assert ledger.taken(work.db, "c_") == frozenset()


def test_a_revision_follows_what_was_loaded_and_nothing_else(city: City) -> None:
    keep_all(city)
    mine = replace(GOAL, revision=1, target=1.0)
    with city.work(SYSTEM) as work:
        assert ledger.save(work.db, mine, ROADS, saving("mine", 1)).revision == 2
    with pytest.raises(Conflict, match="Load it again"), city.work(SYSTEM) as work:
        ledger.save(work.db, replace(mine, target=9.0), ROADS, saving("theirs", 2))
    with city.work(SYSTEM, may_write=False) as work:
        done = ledger.history(work.db, GOAL.id)
    assert [(one.why, one.thing) for one in done] == [
        ("mine", replace(mine, revision=2)),
        ("new", replace(GOAL, revision=1)),
    ]


def test_a_revision_never_changes_the_kind(city: City) -> None:
    keep_all(city)
    other = replace(VALUE, id=ValueId(GOAL.id), revision=1)
    with pytest.raises(Conflict), city.work(SYSTEM) as work:
        ledger.save(work.db, other, "", saving())


def test_removed_entries_are_left_out_and_come_back(city: City) -> None:
    keep_all(city)
    with city.work(SYSTEM) as work:
        gone = ledger.save(
            work.db, replace(GOAL, revision=1), ROADS, saving("by mistake", 1), Act.REMOVED
        )
    with city.work(SYSTEM) as work:
        assert ledger.find(work.db, Goal) == []
        assert ledger.find(work.db, Goal, with_removed=True) == [gone]
        row = ledger.get(work.db, GOAL.id)
        assert row is not None
        assert row.removed == saving(minute=1).at
        back = ledger.save(work.db, gone, ROADS, saving("it was right", 2), Act.RESTORED)
    with city.work(SYSTEM, may_write=False) as work:
        assert ledger.find(work.db, Goal) == [back]
        acts = [(one.thing.revision, one.act) for one in ledger.history(work.db, GOAL.id)]
    assert acts == [(3, Act.RESTORED), (2, Act.REMOVED), (1, Act.SAVED)]


def test_measurements_come_back_by_day_to_the_last_bit(city: City) -> None:
    keep_all(city)

    def made(id: str, day: int, value: float) -> Measurement:
        return Measurement(
            id=MeasurementId(id),
            goal=GOAL.id,
            at=saving().at,
            day=date(2026, 1, day),
            value=value,
            inputs=("counts@" + "a" * 64,),
            by=ActorId("ada"),
        )

    later, first = made("m1", 2, 1e-310), made("m2", 1, 0.1 + 0.7)
    with city.work(SYSTEM) as work:
        ledger.add_measurement(work.db, later)
        ledger.add_measurement(work.db, first)
    with city.work(SYSTEM, may_write=False) as work:
        assert ledger.measured(work.db, [GOAL.id, GoalId("none")]) == {GOAL.id: [first, later]}
        assert ledger.measurement(work.db, first.id) == first
        assert ledger.measurement(work.db, MeasurementId("none")) is None
