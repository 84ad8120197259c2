"""OGC API Records as OGC publishes it: records are valid, and its client reads them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from tests.standards.published import from_openapi_3_0, read_yaml
from tests.web.web_portal import JSON, Client, described, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import Link
from citycommons.store.work import City

CORE = "schemas.opengis.net/ogcapi/features/part1/1.0/openapi/schemas/"


@pytest.fixture(scope="module")
def registry(conformance: Path) -> Registry[Any]:
    found = {}
    for path in (conformance / "ogcapi-records").glob("*.yaml"):
        found[f"http://schemas.example/{path.name}"] = from_openapi_3_0(read_yaml(path))
    for path in (conformance / "ogcapi-features" / "core").glob("*.yaml"):
        for scheme in ("http", "https"):
            found[f"{scheme}://{CORE}{path.name}"] = from_openapi_3_0(read_yaml(path))
    resources = (
        (uri, Resource(contents=body, specification=DRAFT202012)) for uri, body in found.items()
    )
    return Registry().with_resources(resources)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    city = City.create(Settings(home=tmp_path_factory.mktemp("rec") / "home", name="Testville"))
    portal = open_portal(city)
    linked = Link(url="https://elsewhere.example/bus.csv", title="Buses", format="csv")
    portal.publish(
        described(
            "buses",
            theme="TRAN",
            keywords=("bus",),
            identifier="urn:bus:1",
            attribution="City",
            links=(linked,),
            license="dl-de/by-2.0",
        )
    )
    yield portal.client(**JSON)
    city.close()


def test_records_are_valid_against_the_published_schemas(
    client: Client, registry: Registry[Any]
) -> None:
    def valid(name: str, body: Any) -> None:
        schema = {"$ref": f"http://schemas.example/{name}.yaml"}
        checker = Draft202012Validator.FORMAT_CHECKER
        Draft202012Validator(schema, registry=registry, format_checker=checker).validate(body)

    valid("collection", client.get("/ogc/collections/_records").json())
    page = client.get("/ogc/collections/_records/items").json()
    assert page["numberMatched"] == 4
    valid("recordCollectionGeoJSON", page)
    for one in page["features"]:
        valid("recordGeoJSON", client.get(f"/ogc/collections/_records/items/{one['id']}").json())


def test_owslib_finds_the_records_collection(served: str) -> None:
    records = pytest.importorskip("owslib.ogcapi.records", reason="a client of Python")
    api = records.Records(f"{served}/ogc")
    assert api.records() == ["_records"]
    page = api.collection_items("_records", limit=2)
    assert page["numberReturned"] == 2
    assert api.collection_item("_records", page["features"][0]["id"])["type"] == "Feature"
