"""Fixtures after the ArcGIS REST API reference (Query, Feature Service / Layer)."""

from dataclasses import replace
from urllib.parse import parse_qsl

import orjson
import pytest
from tests.collect.services import asked, give, polite

from citycommons.collect.arcgis import ArcGis
from citycommons.collect.check import check_connector
from citycommons.core.errors import Invalid, NotFound, TooMuch, Unavailable


class Server:
    def __init__(self, origin) -> None:
        self.origin, self.counted, self.there = origin, 450, 450
        self.layer = {
            "name": "Street trees",
            "fields": [{"name": "FID"}],
            "objectIdField": "FID",
            "maxRecordCount": 200,
            "supportedQueryFormats": "JSON, geoJSON, PBF",
            "advancedQueryCapabilities": {"supportsPagination": True},
        }
        self.error: dict | None = None
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, query = asked(request)
        if request.command == "POST":
            body = request.rfile.read(int(request.headers["Content-Length"]))
            query = dict(parse_qsl(body.decode()))
        if self.error:
            give(request, {"error": self.error})
        elif path == "/trees/FeatureServer":
            give(request, {"layers": [{"id": 0, "name": "Street trees"}]})
        elif path == "/trees/FeatureServer/0":
            give(request, self.layer)
        elif path != "/trees/FeatureServer/0/query":
            give(request, {"hello": "there"})
        elif "returnCountOnly" in query:
            give(request, {"count": self.counted})
        elif "returnIdsOnly" in query:
            give(request, {"objectIdFieldName": "FID", "objectIds": list(range(self.there, 0, -1))})
        else:
            assert (query["outSR"], query["f"]) == ("4326", "geojson")
            self.features(request, query)

    def features(self, request, query: dict[str, str]) -> None:
        if "objectIds" in query:
            numbers = [int(one) for one in query["objectIds"].split(",")]
        else:
            assert query["orderByFields"] == "FID"
            start = int(query["resultOffset"])
            numbers = list(range(1, self.there + 1))[
                start : start + int(query["resultRecordCount"])
            ]
        features = [{"type": "Feature", "id": n, "geometry": None} for n in numbers]
        page: dict = {"type": "FeatureCollection", "features": features}
        if numbers and numbers[-1] < self.there:
            page["exceededTransferLimit"] = True
        give(request, page)


@pytest.fixture
def server(origin) -> Server:
    return Server(origin)


@pytest.fixture
def trees(server, tmp_path) -> ArcGis:
    return ArcGis(url=server.origin.url("/trees/FeatureServer/0"), client=polite(tmp_path))


def ids(parcels) -> list[int]:
    return [f["id"] for p in parcels for f in orjson.loads(p.path.read_bytes())["features"]]


def test_all_pages_come_in_order(trees):
    parcels = check_connector(trees)
    assert ids(parcels) == list(range(1, 451))
    assert [p.name for p in parcels] == [f"Street_trees-0000{n}.geojson" for n in (1, 2, 3)]


def test_a_layer_that_turns_no_pages_is_asked_by_its_ids(trees, server):
    del server.layer["advancedQueryCapabilities"]
    parcels = check_connector(trees)
    assert ids(parcels) == list(range(1, 451))
    assert len(parcels) == 3


def test_an_empty_layer_is_an_empty_page(trees, server):
    server.there = server.counted = 0
    for turns in (True, False):
        server.layer["advancedQueryCapabilities"] = {"supportsPagination": turns}
        assert ids(check_connector(trees)) == []


@pytest.mark.parametrize("turns", [True, False])
def test_fewer_than_counted_is_an_error(trees, server, turns):
    server.layer["advancedQueryCapabilities"] = {"supportsPagination": turns}
    server.counted = 451
    with pytest.raises(Unavailable, match="promises 451 rows, and 450 came"):
        list(trees.fetch())


def test_bounds_hold(trees):
    with pytest.raises(TooMuch, match="more than 300 rows"):
        list(replace(trees, most_rows=300).fetch())


def test_the_token_is_a_header(trees, server):
    list(replace(trees, token="t0ken").fetch())
    assert {one["x-esri-authorization"] for one in server.origin.asked} == {"Bearer t0ken"}
    assert not any("t0ken" in one["path"] for one in server.origin.asked)


def test_errors_come_with_status_200_and_are_seen(trees, server):
    server.error = {"code": 499, "message": "Token Required", "details": []}
    with pytest.raises(Unavailable, match=r"refuses: Token Required \(code 499\)"):
        list(trees.fetch())


def test_a_service_is_no_layer_and_names_its_layers(trees, server):
    with pytest.raises(NotFound, match="with the layers 0 Street trees"):
        list(replace(trees, url=server.origin.url("/trees/FeatureServer")).fetch())
    with pytest.raises(NotFound, match="no layer of ArcGIS"):
        list(replace(trees, url=server.origin.url("/other")).fetch())
    server.layer["supportedQueryFormats"] = "JSON, AMF"
    with pytest.raises(Invalid, match="no GeoJSON"):
        list(trees.fetch())
