"""Fixtures after OGC 17-069r4 (Features, Core) and 18-058r1 (reference systems)."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest
from tests.collect.services import asked, give, live, polite

from citycommons.collect.check import check_connector
from citycommons.collect.ogc_features import OgcFeatures
from citycommons.core.errors import Invalid, NotFound, TooMuch, Unavailable

UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"


def feature(number: int) -> dict:
    point = {"type": "Point", "coordinates": [7.6 + number / 1000, 51.9]}
    return {"type": "Feature", "id": number, "geometry": point, "properties": {"n": number}}


class Service:
    """A server of two collections, 25 features each, that can be told to misbehave."""

    def __init__(self, origin) -> None:
        self.origin = origin
        self.promised: int | None = 25
        self.there = 25
        self.next: Callable[[int], int | None] = lambda start: start
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, query = asked(request)
        base = self.origin.url("")
        items = f"{base}/collections/trees/items"
        trees = {
            "id": "trees",
            "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84", UTM],
            "storageCrs": UTM,
            "links": [
                {"rel": "items", "type": "text/html", "href": f"{items}?f=html"},
                {"rel": "items", "type": "application/geo+json", "href": items},
            ],
        }
        lamps = {"id": "lamps", "links": [{"rel": "items", "href": "lamps/items"}]}
        tiles = {"id": "aerial", "links": [{"rel": "tiles", "href": f"{base}/tiles"}]}
        documents = {
            "/": {
                "title": "Town",
                "links": [
                    {"rel": "self", "href": f"{base}/"},
                    {"rel": "data", "type": "application/json", "href": f"{base}/collections"},
                ],
            },
            "/collections": {"collections": [trees, lamps, tiles]},
            "/collections/trees": trees,
            "/other": {"hello": "there"},
        }
        if path == "/html":
            if query.get("f") != "json":
                give(request, b"<!doctype html><p>Trees</p>", "text/html")
                return
            path = "/collections/trees/items"
        if path.endswith("/items"):
            self.items(request, path, query)
        elif path in documents:
            give(request, documents[path])
        else:
            give(request, {"code": "NotFound"}, status=404)

    def items(self, request, path: str, query: dict[str, str]) -> None:
        start, limit = int(query.get("offset", 0)), min(10, int(query.get("limit", 10)))
        features = [feature(n) for n in range(start, min(self.there, start + limit))]
        page = {"type": "FeatureCollection", "features": features, "links": []}
        if self.promised is not None:
            page |= {"numberMatched": self.promised, "numberReturned": len(features)}
        following = self.next(start + limit)
        if start + limit < self.there and following is not None:
            href = f"{self.origin.url(path)}?offset={following}&limit={limit}"
            page["links"] = [{"rel": "next", "type": "application/geo+json", "href": href}]
        headers = {"Content_Crs": f"<{query['crs']}>"} if "crs" in query else {}
        give(request, page, "application/geo+json", **headers)


@pytest.fixture
def service(origin) -> Service:
    return Service(origin)


@pytest.fixture
def trees(service, tmp_path) -> OgcFeatures:
    url = service.origin.url("/")
    return OgcFeatures(url=url, collection="trees", client=polite(tmp_path))


def numbers(parcels) -> list[int]:
    pages = [orjson.loads(parcel.path.read_bytes()) for parcel in parcels]
    return [one["properties"]["n"] for page in pages for one in page["features"]]


@pytest.mark.parametrize(
    "path", ["/", "/collections", "/collections/trees", "/collections/trees/items", "/html"]
)
def test_all_pages_come_from_any_address_of_the_service(trees, service, path):
    parcels = check_connector(replace(trees, url=service.origin.url(path)))
    assert numbers(parcels) == list(range(25))
    assert len(parcels) == 3
    assert {(p.media_type, p.part) for p in parcels} == {("application/geo+json", "")}
    assert parcels[0].name.endswith("-00001.geojson")


def test_the_bytes_are_those_of_the_server(trees, service):
    first, *_ = trees.fetch()
    assert first.origin.startswith(service.origin.url("/collections/trees/items?limit=1000"))
    assert orjson.loads(first.path.read_bytes())["numberReturned"] == 10


def test_what_is_asked_for_reaches_the_server(trees, service):
    asking = replace(
        trees, bbox="7,51,8,52", datetime="2026-01-01T00:00:00Z/..", parameters={"kind": "oak"}
    )
    list(asking.fetch())
    items = [one["path"] for one in service.origin.asked if "/items" in one["path"]]
    assert "bbox=7%2C51%2C8%2C52" in items[0]
    assert "kind=oak" in items[0]
    assert "datetime=2026-01-01T00%3A00%3A00Z%2F.." in items[0]
    assert "bbox" not in items[1]  # the next address says it all by itself


def test_each_collection_is_a_table_of_its_own(trees):
    parcels = list(replace(trees, collection="*").fetch())
    assert [p.part for p in parcels] == ["trees"] * 3 + ["lamps"] * 3


def test_a_collection_that_is_not_there_is_told_with_those_that_are(trees):
    for wrong in ("tree", ""):
        with pytest.raises(NotFound, match="it has trees, lamps"):
            list(replace(trees, collection=wrong).fetch())


def test_fewer_than_promised_is_an_error_and_never_a_shorter_table(trees, service):
    service.promised = 26
    with pytest.raises(Unavailable, match="promises 26 rows, and 25 came"):
        list(trees.fetch())
    service.promised, service.next = 25, lambda start: None
    with pytest.raises(Unavailable, match="promises 25 rows, and 10 came"):
        list(trees.fetch())


def test_a_server_that_promises_nothing_is_believed(trees, service):
    service.promised = None
    assert len(numbers(trees.fetch())) == 25


def test_a_circle_of_pages_ends(trees, service):
    service.next = lambda start: 10 if start == 20 else start
    with pytest.raises(Unavailable, match="go in a circle"):
        list(trees.fetch())
    service.next = lambda start: start * 0
    with pytest.raises(Unavailable, match="same page again"):
        list(trees.fetch())


def test_more_than_asked_for_is_refused(trees):
    with pytest.raises(TooMuch, match="more than 15 rows"):
        list(replace(trees, most_rows=15).fetch())


def test_another_kind_of_address_says_what_it_is_not(trees, service):
    with pytest.raises(Invalid, match="is no OGC API – Features"):
        list(replace(trees, url=service.origin.url("/other")).fetch())
    with pytest.raises(Unavailable, match="404"):
        list(replace(trees, url=service.origin.url("/nowhere")).fetch())


def test_another_system_is_asked_for_and_said_in_the_file(trees, service, tmp_path):
    import pyogrio

    service.there = service.promised = 9
    (parcel,) = replace(trees, crs="EPSG:25832").fetch()
    named = tmp_path / "trees.geojson"
    named.write_bytes(parcel.path.read_bytes())
    assert pyogrio.read_info(named)["crs"] == "EPSG:25832"
    with pytest.raises(Invalid, match="not offered in EPSG:3003"):
        list(replace(trees, crs="EPSG:3003").fetch())
    with pytest.raises(Invalid, match="no reference system"):
        list(replace(trees, crs="UTM").fetch())


def test_north_before_east_is_refused(trees):
    address = f"{trees.url}collections/lamps/items"
    with pytest.raises(Invalid, match="north before east"):
        list(replace(trees, url=address, collection="", crs="EPSG:4326").fetch())


@pytest.mark.parametrize("peer", ["PYGEOAPI", "TIPG"])
def test_a_live_server_gives_all_its_features(tmp_path, peer):
    """The address of a collection with a numeric `id`, from 1 without gaps."""
    source = OgcFeatures(url=live(peer), limit=400, client=polite(tmp_path))
    parcels = list(source.fetch())
    pages = [orjson.loads(parcel.path.read_bytes()) for parcel in parcels]
    ids = [int(one["id"]) for page in pages for one in page["features"]]
    assert len(parcels) > 1
    assert (
        sorted(ids) == list(range(1, len(ids) + 1)) == list(range(1, pages[0]["numberMatched"] + 1))
    )
