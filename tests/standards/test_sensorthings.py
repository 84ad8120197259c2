"""SensorThings as the world reads it: FROST's Python client and our own connector on a served city,
and the test purposes of the standard's executable test suite (ets-sta10), which are named here.
"""

import json
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from tests.serving import serving
from tests.web.sensing import COUNTERS, add_counters
from tests.web.web_portal import open_portal

from citycommons.collect.polite import Polite
from citycommons.collect.sensorthings import SensorThings
from citycommons.core.settings import Settings
from citycommons.share.sensorthings import names
from citycommons.store.work import City

OBSERVATIONS = 260  # values that are there
MANDATORY = {
    "Things": ("name", "description"),
    "Locations": ("name", "description", "encodingType", "location"),
    "HistoricalLocations": ("time",),
    "Datastreams": ("name", "description", "unitOfMeasurement", "observationType"),
    "Sensors": ("name", "description", "encodingType", "metadata"),
    "ObservedProperties": ("name", "definition", "description"),
    "Observations": ("phenomenonTime", "result", "resultTime"),
    "FeaturesOfInterest": ("name", "description", "encodingType", "feature"),
}
SETS = sorted(MANDATORY)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service of a served city."""
    home = tmp_path_factory.mktemp("sensors") / "home"
    city = City.create(Settings(home=home))
    add_counters(open_portal(city))
    city.close()
    (home / "city.toml").write_text("requests_per_minute = 1000000\n")
    with serving(home) as base:
        yield f"{base}/sensorthings/v1.1"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def got(http: httpx.Client, address: str, **options: str) -> Any:
    answer = http.get(address, params={f"${k}": v for k, v in options.items()} or None)
    assert answer.status_code == 200, (address, options, answer.text)
    return answer.json()


# FROST's client, which has a library of addresses tell it that a name of its own is old

pytestmark = pytest.mark.filterwarnings("ignore:furl.pathstr is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def frost(service: str) -> Any:
    client = pytest.importorskip("frost_sta_client", reason="FROST's client is not installed")
    return client.SensorThingsService(service)


def test_frosts_client_lists_things_with_what_belongs_to_them(frost: Any) -> None:
    latest = "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))"
    things = list(frost.things().query().expand(f"Locations,{latest}").list())
    assert [thing.name for thing in things] == list(COUNTERS.values())
    assert things[2].locations.entities[0].location["coordinates"] == [7.8, 51.9]
    last = [
        (stream.name, stream.observations.entities[0].result)
        for stream in things[0].datastreams.entities
    ]
    assert last == [("Cyclists, Bridge", 47), ("speed, Bridge", 12.5)]


def test_frosts_client_finds_an_entity_by_its_id_and_goes_on_from_there(frost: Any) -> None:
    stream = frost.datastreams().find("cycling@cyclists@c1")
    assert stream.unit_of_measurement.symbol == "{cyclists}/h"
    newest = stream.get_observations().query().orderby("phenomenonTime", "desc").top(2).list()
    assert [one.result for one in newest.entities] == [47, 46]
    one = frost.observations().find(newest.entities[0].id)
    assert (one.result, one.phenomenon_time) == (47, "2026-03-02T23:00:00Z")


def test_frosts_client_filters_and_follows_every_page(frost: Any) -> None:
    found = frost.observations().query().filter("Datastream/id eq 'cycling@speed@c2'").top(20)
    assert len(list(found.list())) == 48
    assert len(list(frost.observations().query().list())) == OBSERVATIONS
    near = "geo.distance(location, geography'POINT(7.7 51.9)') lt 0.01"
    assert [one.name for one in frost.locations().query().filter(near).list()] == ["Gate"]


def test_frosts_client_is_told_what_is_wrong(frost: Any, caplog: Any) -> None:
    from requests.exceptions import HTTPError

    with pytest.raises(HTTPError) as missing:
        frost.things().find("nobody")
    assert missing.value.response.status_code == 404
    with pytest.raises(HTTPError) as wrong:
        frost.things().query().filter("nothing eq 1").list()
    assert "nothing" in wrong.value.response.json()["message"]


# Our own connector


@pytest.mark.parametrize("data_array", [True, False])
def test_our_own_connector_brings_everything_home(
    service: str, tmp_path: Path, data_array: bool
) -> None:
    source = SensorThings(
        url=service,
        data_array=data_array,
        client=Polite(cache=tmp_path, allow_hosts=("127.0.0.1",)),
    )
    parcels = list(source.fetch())
    found: dict[str, list[Any]] = {}
    for parcel in parcels:
        content = parcel.path.read_bytes()
        rows = (
            [orjson.loads(line) for line in content.splitlines()]
            if parcel.name.endswith("ndjson")
            else json.loads(content)["value"]
        )
        found.setdefault(parcel.part, []).extend(rows)
    assert {part: len(rows) for part, rows in found.items()} == {
        "things": 3,
        "locations": 3,
        "datastreams": 6,
        "observed_properties": 2,
        "observations": OBSERVATIONS,
    }
    times = [one["phenomenonTime"] for one in found["observations"]]
    # Data arrays come by datastream, so only the pages are in the order of time.
    assert data_array or times == sorted(times)
    assert parcels[-1].cursor.startswith("2026-03-02T23:00:00")
    if data_array:
        streams = {one["Datastream.@iot.id"] for one in found["observations"]}
        assert "cycling@speed@c3" in streams
    later = SensorThings(
        url=service,
        parts=("observations",),
        since="2026-03-02T22:00:00+00:00",
        client=Polite(cache=tmp_path, allow_hosts=("127.0.0.1",)),
    )
    assert sum(p.path.read_bytes().count(b"2026-03-02T23:00:00Z") for p in later.fetch()) >= 5


# Purposes of ets-sta10


@pytest.mark.parametrize("set", SETS)
def test_get_entities_with_control_information_properties_and_relations(
    service: str, http: httpx.Client, set: str
) -> None:
    for one in got(http, f"{service}/{set}")["value"][:2]:
        assert one["@iot.id"]
        assert one["@iot.selfLink"].startswith(f"{service}/{set}(")
        assert all(one[name] is not None for name in MANDATORY[set])
        assert all(f"{name}@iot.navigationLink" in one for name in names.navigation(set))
        assert got(http, one["@iot.selfLink"]) == one


@pytest.mark.parametrize("set", SETS)
def test_get_a_nonexistent_entity(service: str, http: httpx.Client, set: str) -> None:
    assert http.get(f"{service}/{set}(9223372036854775807)").status_code == 404


@pytest.mark.parametrize("set", SETS)
def test_get_a_property_and_its_value(service: str, http: httpx.Client, set: str) -> None:
    one = got(http, f"{service}/{set}")["value"][0]
    for name in MANDATORY[set]:
        assert got(http, f"{one['@iot.selfLink']}/{name}") == {name: one[name]}
        raw = http.get(f"{one['@iot.selfLink']}/{name}/$value")
        assert raw.status_code == 200
        is_object = name in ("location", "feature", "unitOfMeasurement")
        assert raw.text.startswith("{") is is_object


@pytest.mark.parametrize("set", SETS)
def test_resource_paths_four_levels_deep_with_references(
    service: str, http: httpx.Client, set: str
) -> None:
    def follow(address: str, of: str, is_many: bool, level: int) -> None:
        told = got(http, address)
        if not is_many:
            return
        assert told["value"], address
        refs = got(http, f"{address}/$ref")["value"]
        assert all(list(ref) == ["@iot.selfLink"] for ref in refs)
        assert [ref["@iot.selfLink"] for ref in refs] == [
            one["@iot.selfLink"] for one in told["value"]
        ]
        if level == 4:
            return
        id = quote(told["value"][0]["@iot.id"].replace("'", "''"))
        for name, target in names.navigation(of).items():
            follow(f"{address}('{id}')/{name}", target, name in names.SETS, level + 1)

    follow(f"{service}/{set}", set, True, 1)


@pytest.mark.parametrize("set", SETS)
def test_select_gives_properties_and_relations_that_are_named(
    service: str, http: httpx.Client, set: str
) -> None:
    for name in MANDATORY[set]:
        one = got(http, f"{service}/{set}", select=name)["value"][0]
        assert list(one) == [name]
    for name in names.navigation(set):
        one = got(http, f"{service}/{set}", select=name)["value"][0]
        assert list(one) == [f"{name}@iot.navigationLink"]


@pytest.mark.parametrize("set", SETS)
def test_expand_one_level_and_two(service: str, http: httpx.Client, set: str) -> None:
    for name, target in names.navigation(set).items():
        one = got(http, f"{service}/{set}", expand=name, top="2")["value"][0]
        below = one[name][0] if name in names.SETS else one[name]
        assert all(below[known] is not None for known in MANDATORY[target])
        for deeper in names.navigation(target):
            one = got(http, f"{service}/{set}", expand=f"{name}/{deeper}", top="2")["value"][0]
            below = one[name][0] if name in names.SETS else one[name]
            assert below[deeper]
    every = ",".join(names.navigation(set))
    one = got(http, f"{service}/{set}", expand=every, top="1")["value"][0]
    assert all(name in one for name in names.navigation(set))


@pytest.mark.parametrize("set", SETS)
def test_top_skip_and_count_go_together(service: str, http: httpx.Client, set: str) -> None:
    whole = got(http, f"{service}/{set}", top="1000", count="true")
    size = whole["@iot.count"]
    assert size == len(whole["value"])
    assert "@iot.nextLink" not in whole
    one = got(http, f"{service}/{set}", top="1", count="false")
    assert "@iot.count" not in one
    assert ("@iot.nextLink" in one) is (size > 1)
    last = got(http, f"{service}/{set}", skip=str(size - 1))
    assert last["value"] == whole["value"][-1:]
    assert "@iot.nextLink" not in last
    assert got(http, f"{service}/{set}", skip=str(size))["value"] == []


@pytest.mark.parametrize("set", SETS)
def test_orderby_each_property_both_ways(service: str, http: httpx.Client, set: str) -> None:
    for name in MANDATORY[set]:
        if name in ("location", "feature", "unitOfMeasurement"):
            continue
        for way in ("", " asc", " desc"):
            found = got(http, f"{service}/{set}", orderby=name + way, top="1000")["value"]
            given = [one[name] for one in found]
            assert given == sorted(given, reverse=way == " desc")


@pytest.mark.parametrize("set", SETS)
def test_filter_compares_each_property(service: str, http: httpx.Client, set: str) -> None:
    whole = got(http, f"{service}/{set}", top="1000")["value"]
    for name in MANDATORY[set]:
        value = whole[0][name]
        if isinstance(value, dict):
            continue
        is_text = isinstance(value, str) and name != "time" and not name.endswith("Time")
        text = "'" + value.replace("'", "''") + "'" if is_text else value
        for sign in ("eq", "ne", "lt", "le", "gt", "ge"):
            asked = f"{name} {sign} {text}"
            found = got(http, f"{service}/{set}", filter=asked, top="1000")["value"]
            holds = getattr(operator, sign)
            expected = [one["@iot.id"] for one in whole if holds(one[name], value)]
            assert [one["@iot.id"] for one in found] == expected, asked


def test_a_data_array_names_its_components_and_counts(service: str, http: httpx.Client) -> None:
    told = got(http, f"{service}/Observations", count="true", top="3", resultFormat="dataArray")
    assert told["@iot.count"] == OBSERVATIONS
    assert "@iot.nextLink" in told
    for group in told["value"]:
        assert "Datastream@iot.navigationLink" in group
        assert {"id", *names.SETS["Observations"]} == set(group["components"])
        assert group["dataArray@iot.count"] == len(group["dataArray"])
        assert all(len(one) == len(group["components"]) for one in group["dataArray"])


GEO = [
    ("geo.distance({}, geography'POINT(7.8 51.95)') lt 0.1", {"c3"}),
    ("geo.distance({}, geography'POINT(7.8 51.95)') gt 0.1", {"c1", "c2"}),
    ("geo.intersects({}, geography'LINESTRING(7.5 51.9, 7.75 51.9)')", {"c1", "c2"}),
    ("geo.length({}) eq 0", {"c1", "c2", "c3"}),
    ("geo.length({}) gt 0", set()),
    (
        "st_contains(geography'POLYGON((7.5 51.5,7.5 52.5,7.75 52.5,7.75 51.5,7.5 51.5))', {})",
        {"c1", "c2"},
    ),
    ("st_crosses(geography'LINESTRING(7.5 51.9, 7.75 51.9)', {})", set()),
    (
        "st_disjoint({}, geography'POLYGON((7.5 51.5,7.5 52.5,7.75 52.5,7.75 51.5,7.5 51.5))')",
        {"c3"},
    ),
    ("st_equals({}, geography'POINT(7.6 51.9)')", {"c1"}),
    ("st_intersects({}, geography'LINESTRING(7.5 51.9, 7.65 51.9)')", {"c1"}),
    ("st_overlaps({}, geography'POINT(7.6 51.9)')", set()),
    ("st_relate({}, geography'POINT(7.6 51.9)', '0FFFFFFF2')", {"c1"}),
    ("st_touches({}, geography'LINESTRING(7.6 51.9, 7.6 52)')", {"c1"}),
    ("st_within({}, geography'POLYGON((7.5 51.5,7.5 52.5,7.65 52.5,7.65 51.5,7.5 51.5))')", {"c1"}),
]


@pytest.mark.parametrize(("condition", "expected"), GEO)
def test_functions_of_places(
    service: str, http: httpx.Client, condition: str, expected: set[str]
) -> None:
    for set_, path in (
        ("Locations", "location"),
        ("FeaturesOfInterest", "feature"),
        ("Things", "Locations/location"),
        ("Datastreams", "Thing/Locations/location"),
    ):
        found = got(http, f"{service}/{set_}", filter=condition.format(path))["value"]
        assert {one["@iot.id"].rpartition("@")[2] for one in found} == expected
    asked = condition.format("FeatureOfInterest/feature")
    observed = got(http, f"{service}/Observations", filter=asked, top="1000")["value"]
    assert {one["@iot.id"].split("@")[2] for one in observed} == expected


def test_qgis_asks_for_kinds_of_geometry_and_counts(service: str, http: httpx.Client) -> None:
    kind = "location/type eq '{0}' or location/geometry/type eq '{0}'"
    for name, count in (("Point", 3), ("Polygon", 0)):
        told = got(http, f"{service}/Locations", filter=kind.format(name), top="0", count="true")
        assert told == {"@iot.count": count, "value": []}
    box = "geo.intersects(location, geography'POLYGON((7.55 51,7.65 51,7.65 52,7.55 52,7.55 51))')"
    both = f"({kind.format('Point')}) and ({box})"
    assert len(got(http, f"{service}/Locations", filter=both, count="false")["value"]) == 1
