"""A map library, a GIS and a browser of another site draw a city's data from tiles."""

import gzip

import pyarrow as pa
import pytest
import shapely
from tests.share.tiles.decoded import decode
from tests.web.web_portal import JSON, Portal, described

from citycommons.core.types import Channel
from citycommons.share.tiles import matrix
from citycommons.web import page_map

Z = 12
X, Y = matrix.over((7.6, 51.9, 7.6, 51.9), Z)[::2]


def test_a_map_library_finds_tiles_by_tilejson_and_draws_them(portal: Portal):
    client = portal.client(**JSON)
    told = client.get("/tiles/counts@latest.json").json()
    assert told["tilejson"] == "3.0.0"
    assert told["vector_layers"][0]["id"] == "counts"
    assert told["vector_layers"][0]["fields"] == {
        "id": "Number",
        "street": "String",
        "count": "Number",
    }
    assert told["attribution"] == "Office for Roads"
    (address,) = told["tiles"]
    assert address.startswith("http://portal.example/tiles/counts@1/")
    tile = client.get(address.format(z=Z, x=X, y=Y))
    assert tile.status_code == 200
    assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in tile.headers["cache-control"]
    assert tile.headers["access-control-allow-origin"] == "*"
    features = decode(tile.content)["counts"]
    assert {f.properties["street"] for f in features} <= {f"Street {n}" for n in range(7)}
    assert features


def test_a_gis_finds_tiles_by_the_ogc_api(portal: Portal):
    client = portal.client(**JSON)
    (listed,) = client.get("/ogc/collections/counts/tiles").json()["tilesets"]
    assert listed["dataType"] == "vector"
    (itself,) = [link for link in listed["links"] if link["rel"] == "self"]
    told = client.get(itself["href"]).json()
    assert told["tileMatrixSetURI"].endswith("WebMercatorQuad")
    assert told["layers"][0]["geometryDimension"] == 0
    (item,) = [link for link in told["links"] if link["rel"] == "item"]
    limits = next(one for one in told["tileMatrixSetLimits"] if one["tileMatrix"] == str(Z))
    address = item["href"].format(
        tileMatrix=Z, tileRow=limits["minTileRow"], tileCol=limits["minTileCol"]
    )
    tile = client.get(address)
    assert tile.status_code == 200
    same = client.get(f"/tiles/counts/{Z}/{limits['minTileCol']}/{limits['minTileRow']}.mvt")
    assert same.content == tile.content
    (scheme,) = [link for link in told["links"] if link["rel"].endswith("tiling-scheme")]
    levels = client.get(scheme["href"]).json()["tileMatrices"]
    assert levels[1]["matrixWidth"] == 2
    assert levels[0]["cellSize"] == pytest.approx(156543.033928)


def test_a_style_draws_the_tiles_on_light_and_dark_paper(portal: Portal):
    client = portal.client(**JSON)
    listed = client.get("/ogc/collections/counts/styles").json()
    assert [one["id"] for one in listed["styles"]] == ["counts.light", "counts.dark"]
    grounds = set()
    for one in listed["styles"]:
        style = client.get(one["links"][0]["href"])
        assert style.headers["content-type"].startswith("application/vnd.mapbox.style+json")
        body = style.json()
        assert body["version"] == 8
        assert {layer["type"] for layer in body["layers"]} == {"background", "circle"}
        grounds.add(body["layers"][0]["paint"]["background-color"])
    assert len(grounds) == 2
    every = client.get("/ogc/styles").json()["styles"]
    assert "counts.dark" in {one["id"] for one in every}
    assert not any(one["id"].startswith("drafts") for one in every)


def test_who_asks_again_is_told_that_nothing_changed(portal: Portal):
    client = portal.client(**JSON)
    first = client.get(f"/tiles/counts@1/{Z}/{X}/{Y}.mvt")
    again = client.get(
        f"/tiles/counts@1/{Z}/{X}/{Y}.mvt", headers={"if-none-match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert not again.content


def test_tiles_are_packed_for_who_takes_that(portal: Portal):
    client = portal.client(**JSON, **{"accept-encoding": "identity"})
    path = f"/tiles/counts@1/{Z}/{X}/{Y}.mvt"
    plain = client.get(path)
    assert "content-encoding" not in plain.headers
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert gzip.decompress(gzip.compress(plain.content)) == packed.content


def test_a_map_full_of_tiles_is_one_use(portal: Portal):
    client = portal.client(**JSON)
    for x in range(X - 2, X + 3):
        client.get(f"/tiles/counts@1/{Z}/{x}/{Y}.mvt")
    portal.city.usage.flush()
    from sqlalchemy import text

    with portal.city.engine.connect() as db:
        rows = db.execute(
            text("select sum(count) from usage where channel = :c"), {"c": Channel.TILE.value}
        )
        assert rows.scalar() == 1


def test_where_nothing_lies_there_is_no_content(portal: Portal):
    assert portal.client(**JSON).get("/tiles/counts@1/12/0/0.mvt").status_code == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/counts@1/12/5000/0.mvt", 404),
        ("/tiles/counts@1/99/0/0.mvt", 404),
        ("/tiles/counts@1/a/0/0.mvt", 404),
        ("/tiles/counts@1/1/0/0.png", 404),
        ("/tiles/counts@7/1/0/0.mvt", 404),
        ("/tiles/nothing@1/1/0/0.mvt", 404),
        ("/tiles/entry.json", 404),
        ("/tiles/plans@1/1/0/0.mvt", 404),
        ("/tiles/plans@1.json", 404),
        ("/tiles/drafts@1.json", 404),
        ("/ogc/styles/plans.light", 404),
        ("/ogc/collections/counts/tiles/WorldCRS84Quad", 404),
        ("/ogc/collections/counts/tiles/WebMercatorQuad/1/0/0?f=png", 422),
        ("/ogc/collections/counts/tiles?f=xml", 422),
        ("/ogc/tileMatrixSets/None", 404),
    ],
)
def test_what_is_not_there_is_said(portal: Portal, path: str, status: int):
    assert portal.client(**JSON).get(path).status_code == status


def test_a_dataset_without_places_has_no_tiles(portal: Portal):
    portal.publish(described("plain"), pa.table({"id": [1]}))
    assert portal.client(**JSON).get("/tiles/plain@1.json").status_code == 422
    assert portal.client(**JSON).get("/tiles/plain@1/0/0/0.mvt").status_code == 422


def test_lines_and_areas_have_layers_of_their_own(portal: Portal):
    wkb = [
        shapely.to_wkb(shapely.box(7, 51, 8, 52)),
        shapely.to_wkb(shapely.LineString([(7, 51), (8, 52)])),
    ]
    portal.publish(
        described("mixed"), pa.table({"id": [1, 2], "geometry": pa.array(wkb, pa.binary())})
    )
    style = portal.client(**JSON).get("/ogc/styles/mixed.dark").json()
    assert [one["id"] for one in style["layers"]] == ["paper", "areas", "edges", "lines"]


def test_the_map_draws_large_datasets_from_tiles(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    page = portal.client(accept="text/html").get("/map?layers=counts").text
    assert '"tiles": "/tiles/counts@1"' not in page
    monkeypatch.setattr(page_map, "_MANY", 50)
    page = portal.client(accept="text/html").get("/map?layers=counts").text
    assert '"tiles": "/tiles/counts@1"' in page
    assert '"tiles": "/tiles/trees@1"' not in page
