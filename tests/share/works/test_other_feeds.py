"""GeoJSON, NGSI-LD, Atom and alerts: what they say of works."""

from dataclasses import replace

import feedparser
import orjson
from google.transit import gtfs_realtime_pb2
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import NOW, STREET, delay, edition, example, works

from citycommons.core.works import Works, WorksId
from citycommons.share.works import atom, geojson, gtfs_rt, ngsi_ld
from citycommons.share.works.gtfs_rt import Touched

quick = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)


def test_geojson_says_restrictions_and_the_detour() -> None:
    one = example()
    found = orjson.loads(geojson.written([one], edition(delays={one.id: delay()})))
    kinds = [feature["properties"]["kind"] for feature in found["features"]]
    assert kinds == ["restriction", "restriction", "restriction", "detour"]
    first = found["features"][0]["properties"]
    assert first["effect"] == "closed"
    assert first["delay_minutes"] == [2.0, 4.0, 7.0]
    assert found["bbox"] == [7.6261, 51.9607, 7.6289, 51.9625]


@quick
@given(works())
def test_geojson_has_unique_ids(one: Works) -> None:
    found = orjson.loads(geojson.written([one], edition()))["features"]
    assert len({feature["id"] for feature in found}) == len(found)


def test_ngsi_ld_is_a_city_work_with_context_and_place() -> None:
    (found,) = orjson.loads(ngsi_ld.written([example()], edition()))
    assert found["id"] == "urn:ngsi-ld:CityWork:rw-1"
    assert found["location"]["value"]["type"] == "LineString"
    assert found["workState"]["value"] == "authorized"
    assert found["@context"][-1].startswith("https://uri.etsi.org/ngsi-ld/")
    assert found["startDate"]["value"]["@value"] == "2026-04-06T22:00:00Z"


@quick
@given(works())
def test_every_attribute_of_an_entity_is_a_property(one: Works) -> None:
    (found,) = orjson.loads(ngsi_ld.written([one], edition()))
    for name, value in found.items():
        if name not in ("id", "type", "@context"):
            assert value["type"] in ("Property", "GeoProperty")
            assert value["value"] not in ("", [], None)


@quick
@given(works())
def test_atom_is_read_by_a_feed_reader(one: Works) -> None:
    parsed = feedparser.parse(atom.written([one], edition(), "Road works", "/x.atom"))
    assert not parsed.bozo
    assert len(parsed.entries) == 1
    assert parsed.entries[0].summary_detail.type == "text/plain"


def test_stops_in_a_closed_street_are_touched_and_others_are_not() -> None:
    stops = {"in": (7.6268, 51.9609), "far": (7.64, 51.97), "end": STREET[-1]}
    found = gtfs_rt.stops_near([example()], stops)
    assert found == {WorksId("rw-1"): Touched(stops=("in", "end"))}


def test_an_alert_says_cause_effect_times_and_languages() -> None:
    one = example()
    touched = {one.id: Touched(routes=("14",), stops=("in",))}
    data = gtfs_rt.binary(gtfs_rt.message([one, example(id="rw-2")], edition(), touched))
    feed = gtfs_realtime_pb2.FeedMessage()
    feed.ParseFromString(data)
    (entity,) = feed.entity
    alert = entity.alert
    assert alert.cause == gtfs_realtime_pb2.Alert.CONSTRUCTION
    assert alert.effect == gtfs_realtime_pb2.Alert.DETOUR
    assert [e.route_id or e.stop_id for e in alert.informed_entity] == ["14", "in"]
    assert {t.language for t in alert.header_text.translation} == {"en", "de"}
    assert len(alert.active_period) == 11  # five weeks on end, and ten nights
    assert feed.header.timestamp == int(NOW.timestamp())
    late = replace(one, stays_open_to=frozenset({"bus"}))
    entity = gtfs_rt.message([late], edition(), touched).entity[0]
    assert entity.alert.effect == gtfs_realtime_pb2.Alert.SIGNIFICANT_DELAYS
