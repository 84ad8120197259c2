"""Value of each dataset against its cost."""

from datetime import date

import pytest
from tests.measure.appraisal.entries import a_cost
from tests.measure.appraisal.ledgers import GOAL, priced
from tests.measure.goals.given import ADMIN, COUNCIL, READER, at, kept, published

from citycommons.core.copies import Certainty
from citycommons.core.goals import CostKind, Range, ValueId
from citycommons.core.types import Channel, ClientKind, DatasetId, Use
from citycommons.measure import appraisal
from citycommons.measure.appraisal.worth import Verdict, Worth, worth
from citycommons.store import usage
from citycommons.store.work import City

COUNTS = DatasetId("counts")


def used(city: City, id: str, requests: int, day: date, client: ClientKind) -> None:
    key = (id, 1, Use.REQUEST, Channel.API, client, day)
    with city.work(ADMIN) as work:
        usage.add_counts(work.db, {key: requests})


def cost_of(id: str, name: str = "upkeep", **said: object) -> object:
    usual = {"goal": None, "dataset": DatasetId(id), "first_year": 2026, "revision": 0}
    return a_cost(name, **(usual | said))


def table(city: City, **said: object) -> dict[str, Worth]:
    with city.work(COUNCIL, may_write=False) as work:
        return {one.dataset: one for one in worth(work, year=2026, **said)}  # type: ignore[arg-type]


def test_costs_of_a_year_stand_beside_uses_and_benefits(any_city: City) -> None:
    priced(any_city)
    with any_city.work(ADMIN) as work:
        appraisal.appraise(work, GOAL, draws=500)
    kept(
        any_city,
        cost_of("counts", years=3),
        cost_of(
            "counts",
            "hours",
            kind=CostKind.STAFF,
            value=ValueId("hour"),
            quantity=Range(low=1.0, likely=2.0, high=3.0),
        ),
    )
    found = table(any_city, elsewhere={COUNTS: {Certainty.REPORTED: 30, Certainty.ESTIMATED: 9}})
    one = found["counts"]
    assert one.goals == (GOAL,)
    (spent,) = one.costs
    assert (spent.currency, spent.amount.likely) == ("EUR", 500 + 2 * 10)
    (gained,) = one.benefits
    assert gained.amount.low < gained.amount.likely < gained.amount.high
    assert one.uses == one.requests + 30  # what is estimated is not added to what is told
    assert one.per_use is not None
    assert one.per_use.amount.likely == pytest.approx(520 / one.uses)
    assert one.verdict is Verdict.PROVEN


def test_a_dataset_that_costs_and_is_not_used_is_told_so(city: City) -> None:
    at(city, "2026-02-01")
    published(city, [1.0], id="silent")
    published(city, [1.0], id="loved")
    kept(city, cost_of("silent"))
    found = table(city)
    assert found["silent"].verdict is Verdict.UNUSED
    assert found["silent"].per_use is None
    assert "loved" not in found


def test_robots_and_other_years_are_no_use(city: City) -> None:
    at(city, "2026-02-01")
    published(city, [1.0], id="loved")
    for client, day in (
        (ClientKind.ROBOT, date(2026, 5, 1)),
        (ClientKind.PERSON, date(2025, 5, 1)),
        (ClientKind.PERSON, date(2027, 1, 1)),
    ):
        used(city, "loved", 7, day, client)
    assert "loved" not in table(city)
    used(city, "loved", 5, date(2026, 12, 31), ClientKind.MACHINE)
    assert table(city)["loved"].requests == 5
    assert table(city)["loved"].verdict is Verdict.USED


def test_costs_in_two_currencies_are_not_added(city: City) -> None:
    at(city, "2026-02-01")
    published(city, [1.0], id="two")
    kept(city, cost_of("two"), cost_of("two", "abroad", currency="GBP"))
    one = table(city)["two"]
    assert [money.currency for money in one.costs] == ["EUR", "GBP"]
    assert one.per_use is None


def test_who_may_not_read_the_ledger_sees_no_dataset(city: City) -> None:
    at(city, "2026-02-01")
    published(city, [1.0], id="two")
    kept(city, cost_of("two"))
    with city.work(READER, may_write=False) as work:
        assert worth(work, year=2026) == ()
