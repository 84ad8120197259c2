"""A small ledger to start from: counts of cars in two versions, one problem, one goal."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from citycommons.core.goals import (
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
    Problem,
    ProblemId,
    Range,
    Step,
    UnitValue,
    ValueId,
)
from citycommons.core.types import (
    Access,
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Grant,
    PublisherId,
    Role,
)
from citycommons.measure.goals import ledger
from citycommons.share.publish import prepare, publish
from citycommons.store.work import City

ROADS = PublisherId("roads")
COUNTS = DatasetId("counts")
SQL = "select avg(cars) from counts"
ONE = Range(low=1.0, likely=2.0, high=3.0)

PROBLEM = Problem(
    id=ProblemId("cars"), title={"en": "Too many cars"}, description={}, publisher=ROADS
)
GOAL = Goal(
    id=GoalId("fewer-cars"),
    problem=PROBLEM.id,
    title={"en": "Fewer cars"},
    owner="Office for Roads",
    publisher=ROADS,
    indicator=Indicator(
        name={"en": "Cars a day"},
        unit="{car}/d",
        better=Better.LOWER,
        datasets=(COUNTS,),
        sql=SQL,
    ),
)
BENEFIT = Benefit(
    id=BenefitId("quiet"),
    goal=GOAL.id,
    title={"en": "Quiet"},
    beneficiaries={"en": "residents"},
    quantity=ONE,
    quantity_source="a survey of 2026",
    first_year=2026,
)
COST = Cost(
    id=CostId("paint"),
    goal=GOAL.id,
    publisher=ROADS,
    title={"en": "Paint"},
    kind=CostKind.OTHER,
    quantity=ONE,
    source="bill 17",
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
    source="a table of the ministry",
    year=2021,
)
STATED = Baseline(value=100.0, day=date(2025, 12, 1), source="counted by hand in December")


def step(first: str | None = "2026-02-01") -> Step:
    return Step(title={"en": "A lane"}, first_day=date.fromisoformat(first) if first else None)


def person(id: str, *roles: Role, publisher: str | None = "roads") -> Actor:
    where = None if publisher is None else PublisherId(publisher)
    grants = tuple(Grant(role=role, publisher=where) for role in roles)
    return Actor(id=ActorId(id), name=id.title(), grants=grants)


KEEPER = person("kim", Role.DATA_OFFICER)
ADMIN = person("ada", Role.ADMINISTRATOR, publisher=None)
COUNCIL = person("cora", Role.COUNCIL, publisher=None)
READER = person("rita", Role.READER)


def at(city: City, day: str) -> None:
    """Let the city's clock stand at noon of a day."""
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    city.clock = lambda: moment.replace(hour=12)


def published(
    city: City, table: pa.Table | list[float], *, id: str = "counts", access: Access = Access.PUBLIC
) -> int:
    """Publish a version; answers its number."""
    if not isinstance(table, pa.Table):
        table = pa.table({"cars": pa.array(table, pa.float64())})
    dataset = Dataset(
        id=DatasetId(id), title={"en": id}, publisher=ROADS, license="CC0-1.0", access=access
    )
    prepared = prepare(city.lake, dataset, table)
    with city.work(ADMIN) as work:
        return publish(work, dataset, prepared).version.number


def kept(city: City, *things: Any, by: Actor = ADMIN, why: str = "") -> Any:
    """Save new entries in their order; answers the last one as it is kept."""
    with city.work(by) as work:
        return [ledger.save(work, one, why) for one in things][-1]


def changed(
    city: City, thing: Any, why: str = "better known", by: Actor = ADMIN, **new: Any
) -> Any:
    """Save an entry with some of it changed."""
    return kept(city, replace(thing, **new), by=by, why=why)


def begun(city: City, **goal: Any) -> Goal:
    """A problem and a goal over one version of the counts, in January 2026."""
    at(city, "2026-01-10")
    published(city, [100.0, 90.0])
    found: Goal = kept(city, PROBLEM, replace(GOAL, **goal))
    return found


def measured(city: City, goal: Goal, by: Actor = ADMIN, **asked: Any) -> Any:
    with city.work(by) as work:
        return ledger.measure(work, goal.id, **asked)


def counted_before(city: City, goal: Goal) -> None:
    """Two more measurements in January 2026: the indicator's own ups and downs are known."""
    for day, cars in (("2026-01-15", 101.0), ("2026-01-20", 99.0)):
        at(city, day)
        published(city, [cars])
        measured(city, goal)
