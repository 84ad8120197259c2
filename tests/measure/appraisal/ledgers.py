"""A ledger with money in it: one goal whose benefit is proven, one that is only claimed."""

from dataclasses import replace

from tests.measure.appraisal.entries import a_benefit, a_cost, a_value
from tests.measure.goals.given import (
    ADMIN,
    STATED,
    at,
    begun,
    counted_before,
    kept,
    published,
    step,
)

from citycommons.core.goals import CostKind, GoalId, Range, ValueId
from citycommons.measure.goals import ledger
from citycommons.store.work import City

GOAL = GoalId("fewer-cars")


def priced(city: City) -> None:
    """Cars fell from 100 a day to 70 after a lane was opened; hours won and spent have a value."""
    counted_before(city, begun(city, baseline=STATED, steps=(step(),)))
    hour = a_value("hour", amount=Range(low=8.0, likely=10.0, high=15.0))
    won = a_benefit(
        "won",
        goal=GOAL,
        quantity=Range(low=50.0, likely=100.0, high=200.0),
        first_year=2026,
        years=5,
    )
    staff = a_cost(
        "staff",
        goal=GOAL,
        kind=CostKind.STAFF,
        quantity=Range(low=20.0, likely=40.0, high=60.0),
        value=ValueId("hour"),
        first_year=2026,
    )
    fixed = [replace(one, revision=0) for one in (hour, won, staff)]
    kept(city, *fixed)
    at(city, "2026-03-31")
    published(city, [70.0, 60.0])
    with city.work(ADMIN) as work:
        ledger.measure(work, GOAL)
