"""OGC API below /ogc, as GIS programs and browsers' maps use it."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
import shapely
from tests.web.web_portal import HTML, Client, Portal, described

from citycommons.core.types import Access
from citycommons.web.faces.check import check_face
from citycommons.web.faces.ogc import OgcApi

COUNTS = "/ogc/collections/counts"
UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
EPSG4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def ids(client: Client, path: str = f"{COUNTS}/items", **asked: Any) -> list[int]:
    answer = client.get(path, params={"limit": 1000, **asked})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["features"]]


def refused(client: Client, **asked: Any) -> str:
    answer = client.get(f"{COUNTS}/items", params=asked)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "InvalidParameterValue"
    return str(answer.json()["description"])


def rel(body: dict[str, Any], name: str) -> str:
    return next(one["href"] for one in body["links"] if one["rel"] == name)


def test_it_is_a_face_as_every_face_must_be() -> None:
    check_face(OgcApi())


def test_a_client_finds_from_the_landing_page_to_a_feature(client: Client) -> None:
    landing = client.get("/ogc").json()
    listed = client.get(rel(landing, "data")).json()
    assert [one["id"] for one in listed["collections"]] == ["counts", "trees", "_records"]
    one = next(one for one in listed["collections"] if one["id"] == "counts")
    assert one["crs"][0] == one["storageCrs"] == CRS84
    page = client.get(rel(one, "items")).json()
    assert (page["numberMatched"], page["numberReturned"]) == (120, 100)
    feature = client.get(f"{COUNTS}/items/7").json()
    assert feature["id"] == page["features"][7]["id"] == 7
    assert rel(feature, "collection") == rel(one, "self")


def test_pages_neither_overlap_nor_leave_a_gap(client: Client) -> None:
    found: list[int] = []
    address = f"{COUNTS}/items?limit=7&bbox=7.6095,51.8,7.6505,52"
    while address:
        body = client.get(address).json()
        found += [one["id"] for one in body["features"]]
        address = next((one["href"] for one in body["links"] if one["rel"] == "next"), "")
    assert len(found) == len(set(found)) == body["numberMatched"] == 41
    before = client.get(rel(body, "prev")).json()
    assert [one["id"] for one in before["features"]] == found[28:35]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"street": "Street 3", "count": "9"}, [3]),
        ({"filter": "count > 99"}, [None]),
        ({"filter": "street = 'Street 3' AND \"id\" < 20"}, [3, 10, 17]),
        ({"filter": '{"op":"<","args":[{"property":"id"},2]}', "filter-lang": "cql2-json"}, [0, 1]),
        ({"filter": "S_INTERSECTS(geometry, BBOX(7.6,51.8,7.602,52))"}, [0, 1, 2]),
        ({"filter": "id < 3", "sortby": "-id"}, [2, 1, 0]),
        ({"bbox": "7.6,51.8,0,7.601,52,100"}, [0, 1]),
        ({"bbox": "51.8,7.6,52,7.601", "bbox-crs": EPSG4326}, [0, 1]),
        ({"bbox": "179,51,7.601,52"}, [0, 1]),
        ({"q": "STREET 3", "filter": "id < 10"}, [3]),
        ({"q": "treet 3,treet 4", "filter": "id < 10"}, [3, 4]),
        ({"datetime": "2026-01-01T00:00:00Z/..", "filter": "id < 1"}, [0]),
    ],
)
def test_what_is_asked_is_what_is_found(
    client: Client, asked: dict[str, str], expected: list[int | None]
) -> None:
    found = ids(client, **asked)
    if expected == [None]:
        assert [one * 3 % 101 > 99 for one in found] == [True] * len(found)
    else:
        assert found == expected


def test_features_come_in_other_systems_with_axes_in_their_order(client: Client) -> None:
    answer = client.get(f"{COUNTS}/items", params={"crs": UTM, "limit": 1})
    assert answer.headers["content-crs"] == f"<{UTM}>"
    east, north = answer.json()["features"][0]["geometry"]["coordinates"]
    assert (round(east), round(north)) == (403678, 5750842)
    lat, lon = client.get(f"{COUNTS}/items/0", params={"crs": EPSG4326}).json()["geometry"][
        "coordinates"
    ]
    assert (lat, lon) == (51.9, 7.6)
    plain = client.get(f"{COUNTS}/items/0")
    assert plain.headers["content-crs"] == f"<{CRS84}>"
    box = f"{east - 1},{north - 1},{east + 1},{north + 1}"
    assert ids(client, bbox=box, **{"bbox-crs": UTM}) == [0]
    spot = f"{east},{north},{east},{north}"
    assert ids(client, bbox=spot, **{"bbox-crs": UTM}) == []  # rounded to the millimetre
    near = f"S_INTERSECTS(place, BBOX({box}))"
    assert ids(client, filter=near, **{"filter-crs": UTM}) == [0]


def test_only_the_properties_asked_for_are_sent(client: Client) -> None:
    body = client.get(f"{COUNTS}/items", params={"properties": "count,street", "limit": 1}).json()
    assert list(body["features"][0]["properties"]) == ["count", "street"]
    assert body["features"][0]["geometry"]["type"] == "Point"


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"nonsense": "1"}, "nonsense"),
        ({"limit": "0"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "1,2,3,nan"}, "bbox"),
        ({"bbox": "1,9,3,2"}, "box"),
        ({"bbox": "0,-1e308,1,1e308", "bbox-crs": UTM}, "outside"),
        ({"f": ""}, "f"),
        ({"crs": "http://www.opengis.net/def/crs/EPSG/0/99999"}, "crs"),
        ({"datetime": "yesterday"}, "datetime"),
        ({"datetime": "2026-02-01T00:00:00Z/2026-01-01T00:00:00Z"}, "datetime"),
        ({"filter": "count >"}, "filter"),
        ({"filter": "count + 1"}, "filter"),
        ({"filter": "count = 'many'"}, "count"),
        ({"filter": "weight > 1"}, "weight"),
        ({"filter": "avg(count) > 1"}, "avg"),
        ({"filter": "A_CONTAINS(street, ('a','b'))"}, "single values"),
        ({"filter": "count > 9223372036854775807 + count"}, ""),
        ({"filter": "(" * 200 + "id" + ")" * 200}, "deeper"),
        ({"filter": "{}", "filter-lang": "cql2-json"}, "filter"),
        ({"filter": "id > 1", "filter-lang": "sql"}, "filter-lang"),
        ({"sortby": "place"}, "sortby"),
        ({"properties": "weight"}, "weight"),
        ({"count": "many"}, "count"),
        ({"f": "gml"}, "gml"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(
    client: Client, asked: dict[str, str], word: str
) -> None:
    assert word in refused(client, **asked)


def test_more_than_the_most_gives_the_most(client: Client) -> None:
    body = client.get(f"{COUNTS}/items", params={"limit": 10**9}).json()
    assert body["numberReturned"] == 120


def test_features_that_are_not_there_are_not_found(client: Client) -> None:
    for path in (
        "counts/items/120",
        "counts/items/-1",
        "counts/items/x",
        "nothing",
        "nothing/items",
    ):
        answer = client.get(f"/ogc/collections/{path}")
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "NotFound"


def test_a_dataset_without_places_is_a_collection_of_rows(portal: Portal, client: Client) -> None:
    portal.publish(described("prices"), pa.table({"id": [1, 2], "price": [2.5, None]}))
    body = client.get("/ogc/collections/prices/items?bbox=0,0,1,1&properties=price").json()
    assert [one["geometry"] for one in body["features"]] == [None, None]
    assert [one["properties"] for one in body["features"]] == [{"price": 2.5}, {"price": None}]
    assert client.get("/ogc/collections/prices/items/1").json()["properties"]["id"] == 2
    assert "crs" not in client.get("/ogc/collections/prices").json()


def test_features_without_a_place_match_every_box(portal: Portal, client: Client) -> None:
    places = [shapely.to_wkb(shapely.Point(7, 51)), None, shapely.to_wkb(shapely.Point(9, 51))]
    table = pa.table({"id": [1, 2, 3], "place": pa.array(places, pa.binary())})
    portal.publish(described("holes"), table)
    body = client.get("/ogc/collections/holes/items?bbox=6,50,8,52").json()
    assert sorted(one["properties"]["id"] for one in body["features"]) == [1, 2]
    assert body["numberMatched"] == 2


def test_times_meet_instants_and_spans(portal: Portal, client: Client) -> None:
    table = pa.table(
        {
            "id": [1, 2, 3],
            "start_day": pa.array([20000, 20010, None], pa.date32()),  # 2024-10-04, 2024-10-14
            "end_day": pa.array([20005, None, None], pa.date32()),
        }
    )
    portal.publish(described("closures"), table)

    def at(moment: str) -> list[int]:
        body = client.get("/ogc/collections/closures/items", params={"datetime": moment}).json()
        return [one["properties"]["id"] for one in body["features"]]

    assert at("2024-10-05") == [1, 3]
    assert at("2024-10-05T12:00:00Z") == [1, 3]
    assert at("2024-10-09/..") == [1, 2, 3]
    assert at("../2024-10-04T00:00:00Z") == [1, 3]
    assert at("2024-10-10/2024-10-11") == [3]


def test_queryables_and_schema_say_types_and_roles(client: Client) -> None:
    asked = client.get(f"{COUNTS}/queryables")
    assert asked.headers["content-type"].startswith("application/schema+json")
    told = asked.json()
    assert told["additionalProperties"] is False
    assert told["properties"]["count"]["type"] == "integer"
    schema = client.get(f"{COUNTS}/schema").json()
    assert schema["properties"]["place"]["x-ogc-role"] == "primary-geometry"


def test_browsers_are_sent_to_the_page_of_the_same_thing(client: Client, portal: Portal) -> None:
    browser = portal.client(**HTML)
    for path, page in (
        ("/ogc", "/developers"),
        ("/ogc/collections", "/datasets"),
        (COUNTS, "/datasets/counts"),
        (f"{COUNTS}/items?limit=1", "/datasets/counts"),
    ):
        answer = browser.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert browser.get(f"{COUNTS}/items?f=json").json()["type"] == "FeatureCollection"


def test_what_is_known_already_is_not_sent_again(client: Client) -> None:
    first = client.get(f"{COUNTS}/items?limit=1")
    again = client.get(f"{COUNTS}/items?limit=1", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_restricted_collections_are_listed_for_those_who_may_and_hidden_look_absent(
    portal: Portal, client: Client
) -> None:
    hidden = client.get("/ogc/collections/drafts")
    absent = client.get("/ogc/collections/absent")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("drafts", "absent") == absent.text
    assert portal.publish(described("plans2", access=Access.RESTRICTED)) is not None
    assert client.get("/ogc/collections/plans/items").status_code in (401, 404)


def test_collections_are_paged_and_the_records_come_last(client: Client) -> None:
    found, address = [], "/ogc/collections?limit=1"
    while address:
        body = client.get(address).json()
        assert (body["numberMatched"], body["numberReturned"]) == (3, 1)
        found += [one["id"] for one in body["collections"]]
        address = next((one["href"] for one in body["links"] if one["rel"] == "next"), "")
    assert found == ["counts", "trees", "_records"]


def records(client: Client, **asked: str) -> list[str]:
    answer = client.get("/ogc/collections/_records/items", params=asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["numberMatched"] >= body["numberReturned"] == len(body["features"])
    return sorted(one["id"] for one in body["features"])


def test_records_are_found_by_words_places_times_and_identifiers(
    portal: Portal, client: Client
) -> None:
    told = {"identifier": "urn:x:1", "keywords": ("tram",), "theme": "TRAN"}
    days = (date(2020, 1, 1), date(2020, 12, 31))
    portal.publish(described("trams", temporal=days, **told))
    everything = ["counts", "entry", "trams", "trees"]
    assert records(client) == everything
    assert records(client, q="tram") == ["trams"]
    assert records(client, q="tram,trees") == ["trams", "trees"]
    assert records(client, q="nothing at all") == []
    assert records(client, type="dataset") == everything
    assert records(client, type="service") == []
    assert records(client, ids="trams,trees,absent") == ["trams", "trees"]
    assert records(client, externalIds="urn:x:1") == ["trams"]
    assert records(client, theme="TRAN") == ["trams"]
    # What is known of no place or time matches any.
    assert records(client, bbox="0,0,1,1") == ["entry", "trams"]
    assert records(client, bbox="7.5,51,7.65,52") == everything
    assert records(client, bbox="7.65,51,-170,52") == ["counts", "entry", "trams"]
    assert "trams" not in records(client, datetime="2021-01-01/..")
    assert "trams" in records(client, datetime="../2020-01-01")
    first = client.get("/ogc/collections/_records/items?sortby=-id&limit=1").json()
    assert first["features"][0]["id"] == "trees"
    for wrong in ("bbox=1", "foo=1", "sortby=size", "datetime=x", "limit=0"):
        assert client.get(f"/ogc/collections/_records/items?{wrong}").status_code == 400


def test_a_record_says_what_the_entry_says(client: Client) -> None:
    one = client.get("/ogc/collections/_records/items/counts").json()
    assert one["properties"]["title"] == "Counts"
    assert one["properties"]["license"] == "CC0-1.0"
    assert one["geometry"]["type"] == "Polygon"
    assert client.get(rel(one, "item")).json()["numberMatched"] == 120
    assert client.get("/ogc/collections/_records/items/drafts").status_code == 404
