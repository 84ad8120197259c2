"""Unit values and templates that come with the program."""

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from tests.measure.goals.given import ADMIN, COUNCIL, KEEPER, ROADS, VALUE, at, kept, published

from citycommons.act.roadworks import facts
from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.goals import Claim, Range, ValueId
from citycommons.core.types import LANGUAGES
from citycommons.measure.goals import ledger, templates, values
from citycommons.measure.goals.checks import faults_of
from citycommons.store.work import City

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize("id", sorted(values.shipped()))
def test_every_shipped_value_has_source_year_currency_and_words(id: ValueId) -> None:
    value = values.shipped()[id]
    assert faults_of(value, TODAY) == []
    assert set(value.title) == set(LANGUAGES)
    assert (
        value.is_checked
        or "memory" in value.source
        or "secondary" in value.source
        or ("remembered" in value.source or "read" in value.source)
    )
    assert value.expires is not None or "By definition" in value.source


def test_one_accident_with_a_death_and_two_injured_in_italy() -> None:
    # Check C5 of the value research: the ministry's parameters of 2018, seen twice.
    known = values.shipped()
    death, injury, accident = (
        known[ValueId(f"it-road-{one}")].amount.likely for one in ("death", "injury", "accident")
    )
    assert death + 2 * injury + accident == 1_915_803


def test_the_value_of_a_vehicle_hour_is_the_one_that_forecasts_use() -> None:
    hour = values.shipped()[ValueId("eu-vehicle-hour")]
    assert hour.amount.likely == facts.value_of_time("EU-25").per_hour
    assert hour.price_year == facts.value_of_time("EU-25").year


def test_loaded_values_are_entries_that_a_city_revises(any_city: City) -> None:
    at(any_city, "2026-03-31")
    with pytest.raises(Forbidden), any_city.work(KEEPER) as work:
        values.load(work, ValueId("gb-letter"))
    with any_city.work(ADMIN) as work:
        (loaded,) = values.load(work, ValueId("it-road-death"))
        revised = ledger.save(work, replace(loaded, is_checked=True), "looked up in the decree")
        assert {one.id for one in values.load(work)} == set(values.shipped()) - {loaded.id}
        assert ledger.unit_value(work, loaded.id) == revised
        assert (
            "out of date"
            in ledger.warnings_of(work, ledger.unit_value(work, ValueId("gb-letter")))[0]
        )
        with pytest.raises(NotFound, match="comes with the program"):
            values.load(work, ValueId("gold"))


def test_the_parts_of_the_london_study_leave_a_gap_to_its_headline_that_is_stated() -> None:
    # Check C4: parts give 102-125, the headline 130.
    one = templates.template("tfl-open-data")
    assert (one.parts.low, one.parts.high) == (102.0, 125.0)
    assert one.shortfall == Range(low=5.0, likely=130 - 113.5, high=28.0)
    assert "5 to 28 are without a figure" in one.problem.description["en"]


@pytest.mark.parametrize("id", sorted(templates.templates()))
def test_a_template_becomes_a_ledger_that_claims_nothing(any_city: City, id: str) -> None:
    at(any_city, "2026-03-31")
    with any_city.work(ADMIN) as work:
        done = templates.start(work, id, ROADS)
    with any_city.work(COUNCIL, may_write=False) as work:
        assert ledger.goal(work, done.goal.id) == done.goal
        benefits = ledger.benefits(work, done.goal.id)
        assert {one.claim for one in ledger.claims_of(work, benefits).values()} <= {Claim.CLAIMED}
        for one in (*done.benefits, *done.costs):
            assert (one.quantity.high == 0) == ("Not filled in" in _source(one))
        assert (len(benefits), len(ledger.costs(work, done.goal.id))) == (
            len(done.benefits),
            len(done.costs),
        )


def _source(one: object) -> str:
    return str(getattr(one, "quantity_source", None) or getattr(one, "source", ""))


def test_a_template_asks_the_citys_own_data(city: City) -> None:
    at(city, "2026-03-31")
    days = pa.array([date(2025, 5, 1), date(2025, 6, 1), date(2024, 1, 1)])
    published(city, pa.table({"on": days, "bikes": [1, 0, 1]}), id="unfaelle")
    published(city, pa.table({"on": days, "n": [400, 600, 9]}), id="rad-zaehlung")
    given = {
        "crashes": "unfaelle",
        "crash_day": "on",
        "bicycles": "bikes",
        "counts": "rad-zaehlung",
        "count_day": "on",
        "cyclists": "n",
    }
    with city.work(ADMIN) as work:
        done = templates.start(work, "safer-cycling", ROADS, given)
        assert ledger.measure(work, done.goal.id).value == 100.0
        with pytest.raises(Invalid, match="Say what stands for"):
            templates.start(work, "safer-cycling", ROADS, {"crashes": "unfaelle"})
        with pytest.raises(Invalid, match="asks for"):
            templates.start(work, "safer-cycling", ROADS, {**given, "more": "x"})
        with pytest.raises(Invalid, match="There is no dataset"):
            templates.start(work, "safer-cycling", ROADS, {**given, "counts": 'x" ; drop'})


def test_an_unknown_template_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="leeds-bins"):
        templates.template("oslo")


def test_a_value_without_a_year_of_its_source_is_none(city: City) -> None:
    at(city, "2026-03-31")
    with pytest.raises(Invalid, match="is not between"):
        kept(city, replace(VALUE, year=0))
