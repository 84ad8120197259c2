"""Fixtures after OGC 18-088 (SensorThings 1.1): entity sets, expansion, data array, next links."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from tests.collect.services import asked, give, live, polite

from citycommons.collect.check import check_connector
from citycommons.collect.sensorthings import SensorThings
from citycommons.core.errors import Invalid, NotFound, TooMuch, Unavailable

START = datetime(2026, 3, 1, tzinfo=UTC)
ARRAYS = "http://www.opengis.net/spec/iot_sensing/1.1/req/data-array/data-array"


def thing(number: int) -> dict:
    place = {"@iot.id": number, "location": {"type": "Point", "coordinates": [7.6, 51.9]}}
    return {"@iot.id": number, "name": f"Station {number}", "Locations": [place]}


def observation(number: int) -> dict:
    moment = (START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
    return {"@iot.id": number, "phenomenonTime": moment, "result": number / 2}


class Service:
    """A service of 3 stations and 25 observations; it gives ten at once."""

    def __init__(self, origin) -> None:
        self.origin, self.observations = origin, [observation(n) for n in range(25)]
        self.lost, self.offers, self.loops, self.orders = 0, [], False, True
        self.knows: tuple[str, ...] = ("Datastream", "Locations")
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, query = asked(request)
        base = self.origin.url("/v1.1")
        if path == "/v1.1":
            sets = [{"name": n, "url": f"{base}/{n}"} for n in ("Things", "Observations")]
            give(request, {"value": sets, "serverSettings": {"conformance": self.offers}})
        elif path == "/v1.1/Things":
            self.page(request, path, query, [thing(n) for n in range(3)])
        elif path == "/v1.1/Observations":
            rows = self.observations
            if after := re.search(r"phenomenonTime gt (\S+Z)", query.get("$filter", "")):
                since = datetime.fromisoformat(after[1])
                rows = [o for o in rows if datetime.fromisoformat(o["phenomenonTime"]) > since]
            self.page(request, path, query, rows)
        else:
            give(request, {"message": "not found"}, status=404)

    def page(self, request, path: str, query: dict[str, str], rows: list[dict]) -> None:
        if "$orderby" in query and not self.orders:
            give(request, {"message": "cannot order"}, status=400)
            return
        if (expand := query.get("$expand", "")) and expand not in self.knows:
            give(request, {"message": f"cannot expand {expand}"}, status=400)
            return
        start = int(query.get("$skip", 0))
        chosen = rows[start : start + min(10, int(query.get("$top", 10)))]
        if expand == "Datastream":
            chosen = [one | {"Datastream": {"@iot.id": one["@iot.id"] % 2}} for one in chosen]
        said: dict = {"value": self.arrays(chosen) if "$resultFormat" in query else chosen}
        if "$count" in query:
            said["@iot.count"] = len(rows) + self.lost
        if start + 10 < len(rows):
            kept = {k: v for k, v in query.items() if k in ("$filter", "$expand", "$resultFormat")}
            following = "&".join(f"{k}={v}" for k, v in kept.items())
            skip = 0 if self.loops and start else start + 10
            link = f"{self.origin.url(path)}?$top=10&$skip={skip}&{following}"
            said["@iot.nextLink"] = link.replace(" ", "%20")
        give(request, said)

    def arrays(self, rows: list[dict]) -> list[dict]:
        return [
            {
                "Datastream@iot.navigationLink": self.origin.url(f"/v1.1/Datastreams({stream})"),
                "components": ["id", "phenomenonTime", "result"],
                "dataArray@iot.count": len(rows),
                "dataArray": [list(one.values()) for one in rows if one["@iot.id"] % 2 == stream],
            }
            for stream in (0, 1)
        ]


@pytest.fixture
def service(origin) -> Service:
    return Service(origin)


@pytest.fixture
def air(service, tmp_path) -> SensorThings:
    return SensorThings(
        url=service.origin.url("/v1.1"), parts=("observations", "things"), client=polite(tmp_path)
    )


def rows(parcels, part: str = "observations") -> list[dict]:
    found: list[dict] = []
    for parcel in parcels:
        if parcel.part == part and parcel.name.endswith("ndjson"):
            found += map(orjson.loads, parcel.path.read_bytes().splitlines())
        elif parcel.part == part:
            found += orjson.loads(parcel.path.read_bytes())["value"]
    return found


def test_each_set_is_a_table_and_observations_come_last(air):
    parcels = check_connector(air)
    assert [p.part for p in parcels] == ["things"] + ["observations"] * 3
    assert [one["@iot.id"] for one in rows(parcels)] == list(range(25))
    assert rows(parcels, "things") == [thing(n) for n in range(3)]
    assert parcels[1].name == "observations-00001.json"


def test_what_belongs_to_a_row_comes_along_as_far_as_the_service_can(air, service):
    assert {one["Datastream"]["@iot.id"] for one in rows(air.fetch())} == {0, 1}
    service.knows = ()
    assert "Datastream" not in rows(air.fetch())[0]


def test_a_service_that_knows_no_order_is_asked_without(air, service):
    service.orders = False
    parcels = check_connector(air)
    assert len(rows(parcels)) == 25
    assert "Datastream" in rows(parcels)[0]


def test_only_observations_after_the_last_come_later(air, service):
    parcels = list(air.fetch())
    assert [p.cursor for p in parcels] == ["", "", "", "2026-03-01T00:24:00.000000+00:00"]
    later = replace(air, since=parcels[-1].cursor)
    (nothing,) = later.fetch()  # the things, and the cursor stays
    assert (nothing.part, nothing.cursor) == ("things", parcels[-1].cursor)
    service.observations.append(observation(30))
    *_, new = later.fetch()
    assert [one["@iot.id"] for one in rows([new])] == [30]
    assert new.cursor == "2026-03-01T00:30:00.000000+00:00"


def test_late_observations_come_within_the_overlap(air):
    cursor = [p.cursor for p in air.fetch()][-1]
    late = replace(air, since=cursor, overlap="PT2M", parts=("observations",), filter="result gt 0")
    (parcel,) = late.fetch()
    assert [one["@iot.id"] for one in rows([parcel])] == [23, 24]
    assert parcel.cursor == cursor
    assert "%28result+gt+0%29+and+%28phenomenonTime+gt+2026-03-01T00%3A22" in parcel.origin


def test_a_span_is_followed_by_its_begin(air, service):
    service.observations = [
        {"@iot.id": n, "phenomenonTime": f"2026-03-01T0{n}:00:00Z/2026-03-01T0{n + 1}:00:00Z"}
        for n in range(3)
    ]
    assert [p.cursor for p in air.fetch()][-1] == "2026-03-01T02:00:00.000000+00:00"


def test_data_arrays_are_taken_where_they_are_offered(air, service):
    service.offers = [ARRAYS]
    parcels = check_connector(air)
    assert parcels[-1].name == "observations-00003.ndjson"
    assert parcels[-1].cursor == "2026-03-01T00:24:00.000000+00:00"
    found = sorted(rows(parcels), key=lambda one: one["@iot.id"])
    assert [one.pop("Datastream.@iot.id") for one in found] == [n % 2 for n in range(25)]
    assert found == service.observations
    assert parcels[-2].name == "observations-00002.ndjson"
    assert [p.name for p in replace(air, data_array=False).fetch()][-1].endswith(".json")


def test_fewer_than_counted_is_an_error(air, service):
    service.lost = 1
    with pytest.raises(Unavailable, match="promises"):
        list(air.fetch())


def test_bounds_hold(air, service):
    with pytest.raises(TooMuch, match="more than 15 rows"):
        list(replace(air, most_rows=15).fetch())
    service.loops = True
    with pytest.raises(Unavailable, match=r"same page again|in a circle"):
        list(air.fetch())


def test_what_is_not_there_says_so(air, service):
    with pytest.raises(NotFound, match="has no Sensors; it has Things, Observations"):
        list(replace(air, parts=("sensors",)).fetch())
    with pytest.raises(Invalid, match="“trees” is no part"):
        list(replace(air, parts=("trees",)).fetch())
    service.origin.answer = lambda request, _: give(request, {"hello": "there"})
    with pytest.raises(Invalid, match="no SensorThings service"):
        list(air.fetch())


@pytest.mark.parametrize("arrays", [True, False])
def test_a_live_service_gives_all_and_then_only_the_new(tmp_path, arrays):
    source = SensorThings(url=live("SENSORTHINGS"), data_array=arrays, client=polite(tmp_path))
    parcels = list(source.fetch())
    assert {p.part for p in parcels} == set(source.parts)
    found = rows(parcels)
    assert len({one["@iot.id"] for one in found}) == len(found) > 100
    assert rows(parcels, "datastreams")[0]["Thing"]["@iot.id"]
    assert parcels[-1].cursor == max(p.cursor for p in parcels) > "2026"
    later = list(replace(source, since=parcels[-1].cursor).fetch())
    assert rows(later) == []
    again = list(replace(source, since=parcels[-1].cursor, overlap="PT1H").fetch())
    assert 0 < len(rows(again)) < len(found)
