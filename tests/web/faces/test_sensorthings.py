"""SensorThings over datasets, as clients ask it: paths, options, counts, rights and errors."""

import operator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.sensing import (
    COUNTERS,
    HOURS,
    add_counters,
    relabelled,
    relabelled_places,
    renamed,
)
from tests.web.web_portal import ROADS, Client, Portal, described, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import Access, Channel, Grant, Role
from citycommons.store import usage
from citycommons.store.work import City
from citycommons.web.faces.check import check_face
from citycommons.web.faces.sensorthings import SensorThings

ROOT = "/sensorthings/v1.1"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("sensors") / "home"
    city = City.create(Settings(home=home, requests_per_minute=1_000_000))
    made = open_portal(city)
    add_counters(made)
    yield made
    city.close()


@pytest.fixture
def client(portal: Portal) -> Client:
    return portal.client(accept="application/json")


def ask(client: Client, path: str, status: int = 200, **options: str) -> Any:
    """The answer to a path with options, such as `filter="result gt 5"`."""
    params = {f"${name}": value for name, value in options.items()}
    answer = client.get(f"{ROOT}/{quote(path)}", params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


def values(client: Client, path: str, **options: str) -> list[Any]:
    found: list[Any] = ask(client, path, **options)["value"]
    return found


def test_the_face_keeps_to_what_faces_keep_to() -> None:
    assert len(check_face(SensorThings())) == 2


def test_the_service_lists_its_sets_and_what_it_conforms_to(client: Client) -> None:
    told = client.get(ROOT).json()
    assert [one["name"] for one in told["value"]] == [
        *("Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors"),
        *("ObservedProperties", "Observations", "FeaturesOfInterest"),
    ]
    assert all(client.get(one["url"]).status_code == 200 for one in told["value"])
    assert any("data-array" in one for one in told["serverSettings"]["conformance"])


def test_a_station_is_a_thing_with_the_name_and_place_that_another_dataset_gives_it(
    client: Client,
) -> None:
    things = values(client, "Things", expand="Locations")
    assert [one["name"] for one in things] == list(COUNTERS.values())
    assert things[1]["Locations"][0]["location"]["coordinates"] == [7.7, 51.9]


def test_a_measured_column_at_a_station_is_a_datastream_with_its_unit_and_span(
    client: Client,
) -> None:
    stream = values(client, "Datastreams", filter="Thing/name eq 'Gate'")[0]
    assert stream["name"] == "Cyclists, Gate"
    assert stream["unitOfMeasurement"]["symbol"] == "{cyclists}/h"
    assert stream["phenomenonTime"] == "2026-03-01T00:00:00Z/2026-03-02T23:00:00Z"
    assert stream["observationType"].endswith("OM_CountObservation")


def test_every_link_of_every_entity_leads_somewhere(client: Client) -> None:
    for set in client.get(ROOT).json()["value"]:
        one = client.get(set["url"], params={"$top": "1"}).json()["value"][0]
        links = [value for name, value in one.items() if name.endswith("Link")]
        assert len(links) >= 2
        for link in links:
            assert client.get(link).status_code == 200, link
        assert client.get(one["@iot.selfLink"]).json() == one


def test_observations_are_the_values_that_are_there_and_their_count_is_exact(
    client: Client,
) -> None:
    expected = [i for i in range(3 * HOURS) if i % 5 != 4]
    told = ask(
        client,
        "ObservedProperties('cycling@cyclists')/Datastreams",
        expand="Observations($count=true;$top=0)",
    )
    assert sum(one["Observations@iot.count"] for one in told["value"]) == len(expected)
    found, path = (
        [],
        f"{ROOT}/Observations?$count=true&$top=50&$filter="
        + quote("Datastream/ObservedProperty/id eq 'cycling@cyclists'"),
    )
    while path:
        page = client.get(path).json()
        assert page["@iot.count"] == len(expected)
        found += [one["result"] for one in page["value"]]
        path = page.get("@iot.nextLink", "")
    assert found == expected


def test_the_last_value_of_every_datastream_comes_in_one_question(client: Client) -> None:
    things = values(
        client,
        "Things",
        expand="Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))",
    )
    last = {
        stream["@iot.id"]: stream["Observations"][0]["result"]
        for thing in things
        for stream in thing["Datastreams"]
    }
    assert last["cycling@cyclists@c1"] == 47
    assert last["cycling@cyclists@c2"] == 95
    assert last["cycling@cyclists@c3"] == 143
    for id, result in last.items():
        asked = values(
            client, f"Datastreams('{id}')/Observations", orderby="phenomenonTime desc", top="1"
        )
        assert asked[0]["result"] == result


def test_the_same_last_values_come_with_a_filter_that_nothing_is_kept_for(client: Client) -> None:
    streams = values(
        client,
        "Datastreams",
        expand="Observations($top=2;$orderby=phenomenonTime desc;$filter=result gt 0;$count=true)",
        filter="ObservedProperty/id eq 'cycling@cyclists'",
    )
    assert [[o["result"] for o in one["Observations"]] for one in streams] == [
        [47, 46],
        [95, 93],
        [143, 142],
    ]
    assert sum(one["Observations@iot.count"] for one in streams) == 115
    following = client.get(streams[0]["Observations@iot.nextLink"]).json()
    assert [one["result"] for one in following["value"]] == [45, 43]


def test_an_observation_has_an_id_that_leads_back_to_it(client: Client) -> None:
    for one in values(client, "Observations", top="200"):
        again = client.get(one["@iot.selfLink"])
        assert again.status_code == 200, again.text
        assert again.json() == one
    found = values(
        client, "Observations", filter="id eq 'cycling@cyclists@c2@2026-03-01T05:00:00Z'"
    )
    assert [one["result"] for one in found] == [53]


def test_paths_lead_to_entities_properties_values_and_references(client: Client) -> None:
    assert ask(client, "Things('cycling@c3')/name") == {"name": COUNTERS["c3"]}
    raw = client.get(f"{ROOT}/Things('cycling@c3')/name/$value")
    assert (raw.text, raw.headers["content-type"]) == (
        COUNTERS["c3"],
        "text/plain; charset=utf-8",
    )
    assert ask(client, "Things('cycling@c3')/properties/dataset") == {"dataset": "cycling"}
    stream = "Things('cycling@c1')/Datastreams('cycling@speed@c1')"
    assert ask(client, f"{stream}/Sensor")["@iot.id"] == "cycling"
    assert ask(client, f"{stream}/Observations", top="1")["value"][0]["result"] == 10.5
    assert ask(client, f"{stream}/Thing/$ref")["@iot.selfLink"].endswith("Things('cycling@c1')")
    refs = ask(client, "Things/$ref")["value"]
    assert [list(one) for one in refs] == [["@iot.selfLink"]] * 3
    assert client.get(f"{ROOT}/Observations/$count").text == "260"
    area = client.get(
        f"{ROOT}/Observations('cycling@speed@c1@2026-03-01T00:00:00Z')/validTime/$value"
    )
    assert area.status_code == 204


def test_what_is_selected_comes_and_nothing_else(client: Client) -> None:
    found = values(client, "Datastreams", select="id,name", top="1", expand="Thing($select=name)")
    assert found == [
        {
            "@iot.id": "cycling@cyclists@c1",
            "name": "Cyclists, Bridge",
            "Thing": {"name": "Bridge"},
        }
    ]


FILTERS = [
    ("Things", "name eq 'Gate'", 1),
    ("Things", "substringof('a', name) and not endswith(name, 'e')", 1),
    ("Things", "Datastreams/name eq 'speed, Gate'", 1),
    ("Things", "Datastreams/unitOfMeasurement/symbol eq 'km/h'", 3),
    (
        "Things",
        "Datastreams/name eq 'speed, Gate' and Datastreams/unitOfMeasurement/symbol eq '1'",
        0,
    ),
    ("Things", "name eq 'Park o''Hill (east)'", 1),
    ("Things", "id eq 'cycling@c1' or @iot.id eq 'cycling@c2'", 2),
    ("Things", "id in ('cycling@c1', 'cycling@c2', 'x')", 2),
    ("Things", "properties/dataset eq 'cycling'", 3),
    ("Things", "properties/none eq 'cycling'", 0),
    ("Things", "properties/none eq null", 3),
    ("Locations", "geo.distance(location, geography'POINT(7.6 51.9)') lt 0.05", 1),
    ("Locations", "st_within(location, geography'POLYGON((7 51,7.65 51,7.65 52,7 52,7 51))')", 1),
    ("Locations", "geo.intersects(location, geography'LINESTRING(7.5 51.9,7.75 51.9)')", 2),
    ("Things", "st_equals(Locations/location, geography'SRID=4326;POINT(7.8 51.9)')", 1),
    ("Locations", "st_relate(location, geography'POINT(7.6 51.9)', 'T********')", 1),
    ("Datastreams", "phenomenonTime lt 2026-03-01T00:00:00Z", 0),
    ("Datastreams", "phenomenonTime ge 2026-03-01T00:00:00Z", 6),
    ("Observations", "result gt 140", 3),
    ("Observations", "result gt 140 and Datastream/Thing/name eq 'Gate'", 0),
    ("Observations", "Datastream/id eq 'cycling@cyclists@c2' and result le 50", 2),
    ("Observations", "Datastream/@iot.id eq 'cycling@cyclists@c2'", 38),
    ("Observations", "Datastream/Thing/Locations/name eq 'Bridge' and result eq 10.5", 16),
    ("Observations", "phenomenonTime eq 2026-03-01T05:00:00Z", 6),
    ("Observations", "phenomenonTime ge 2026-03-02T22:00:00+01:00 and result ge 140", 3),
    ("Observations", "date(phenomenonTime) eq 2026-03-02 and result gt 130", 11),
    ("Observations", "hour(phenomenonTime) eq 23 and day(phenomenonTime) eq 1", 5),
    ("Observations", "phenomenonTime lt now() sub duration'P1D' and result gt 140", 3),
    ("Observations", "result mod 10 eq 0 and result gt 0", 14),
    ("Observations", "(result add 1) div 2 gt 71", 2),
    ("Observations", "parameters/weather eq 'dry' and result eq 11", 1),
    ("Observations", "validTime eq null and resultTime gt 2026-03-02 and result eq 143", 1),
    ("Observations", "not (result lt 143)", 1),
    (
        "Observations",
        "geo.distance(FeatureOfInterest/feature,geography'POINT(7.8 51.9)') lt 0.01",
        87,
    ),
    ("Observations", "Datastream/unitOfMeasurement/symbol eq 'km/h' or result eq 1", 145),
    ("Observations", "during(phenomenonTime, 2026-03-01T00:00:00Z/2026-03-01T02:00:00Z)", 5),
    ("FeaturesOfInterest", "startswith(tolower(name), 'br')", 1),
    ("Datastreams", "Observations/result gt 100", 1),
    ("Things", "Datastreams/Observations/result gt 12", 3),
    ("Things", "Datastreams/Observations/result gt 12 and name ne 'Gate'", 2),
    ("Things", "Datastreams/Observations/result eq 50 and Datastreams/name ne 'x'", 1),
    ("Locations", "Things/Datastreams/Observations/result eq 50", 1),
    ("FeaturesOfInterest", "Observations/result eq 50 or name eq 'Bridge'", 2),
    ("Sensors", "Datastreams/Observations/phenomenonTime gt 2027-01-01", 0),
    ("ObservedProperties", "Datastreams/Observations/result eq 12.5", 1),
    ("Observations", "round(result) eq 13 and floor(result) eq 12", 48),
]


@pytest.mark.parametrize(("set", "condition", "count"), FILTERS)
def test_a_filter_finds_what_it_says(client: Client, set: str, condition: str, count: int) -> None:
    told = ask(client, set, filter=condition, count="true")
    assert told["@iot.count"] == count
    assert len(told["value"]) == min(count, 100)


def test_observations_are_sorted_over_datastreams_and_pages(client: Client) -> None:
    order = "phenomenonTime desc,result"
    whole = values(client, "Observations", orderby=order, top="260")
    keys = [(one["phenomenonTime"], -one["result"]) for one in whole]
    assert keys == sorted(keys, reverse=True)
    pages = [
        values(client, "Observations", orderby=order, top="50", skip=str(i * 50)) for i in range(6)
    ]
    assert [one["@iot.id"] for page in pages for one in page] == [one["@iot.id"] for one in whole]


def test_things_are_sorted_by_what_they_lead_to(client: Client) -> None:
    found = values(client, "Datastreams", orderby="ObservedProperty/name desc,Thing/name desc")
    assert [one["@iot.id"] for one in found[:2]] == ["cycling@speed@c3", "cycling@speed@c2"]
    rows = values(client, "Observations", orderby="Datastream/Thing/name desc,result", top="2")
    assert [one["result"] for one in rows] == [10.5, 10.5]
    assert "@c3@" in rows[0]["@iot.id"]


def test_data_arrays_hold_what_observations_say(client: Client) -> None:
    path = "Datastreams('cycling@speed@c1')/Observations"
    plain = values(client, path, top="3")
    packed = values(client, path, top="3", resultFormat="dataArray")
    assert packed[0]["components"] == [
        *("id", "phenomenonTime", "resultTime", "result", "resultQuality", "validTime"),
        "parameters",
    ]
    assert packed[0]["dataArray@iot.count"] == 3
    assert packed[0]["dataArray"] == [
        [one["@iot.id"], *(one.get(name) for name in packed[0]["components"][1:])] for one in plain
    ]
    assert packed[0]["Datastream@iot.navigationLink"].endswith("Datastreams('cycling@speed@c1')")


def test_pages_come_as_csv_and_geojson_too(client: Client) -> None:
    text = client.get(f"{ROOT}/Observations", params={"$resultFormat": "CSV", "$top": "2"}).text
    assert text.splitlines()[0].startswith("id,phenomenonTime,resultTime,result")
    made = ask(client, "Things", resultFormat="GeoJSON")
    assert made["features"][2]["geometry"]["coordinates"] == [7.8, 51.9]


def test_what_may_not_be_read_is_not_there(portal: Portal, client: Client) -> None:
    assert "cycling-inside" not in client.get(f"{ROOT}/Things").text
    secret = ask(client, "Things('cycling-inside@c1')", 404)
    missing = ask(client, "Things('nothing-here@c1')", 404)
    assert secret == missing
    reader = portal.actor("rosa", Grant(role=Role.READER, publisher=ROADS))
    inside = portal.program(reader, "read", "discover")
    assert ask(inside, "Things", count="true")["@iot.count"] == 6


def test_reading_values_counts_as_use_and_reading_names_does_not(portal: Portal) -> None:
    def used() -> int:
        portal.city.usage.flush()
        with portal.city.work(portal.actor("nobody")) as work:
            found = usage.uses(work.db, dataset="cycling")
        return sum(one.count for one in found if one.channel is Channel.SENSORTHINGS)

    client, before = portal.client(**{"user-agent": "counted"}), used()
    assert client.get(f"{ROOT}/Things").status_code == 200
    assert used() == before
    latest = "Observations($top=1;$orderby=phenomenonTime desc)"
    assert ask(client, "Datastreams", expand=latest)["value"]
    assert used() == before + 1


WRONG = [
    ("Things", {"filter": "name eq"}),
    ("Things", {"filter": "nothing eq 1"}),
    ("Things", {"filter": "foo(name)"}),
    ("Things", {"filter": "name"}),
    ("Things", {"filter": "(" * 100 + "name eq 'a'" + ")" * 100}),
    ("Things", {"filter": "HistoricalLocations/Thing/Datastreams/Observations/result gt 1"}),
    ("HistoricalLocations", {"filter": "Thing/Datastreams/Observations/result gt 1"}),
    ("Things", {"expand": "Datastreams($filter=Observations/result gt 1)"}),
    ("Observations", {"filter": "result eq 'text'"}),
    ("Observations", {"filter": "result add 1"}),
    ("Things", {"expand": "Nothing"}),
    ("Things", {"expand": "Datastreams($top=x)"}),
    ("Things", {"expand": "Datastreams("}),
    ("Things", {"select": "nothing"}),
    ("Things", {"orderby": "nothing"}),
    ("Things", {"top": "-1"}),
    ("Things", {"skip": "many"}),
    ("Things", {"count": "maybe"}),
    ("Things", {"resultFormat": "dataArray"}),
    ("Things", {"search": "x"}),
]


@pytest.mark.parametrize(("path", "options"), WRONG)
def test_what_cannot_be_asked_is_said_in_the_form_of_sensorthings(
    client: Client, path: str, options: dict[str, str]
) -> None:
    told = ask(client, path, 400, **options)
    assert told["code"] == 400
    assert told["type"] == "error"
    assert told["message"]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "Nothing",
            "Things('x')",
            "Things(1)",
            "Things('cycling@c1')/Nothing",
            "Things/Datastreams",
        ),
        *("Observations('cycling@speed@c1@yesterday')", "Things('cycling@c1')/Datastreams('x')"),
        *("Things('cycling@c1')/Datastreams('cycling@speed@c2')", "Things/$value", "))((", "''"),
        "Things('cycling@c1')/name/$value/more",
    ],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    assert ask(client, path, 404)["code"] == 404


WORDS = (
    "name result eq and or not ( ) , ' ; / Datastreams Observations $top=1 geo.distance "
    "geography'POINT(1 2)' 2026-01-01T00:00:00Z 5 null - in desc $filter= duration'P1D' "
    "phenomenonTime add id location"
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["$filter", "$orderby", "$expand", "$select"]),
    st.lists(
        st.sampled_from(WORDS.split(" ")),
        max_size=9,
    ),
    st.sampled_from(["Things", "Observations", "Datastreams", "Locations"]),
)
def test_no_question_breaks_the_service(
    client: Client, option: str, words: list[str], set: str
) -> None:
    answer = client.get(f"{ROOT}/{set}", params={option: " ".join(words)})
    assert answer.status_code in (200, 400), answer.text


class Everything(list[dict[str, Any]]):
    """All observations with what they lead to; told in a word when a test fails."""

    def __repr__(self) -> str:
        return "everything"


@pytest.fixture(scope="module")
def everything(portal: Portal) -> Everything:
    expand = "Datastream($expand=Thing,ObservedProperty),FeatureOfInterest"
    return Everything(values(portal.client(), "Observations", top="1000", expand=expand))


SIGNS: dict[str, Any] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
PATHS: dict[str, tuple[Any, Any]] = {
    "result": (lambda one: one["result"], st.integers(0, 150)),
    "phenomenonTime": (
        lambda one: one["phenomenonTime"],
        st.integers(0, 47).map(lambda h: f"2026-03-0{1 + h // 24}T{h % 24:02}:00:00Z"),
    ),
    "Datastream/Thing/name": (
        lambda one: one["Datastream"]["Thing"]["name"],
        st.sampled_from([*COUNTERS.values(), "Nowhere"]),
    ),
    "Datastream/ObservedProperty/id": (
        lambda one: one["Datastream"]["ObservedProperty"]["@iot.id"],
        st.sampled_from(["cycling@cyclists", "cycling@speed"]),
    ),
    "parameters/weather": (lambda one: one["parameters"]["weather"], st.sampled_from(["dry", "x"])),
}


@st.composite
def compared(draw: Any) -> tuple[str, Any]:
    path, sign = draw(st.sampled_from(sorted(PATHS))), draw(st.sampled_from(sorted(SIGNS)))
    get, operands = PATHS[path]
    value = draw(operands)
    is_text = isinstance(value, str) and path != "phenomenonTime"
    text = "'" + value.replace("'", "''") + "'" if is_text else value
    return f"{path} {sign} {text}", lambda one: SIGNS[sign](get(one), value)


CONDITIONS = st.recursive(
    compared(),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"not ({one[0]})", lambda row: not one[1](row))),
        st.tuples(inner, inner).map(
            lambda two: (
                f"({two[0][0]}) and ({two[1][0]})",
                lambda row: two[0][1](row) and two[1][1](row),
            )
        ),
        st.tuples(inner, inner).map(
            lambda two: (
                f"({two[0][0]}) or ({two[1][0]})",
                lambda row: two[0][1](row) or two[1][1](row),
            )
        ),
    ),
    max_leaves=5,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CONDITIONS)
def test_any_condition_finds_what_plain_python_finds(
    client: Client, everything: Everything, condition: tuple[str, Any]
) -> None:
    text, holds = condition
    expected = [one["@iot.id"] for one in everything if holds(one)]
    told = ask(client, "Observations", filter=text, count="true", top="1000")
    assert told["@iot.count"] == len(expected)
    assert [one["@iot.id"] for one in told["value"]] == expected


def test_places_come_from_nothing_that_the_asker_may_not_read(portal: Portal) -> None:
    portal.publish(described("sensors", key=("sensor", "time"), fields=renamed()), relabelled())
    hidden = described("sensor-places", key=("sensor",), access=Access.INTERNAL)
    portal.publish(hidden, relabelled_places())
    anyone, reader = portal.client(), portal.actor("rita", Grant(role=Role.READER, publisher=ROADS))
    names = [one["name"] for one in values(anyone, "Things", filter="id in ('sensors@c1')")]
    assert names == ["c1"]
    inside = portal.program(reader, "read", "discover")
    named = values(inside, "Things", filter="id eq 'sensors@c1'", expand="Locations")
    assert [one["name"] for one in named] == ["Bridge"]
    assert named[0]["Locations"][0]["location"]["coordinates"] == [7.6, 51.9]
    assert "Bridge" not in anyone.get(f"{ROOT}/Things('sensors@c1')?$expand=Locations").text


def test_what_is_published_anew_is_seen_at_once(portal: Portal) -> None:
    client = portal.client()
    fresh = described("fresh", key=("sensor", "time"), fields=renamed())
    assert ask(client, "Things", filter="id eq 'fresh@c1'")["value"] == []
    portal.publish(fresh, relabelled().slice(0, 10))
    assert (
        ask(client, "Datastreams('fresh@speed@c1')/Observations", count="true")["@iot.count"] == 10
    )
    portal.publish(fresh, relabelled().slice(0, 20))
    assert (
        ask(client, "Datastreams('fresh@speed@c1')/Observations", count="true")["@iot.count"] == 20
    )
