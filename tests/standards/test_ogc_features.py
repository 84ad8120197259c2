"""OGC API Features as OGC publishes it: every answer is valid, and its clients read it."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from tests.standards.published import read_yaml
from tests.web.web_portal import JSON, Client, open_portal

from citycommons.core.settings import Settings
from citycommons.share.crs import OFFERED
from citycommons.share.faces.ogc_links import CONFORMANCE
from citycommons.store.work import City

UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
Valid = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def valid(conformance: Path) -> Valid:
    """`valid("core/landingPage", body)` fails with the first thing that is wrong."""
    folder = conformance / "ogcapi-features"
    schemas = {
        f"http://schemas.example/{path.relative_to(folder).as_posix()}": read_yaml(path)
        for path in folder.glob("*/*.yaml")
    }
    published = "http://schemas.opengis.net/ogcapi/features/part1/1.0/openapi/schemas/"
    schemas |= {
        published + uri.rpartition("/")[2]: body for uri, body in schemas.items() if "/core/" in uri
    }
    registry: Registry[Any] = Registry().with_resources(
        (uri, Resource(contents=body, specification=DRAFT202012)) for uri, body in schemas.items()
    )

    def check(name: str, body: Any) -> None:
        schema = {"$ref": f"http://schemas.example/{name}.yaml"}
        checker = Draft202012Validator.FORMAT_CHECKER
        Draft202012Validator(schema, registry=registry, format_checker=checker).validate(body)

    return check


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    city = City.create(Settings(home=tmp_path_factory.mktemp("ogc") / "home", name="Testville"))
    yield open_portal(city).client(**JSON)
    city.close()


def test_every_document_is_valid_against_the_published_schemas(
    client: Client, valid: Valid
) -> None:
    valid("core/landingPage", client.get("/ogc").json())
    valid("core/confClasses", client.get("/ogc/conformance").json())
    listed = client.get("/ogc/collections").json()
    valid("core/collections", listed)
    valid("crs/collections", listed)
    assert listed["collections"].pop()["itemType"] == "record"  # see test_ogc_records
    for one in listed["collections"]:
        path = f"/ogc/collections/{one['id']}"
        valid("crs/collection", client.get(path).json())
        for asked in ("", "?limit=2&offset=3", f"?crs={UTM}", "?filter=id<3", "?properties=id"):
            valid("core/featureCollectionGeoJSON", client.get(f"{path}/items{asked}").json())
        valid("core/featureGeoJSON", client.get(f"{path}/items/0").json())
        for name in ("queryables", "schema"):
            Draft202012Validator.check_schema(client.get(f"{path}/{name}").json())
    for path in ("/collections/none", "/collections/counts/items?limit=0"):
        valid("core/exception", client.get(f"/ogc{path}").json())


def test_the_description_is_openapi_3_and_whole_in_itself(client: Client) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="a validator of descriptions")
    answer = client.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    validator.validate(answer.json())
    assert not re.search(r'"\$ref":"(?!#)', answer.text)


def test_what_we_say_we_keep_to_is_what_the_description_shows(client: Client) -> None:
    registry = pytest.importorskip("ogcapi_registry", reason="rules of OGC's conformance classes")
    classes = client.get("/ogc/conformance").json()["conformsTo"]
    assert set(CONFORMANCE) <= set(classes)
    found = registry.validate_ogc_api(client.get("/ogc/api").json(), classes)
    assert found.is_valid, found.errors


@pytest.mark.parametrize("uri", OFFERED)
def test_each_offered_system_takes_and_gives_places(client: Client, uri: str) -> None:
    path = "/ogc/collections/counts/items"
    answer = client.get(path, params={"crs": uri, "limit": 1})
    assert answer.headers["content-crs"] == f"<{uri}>"
    x, y = answer.json()["features"][0]["geometry"]["coordinates"]
    step = 1e-4 if max(abs(x), abs(y)) < 360 else 5.0
    box = f"{x - step},{y - step},{x + step},{y + step}"
    found = client.get(path, params={"bbox": box, "bbox-crs": uri}).json()
    assert [one["id"] for one in found["features"]] == [0]


def test_owslib_reads_collections_and_items(client: Client, portal_address: str) -> None:
    features = pytest.importorskip("owslib.ogcapi.features", reason="a client of Python")
    api = features.Features(f"{portal_address}/ogc")
    assert "core" in " ".join(api.conformance()["conformsTo"])
    some = api.feature_collections()
    assert some
    page = api.collection_items(some[0], limit=3)
    assert page["numberReturned"] <= 3
    assert api.collection_item(some[0], "0")["id"] == 0
    assert api.collection_queryables(some[0])["type"] == "object"


@pytest.fixture(scope="module")
def portal_address(served: str) -> str:
    return served


def test_gdal_counts_what_a_plain_box_counts(portal_address: str) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    import httpx

    base = f"{portal_address}/ogc"
    listed = httpx.get(f"{base}/collections").json()["collections"]
    layers = {name for name, _ in pyogrio.list_layers(f"OAPIF:{base}")}
    assert layers == {one["id"] for one in listed}
    placed = [one for one in listed if "storageCrs" in one][:4]
    assert placed
    for one in placed:
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        box = (west, south, (west + east) / 2, (south + north) / 2)
        asked = {"bbox": ",".join(map(str, box)), "limit": 1}
        told = httpx.get(f"{base}/collections/{one['id']}/items", params=asked).json()
        _, table = pyogrio.read_arrow(f"OAPIF:{base}", layer=one["id"], bbox=box)
        assert table.num_rows == told["numberMatched"], one["id"]


def test_gdal_filters_as_we_do(portal_address: str, tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    import httpx

    base = f"{portal_address}/ogc"
    listed = httpx.get(f"{base}/collections").json()["collections"]
    one = next(one for one in listed if "storageCrs" in one)
    asked = httpx.get(f"{base}/collections/{one['id']}/queryables").json()["properties"]
    name = next(name for name, told in asked.items() if told.get("type") == "string")
    items = httpx.get(f"{base}/collections/{one['id']}/items").json()["features"]
    value = next(f["properties"][name] for f in items if f["properties"][name])
    where = f"\"{name}\" = '{value}'"
    _, table = pyogrio.read_arrow(f"OAPIF:{base}", layer=one["id"], where=where)
    told = httpx.get(f"{base}/collections/{one['id']}/items", params={"filter": where}).json()
    assert table.num_rows == told["numberMatched"] > 0


QGIS = """
import os, sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
base, name, *box = sys.argv[1:]
layer = QgsVectorLayer(f"url='{base}' typename='{name}' pageSize='7'", name, "OAPIF")
request = QgsFeatureRequest().setFilterRect(QgsRectangle(*map(float, box)))
print(layer.isValid(), layer.featureCount(), sum(1 for _ in layer.getFeatures(request)), flush=True)
os._exit(0)  # it crashes when it ends without its window
"""


def test_qgis_counts_what_a_plain_box_counts(portal_address: str) -> None:
    import httpx

    python = "/usr/bin/python3"
    tried = subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("needs QGIS with its Python")
    base = f"{portal_address}/ogc"
    one = next(c for c in httpx.get(f"{base}/collections").json()["collections"] if "crs" in c)
    west, south, east, north = one["extent"]["spatial"]["bbox"][0]
    box = [west, south, (west + east) / 2, (south + north) / 2]
    items = f"{base}/collections/{one['id']}/items?limit=1"
    everything = httpx.get(items).json()["numberMatched"]
    inside = httpx.get(f"{items}&bbox={','.join(map(str, box))}").json()["numberMatched"]
    command = [python, "-c", QGIS, base, one["id"], *map(str, box)]
    quiet = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=True)
    assert done.stdout.split() == ["True", str(everything), str(inside)]
