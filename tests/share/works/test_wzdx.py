"""WZDx: what is written is read again; the official examples are read; the broken is told."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import DETOUR, STREET, delay, edition, example, reader, works

from citycommons.core.errors import Invalid
from citycommons.core.types import ActorId
from citycommons.core.works import Effect, Works
from citycommons.share.works import wzdx

EXAMPLES = Path(__file__).parents[3] / "../shared/conformance/wzdx/examples/WorkZoneFeed"


def _read(data: bytes) -> tuple[Works, ...]:
    return tuple(replace(one, source="", source_id="") for one in wzdx.read(data, reader()).works)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(works())
def test_what_is_written_is_read_again(one: Works) -> None:
    public = replace(one, updated_by=ActorId("importer"))
    assert _read(wzdx.written([one], edition())) == (public,)


def test_a_closure_of_both_directions_is_two_events_in_driving_order() -> None:
    features = orjson.loads(wzdx.written([example()], edition()))["features"]
    there, back = features[:2]
    assert there["geometry"]["coordinates"] == [list(p) for p in STREET]
    assert back["geometry"]["coordinates"] == [list(p) for p in reversed(STREET)]
    assert there["properties"]["core_details"]["direction"] == "eastbound"
    assert back["properties"]["core_details"]["direction"] == "westbound"
    assert there["properties"]["vehicle_impact"] == "all-lanes-closed"


def test_nights_are_one_event_each_and_never_closed_by_day() -> None:
    features = orjson.loads(wzdx.written([example()], edition()))["features"]
    nights = [f for f in features if f["id"].startswith("rw-1.1.0.")]
    assert len(nights) == 10  # two weeks from Monday to Friday
    assert nights[0]["properties"]["start_date"] == "2026-05-11T20:00:00Z"
    assert nights[0]["properties"]["end_date"] == "2026-05-12T03:00:00Z"
    lanes = nights[0]["properties"]["lanes"]
    assert [lane["status"] for lane in lanes] == ["open", "closed"]


def test_ids_stay_when_a_day_has_passed() -> None:
    first = orjson.loads(wzdx.written([example()], edition()))["features"]
    later = example(revision=4)
    again = orjson.loads(wzdx.written([later], edition(made=later.updated)))["features"]
    assert [one["id"] for one in first] == [one["id"] for one in again]


def test_the_delay_is_told_in_the_description() -> None:
    one = example()
    data = orjson.loads(wzdx.written([one], edition(delays={one.id: delay()})))
    told = data["features"][0]["properties"]["core_details"]["description"]
    assert told.endswith("4 minutes longer, 90 % sure between 2 and 7.")


@pytest.mark.skipif(not EXAMPLES.exists(), reason="needs the official examples")
@pytest.mark.parametrize(
    ("scenario", "count"),
    [
        ("scenario1_simple_linestring", 5),
        ("scenario1_simple_multipoint", 5),
        ("scenario2_laneshift_linestring", 1),
        ("scenario3_shoulder_bidirectional_linestring", 2),
        ("scenario4_detour_linestring", 1),
        ("scenario5_recurring_linestring", 1),
        ("scenario6_multi_lane_closure_linestring", 1),
        ("scenario7_mobileoperation_linestring", 2),
        ("scenario8_local_access_only_bidirectional_linestring", 2),
    ],
)
def test_the_official_examples_are_read(scenario: str, count: int) -> None:
    data = (EXAMPLES / f"{scenario}_example.geojson").read_bytes()
    found = wzdx.read(data, reader()).works
    assert len(found) == count
    assert _read(wzdx.written(found, edition())) == tuple(
        replace(one, source="", source_id="") for one in found
    )


@pytest.mark.skipif(not EXAMPLES.exists(), reason="needs the official examples")
def test_lanes_days_and_detours_of_the_examples_are_understood() -> None:
    def one(scenario: str) -> Works:
        data = (EXAMPLES / f"{scenario}_example.geojson").read_bytes()
        utc = reader(zone=ZoneInfo("UTC"))
        return wzdx.read(data, utc).works[0]

    recurring = one("scenario5_recurring_linestring")
    first, rest = recurring.phases
    assert (first.first_day, first.opens, first.closes) == (date(2022, 1, 1), time(8, 30), time(17))
    assert (rest.first_day, rest.last_day, rest.opens) == (
        date(2022, 1, 2),
        date(2022, 1, 4),
        time(8),
    )
    detour = one("scenario4_detour_linestring")
    assert len(detour.detour) > 3
    assert detour.detour_words["en"].count("\n") == 2
    access = one("scenario8_local_access_only_bidirectional_linestring")
    assert access.stays_open_to == {"residents"}
    shift = one("scenario2_laneshift_linestring").phases[0].measures[0]
    assert (shift.effect, shift.lanes_open, shift.lanes_total) == (Effect.SPEED, 3, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"3",
        b'{"features": []}',
        b'{"feed_info": {"version": "3.1"}, "features": []}',
        b'{"feed_info": {"version": "4.2"}, "features": [3]}',
        b'{"feed_info": {"version": "4.2"}, "features": [{"id": "a", "properties": {"core_details":'
        b' {"event_type": "work-zone"}}, "geometry": {"coordinates": [[1, 2], ["x", 3]]}}]}',
        b'{"feed_info": {"version": "4.2"}, "features": [{"id": "a", "properties": {"core_details":'
        b' {"event_type": "work-zone"}}, "geometry": null}]}',
    ],
)
def test_what_is_no_such_feed_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        wzdx.read(data, reader())


def test_a_detour_is_in_its_own_event() -> None:
    features = orjson.loads(wzdx.written([example()], edition()))["features"]
    assert features[-1]["properties"]["core_details"]["event_type"] == "detour"
    assert features[-1]["geometry"]["coordinates"] == [list(p) for p in DETOUR]
