"""A ledger for the web's tests: one public goal that is measured, appraised and costs money."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from tests.measure.appraisal.entries import a_benefit, a_cost, a_value
from tests.web.web_portal import ROADS, Portal, described

from citycommons.core.goals import (
    Baseline,
    Better,
    CostKind,
    Goal,
    GoalId,
    Indicator,
    Level,
    Problem,
    ProblemId,
    Range,
    Step,
    ValueId,
)
from citycommons.core.types import SYSTEM, DatasetId
from citycommons.measure import appraisal
from citycommons.measure.goals import ledger
from citycommons.store.work import City

GOAL = GoalId("fewer-calls")
CALLS = DatasetId("calls")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)

PROBLEM = Problem(
    id=ProblemId("missed-bins"),
    title={"en": "Residents miss the day of collection and call the city"},
    description={"en": "Paper calendars are out of date by spring."},
    publisher=ROADS,
    levels=frozenset({Level.CITY, Level.CITIZENS}),
)
OBJECTIVE = Goal(
    id=GOAL,
    problem=PROBLEM.id,
    title={"en": "Fewer calls about missed bins"},
    owner="Waste office",
    publisher=ROADS,
    indicator=Indicator(
        name={"en": "Calls a month"},
        unit="{call}/mo",
        better=Better.LOWER,
        datasets=(CALLS,),
        sql="select avg(calls) from calls",
    ),
    baseline=Baseline(
        value=420.0, day=datetime(2026, 1, 5, tzinfo=UTC).date(), source="call centre, January"
    ),
    target=200.0,
    due=datetime(2027, 6, 30, tzinfo=UTC).date(),
    steps=(
        Step(
            title={"en": "Publish the days as open data"},
            first_day=datetime(2026, 2, 1, tzinfo=UTC).date(),
            datasets=(CALLS,),
        ),
    ),
)


def at(city: City, moment: datetime) -> None:
    """Let the city's clock stand."""
    city.clock = lambda: moment


def calls(portal: Portal, values: list[float]) -> None:
    portal.publish(described("calls"), pa.table({"id": list(range(len(values))), "calls": values}))


def keep(city: City, *things: Any, why: str = "") -> Any:
    """Save entries; answers the last one."""
    with city.work(SYSTEM) as work:
        return [ledger.save(work, one, why) for one in things][-1]


def seeded(portal: Portal, *, release: bool = True) -> str:
    """The ledger as above, measured twice before, three times since; answers the appraisal's id."""
    city = portal.city
    at(city, datetime(2026, 1, 5, 12, tzinfo=UTC))
    calls(portal, [420.0])
    hour = a_value("hour", amount=Range(low=30.0, likely=38.0, high=52.0), is_checked=False)
    letter = a_value("letter", unit="{letter}", amount=Range(low=0.6, likely=0.8, high=0.95))
    kept = [replace(one, revision=0) for one in (hour, letter)]
    keep(city, PROBLEM, OBJECTIVE, *kept)
    saved = a_benefit(
        "calls-saved",
        title={"en": "Calls that nobody has to make or take"},
        beneficiaries={"en": "residents and the call centre"},
        goal=GOAL,
        value=ValueId("hour"),
        quantity=Range(low=250.0, likely=420.0, high=600.0),
        attribution=Range(low=0.4, likely=0.6, high=0.9),
        drop_off=Range(low=0.0, likely=0.05, high=0.2),
        first_year=2026,
        years=6,
        revision=0,
    )
    paper = a_benefit(
        "paper",
        title={"en": "Calendars that are not printed and mailed"},
        beneficiaries={"en": "the city"},
        goal=GOAL,
        value=ValueId("letter"),
        quantity=Range(low=20_000.0, likely=30_000.0, high=42_000.0),
        first_year=2027,
        years=5,
        is_expected=False,
        revision=0,
    )
    staff = a_cost(
        "staff",
        title={"en": "Keeping the data"},
        goal=GOAL,
        publisher=ROADS,
        kind=CostKind.STAFF,
        value=ValueId("hour"),
        quantity=Range(low=60.0, likely=100.0, high=180.0),
        first_year=2026,
        years=6,
        revision=0,
    )
    app = a_cost(
        "app",
        title={"en": "The app, first version"},
        goal=GOAL,
        publisher=ROADS,
        quantity=Range(low=9_000.0, likely=12_000.0, high=20_000.0),
        first_year=2026,
        revision=0,
    )
    keep(city, saved, paper, staff, app)
    before = [(1, 12, 424.0), (1, 19, 414.0)]
    for month, day, value in [*before, (3, 15, 380.0), (6, 15, 300.0), (10, 15, 260.0)]:
        at(city, datetime(2026, month, day, 12, tzinfo=UTC))
        calls(portal, [value, value + 4])
        with city.work(SYSTEM) as work:
            ledger.measure(work, GOAL)
    at(city, NOW + timedelta(minutes=1))
    with city.work(SYSTEM) as work:
        one = appraisal.appraise(work, GOAL, draws=2000, schedule="uk-green-book")
        if release:
            appraisal.release(work, one.id)
    return one.id
