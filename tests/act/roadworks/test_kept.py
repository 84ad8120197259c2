"""Kept forecasts: evidence stays, variants are compared and thrown away."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from tests.act.roadworks.digs import CARL, PIA, WIM, dig, settle

from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.types import Forecast, Money, Range
from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.types import SYSTEM
from citycommons.core.works import Works
from citycommons.store.work import City
from citycommons.store.works_tables import traffic_models

NIL = Range(low=1.0, middle=2.0, high=3.0)


@pytest.fixture
def works(any_city: City) -> Works:
    settle(any_city)
    with any_city.work(SYSTEM) as work:
        row = {"id": "m1", "created": work.now, "by": "system", "body": {}}
        work.db.execute(insert(traffic_models).values(row))
    with any_city.work(WIM) as work:
        return register.propose(work, dig())


def forecast(works: Works | None, id: str = "f1") -> Forecast:
    return Forecast(
        id=id,
        works=works.id if works else None,
        revision=works.revision if works else None,
        model="m1",
        seed=1,
        runs=24,
        created=datetime(2026, 3, 31, tzinfo=UTC),
        hours=(),
        total_delay=NIL,
        cost=Money(amount=NIL, currency="EUR", per_hour=10.0, source="s", year=2020, country="DE"),
        co2=NIL,
        parking_lost=3,
        bus_lines=("11",),
        cycle_routes=(),
        correction=1.0,
        widening=1.0,
        notes=("lanes guessed",),
    )


def test_what_is_kept_comes_back_whole_with_its_question(any_city, works):
    with any_city.work(WIM) as work:
        kept.keep(work, forecast(works), question="phase=1")
        kept.keep(work, forecast(works, "f2"), variant="  one lane  open ", question="phase=2")
    with any_city.work(WIM) as work:
        found = {one.forecast.id: one for one in kept.of_works(work, works.id)}
        assert found["f1"].forecast.bus_lines == ("11",)
        assert found["f1"].forecast.total_delay == NIL
        assert (found["f2"].variant, found["f2"].question) == ("one lane open", "phase=2")
        assert kept.latest(work, works.id) == found["f1"]
        assert found["f1"].by == WIM.id


def test_the_same_forecast_under_another_name_is_renamed(any_city, works):
    with any_city.work(WIM) as work:
        kept.keep(work, forecast(works), variant="a")
        kept.keep(work, forecast(works), variant="b")
        assert [one.variant for one in kept.of_works(work, works.id)] == ["b"]


def test_only_the_owner_keeps_and_only_variants_are_thrown_away(any_city, works):
    with any_city.work(CARL) as work, pytest.raises(Forbidden):
        kept.keep(work, forecast(works))
    with any_city.work(PIA) as work, pytest.raises(NotFound):  # a proposal of another owner
        kept.keep(work, forecast(works))
    with any_city.work(WIM) as work:
        kept.keep(work, forecast(works))
        kept.keep(work, forecast(works, "f2"), variant="a")
        kept.discard(work, "f2")
        with pytest.raises(Invalid):
            kept.discard(work, "f1")
        assert [one.forecast.id for one in kept.of_works(work, works.id)] == ["f1"]
        with pytest.raises(NotFound):
            kept.get(work, "f2")


def test_a_forecast_of_no_works_is_not_kept(any_city, works):
    with any_city.work(WIM) as work, pytest.raises(Invalid):
        kept.keep(work, forecast(None))
