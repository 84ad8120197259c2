"""Feeds and pages of road works, as programs and people see them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pytest
import shapely
from google.transit import gtfs_realtime_pb2
from tests.share.works.works_given import STREET, example, reader
from tests.web.web_portal import HTML, JSON, Portal, described, open_portal

from citycommons.act.model.types import DayType
from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.feeds import KINDS
from citycommons.act.roadworks.types import Forecast, HourForecast, Money, Range
from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Channel, DatasetId, Grant, Role
from citycommons.core.works import Effect, Measure, Works, WorksState
from citycommons.measure import usage
from citycommons.share.works import datex2, wzdx
from citycommons.store import works_tables
from citycommons.store.work import City
from citycommons.web.faces.check import check_face
from citycommons.web.faces.roadworks import Roadworks

NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(tmp_path: Any, clock: Clock) -> Iterator[Portal]:
    settings = Settings(
        home=tmp_path / "home",
        name="Testville",
        timezone="Europe/Berlin",
        requests_per_minute=1_000_000,
        stops="stops",
    )
    city = City.create(settings, clock)
    yield open_portal(city)
    city.close()


def put(portal: Portal, one: Works, state: WorksState = WorksState.PERMITTED) -> Works:
    """The works in the register, taken to a state."""
    way = [WorksState.PROPOSED, WorksState.COORDINATED, WorksState.PERMITTED]
    way += [WorksState.ACTIVE, WorksState.CLOSED]
    with portal.city.work(SYSTEM) as work:
        made = register.propose(work, one)
        for step in way[1 : way.index(state) + 1]:
            made = register.advance(work, made.id, step)
        return register.get(work, made.id)


def forecast(works: Works) -> Forecast:
    small, minutes = Range(low=1, middle=2, high=3), Range(low=2.1, middle=4.2, high=7.3)
    hour = HourForecast(
        phase=0,
        day=DayType.WORKDAY,
        hour=8,
        delay=small,
        minutes_per_trip=minutes,
        drivers_changing=small,
        streets=(),
        pairs=(),
        no_alternative=(),
        co2=small,
        error=0.01,
        cpu_seconds=0.1,
    )
    money = Money(amount=small, currency="EUR", per_hour=1, source="s", year=2020, country="DE")
    return Forecast(
        id="fc-1",
        works=works.id,
        revision=works.revision,
        model="tm-1",
        seed=1,
        runs=24,
        created=NOW,
        hours=(hour,),
        total_delay=small,
        cost=money,
        co2=small,
        parking_lost=0,
        bus_lines=("11",),
        cycle_routes=(),
        correction=1.0,
        widening=1.0,
        notes=(),
    )


def keep_forecast(portal: Portal, works: Works) -> None:
    with portal.city.work(SYSTEM) as work:
        model = {"id": "tm-1", "created": NOW, "by": "system", "body": {}}
        work.db.execute(works_tables.traffic_models.insert().values(**model))
        kept.keep(work, forecast(works))


def test_it_is_a_face() -> None:
    check_face(Roadworks())


@pytest.mark.parametrize("name", KINDS)
def test_every_feed_answers_also_when_there_is_nothing(portal: Portal, name: str) -> None:
    answer = portal.client().get(f"/roadworks/feeds/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(KINDS[name].media)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert 'rel="license"' in answer.headers["link"]


def test_a_feed_says_what_is_permitted_and_nothing_that_is_only_planned(portal: Portal) -> None:
    one = put(portal, example())
    put(portal, example(), WorksState.COORDINATED)
    client = portal.client()
    found = datex2.read(client.get("/roadworks/feeds/datex2.xml").content, reader()).works
    assert [works.id for works in found] == [one.id]
    assert found[0].phases == one.phases
    found = wzdx.read(client.get("/roadworks/feeds/wzdx.json").content, reader()).works
    assert [works.id for works in found] == [one.id]
    assert b"system" not in client.get("/roadworks/feeds/datex2.xml").content


def test_closed_works_stay_a_week_and_then_leave(portal: Portal, clock: Clock) -> None:
    one = put(portal, example(), WorksState.CLOSED)
    last = one.last_day
    client = portal.client()

    def ids() -> list[str]:
        feed = orjson.loads(client.get("/roadworks/feeds/roadworks.geojson").content)
        return sorted({feature["properties"]["works"] for feature in feed["features"]})

    clock.now = datetime.combine(last, NOW.time(), UTC) + timedelta(days=6)
    assert ids() == [one.id]
    clock.now += timedelta(days=2)
    assert ids() == []


def test_a_client_that_has_the_feed_is_not_sent_it_again(portal: Portal) -> None:
    put(portal, example())
    client = portal.client()
    first = client.get("/roadworks/feeds/wzdx.json")
    again = client.get(
        "/roadworks/feeds/wzdx.json", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    put(portal, example())
    third = client.get(
        "/roadworks/feeds/wzdx.json", headers={"if-none-match": first.headers["etag"]}
    )
    assert third.status_code == 200


def test_what_the_address_says_besides_makes_no_other_feed(portal: Portal) -> None:
    put(portal, example())
    client = portal.client()
    tags = {
        client.get(f"/roadworks/feeds/feed.atom{query}").headers["etag"]
        for query in ("", "?x=1", "?utm_source=a&x=2")
    }
    assert len(tags) == 1
    assert b"utm_source" not in client.get("/roadworks/feeds/feed.atom?utm_source=a").content


def test_a_feed_is_had_for_a_street_an_area_or_one_works(portal: Portal) -> None:
    one = put(portal, example())
    other = put(portal, example(streets=("Hafenweg",)))
    client = portal.client()

    def ids(query: str) -> set[str]:
        feed = orjson.loads(client.get(f"/roadworks/feeds/roadworks.geojson?{query}").content)
        return {feature["properties"]["works"] for feature in feed["features"]}

    assert ids("street=wolbecker%20str.") == {one.id}
    assert ids(f"works={other.id}") == {other.id}
    assert ids("bbox=7.62,51.95,7.63,51.97") == {one.id, other.id}
    assert ids("bbox=1,1,2,2") == set()
    assert client.get("/roadworks/feeds/wzdx.json?bbox=here").status_code == 422
    assert client.get("/roadworks/feeds/wzdx.json?works=none").status_code == 404
    assert client.get("/roadworks/feeds/unknown.xml").status_code == 404


def test_waze_gets_only_what_keeps_its_rules_and_the_owner_reads_why(portal: Portal) -> None:
    good = put(portal, example())
    short = Measure(effect=Effect.CLOSED, line=STREET[:2])
    bad = replace(example(), phases=(replace(example().phases[0], measures=(short,)),))
    bad = put(portal, bad)
    feed = orjson.loads(portal.client().get("/roadworks/feeds/waze.json").content)
    assert {one["incident"]["id"].split(".")[0] for one in feed["incidents"]} == {good.id}
    page = (
        portal.browser(portal.actor("ada", Grant(role=Role.ADMINISTRATOR)))
        .get(f"/roadworks/{bad.id}", headers=HTML)
        .text
    )
    assert "not sent to Waze" in page
    assert "more than two" in page
    assert "not sent to Waze" not in portal.client().get(f"/roadworks/{bad.id}").text


def test_stops_in_the_street_are_alerted_and_their_reading_counts(portal: Portal) -> None:
    table = pa.table(
        {
            "stop_id": ["a", "b"],
            "place": pa.array(
                [shapely.to_wkb(shapely.Point(*p)) for p in (STREET[1], (7.7, 51.99))],
                pa.binary(),
            ),
        }
    )
    portal.publish(described("stops", key=("stop_id",)), table)
    calls = {"trip_id": ["t1", "t2"], "stop_id": ["a", "b"], "stop_sequence": [1, 1]}
    portal.publish(described("calls", key=("trip_id",)), pa.table(calls))
    trips = {"trip_id": ["t1", "t2"], "route_id": ["14", "15"]}
    portal.publish(described("trips", key=("trip_id",)), pa.table(trips))
    one = put(portal, example())
    feed = gtfs_realtime_pb2.FeedMessage()
    feed.ParseFromString(portal.client().get("/roadworks/feeds/alerts.pb").content)
    assert [entity.id for entity in feed.entity] == [one.id]
    entities = feed.entity[0].alert.informed_entity
    assert [e.route_id or e.stop_id for e in entities] == ["14", "a"]
    portal.city.usage.flush()
    with portal.city.work(SYSTEM) as work:
        assert usage.of_dataset(work, DatasetId("stops")).channels == {Channel.FEED: 1}


def test_the_page_tells_it_in_words_and_says_when_nothing_was_forecast(portal: Portal) -> None:
    one = put(portal, example(description={"en": "<script>alert(1)</script>"}))
    page = portal.client().get(f"/roadworks/{one.id}", headers=HTML).text
    assert "Permitted from 7 April 2026 to 22 May 2026." in page
    assert "Closed to motor traffic in both directions." in page
    assert "from 22:00 to 05:00 of the next day" in page
    assert "people on foot, bicycles" in page
    assert "No forecast has been made" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert f"/roadworks/feeds/calendar.ics?works={one.id}" in page
    assert "/roadworks/follow?street=Wolbecker" in page


def test_the_page_tells_the_forecast_as_a_range_with_source_and_date(portal: Portal) -> None:
    one = put(portal, example())
    keep_forecast(portal, one)
    client = portal.client()
    page = client.get(f"/roadworks/{one.id}", headers=HTML).text
    assert "4 minutes longer, 90 % sure between 2 and 7." in page
    assert "tm-1" in page
    assert b"<sit:delayTimeValue>252</sit:delayTimeValue>" in (
        client.get("/roadworks/feeds/datex2.xml").content
    )
    with portal.city.work(SYSTEM) as work:
        days = replace(one.phases[0], last_day=one.phases[0].last_day + timedelta(days=1))
        register.change(work, replace(one, phases=(days, one.phases[1])))
    assert "No forecast has been made" in client.get(f"/roadworks/{one.id}", headers=HTML).text


def test_a_program_gets_the_works_as_json_without_names_of_people(portal: Portal) -> None:
    one = put(portal, example())
    answer = portal.client().get(f"/roadworks/{one.id}", headers=JSON)
    assert answer.json()["id"] == one.id
    assert "updated_by" not in answer.json()


def test_works_that_are_only_proposed_are_not_there_for_the_public(portal: Portal) -> None:
    one = put(portal, example(), WorksState.PROPOSED)
    assert portal.client().get(f"/roadworks/{one.id}", headers=HTML).status_code == 404
    assert (
        portal.browser(portal.actor("ada", Grant(role=Role.ADMINISTRATOR)))
        .get(f"/roadworks/{one.id}", headers=HTML)
        .status_code
        == 200
    )


@pytest.mark.parametrize("language", ["en", "it", "fr", "de"])
def test_pages_answer_in_each_language(portal: Portal, language: str) -> None:
    one = put(portal, example())
    client = portal.client()
    for path in ("/roadworks", f"/roadworks/{one.id}"):
        answer = client.get(f"{path}?lang={language}", headers=HTML)
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text


def test_the_list_finds_a_street_however_it_is_spelled(portal: Portal) -> None:
    one = put(portal, example())
    client = portal.client()
    assert f"/roadworks/{one.id}" in client.get("/roadworks?street=Wolbeckerstr", headers=HTML).text
    assert "No works are known" in client.get("/roadworks?street=Nowhere", headers=HTML).text
