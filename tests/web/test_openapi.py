"""The description of the API: true to the routes, whole in itself."""

import re
from typing import Any

import pytest
from litestar.routes import HTTPRoute
from tests.web.web_portal import Client, Portal

from citycommons.govern.access import Action
from citycommons.share.query import PARAMETERS

PAGES = ("/desk", "/admin", "/account", "/sign-", "/static", "/theme.css", "/robots.txt")
PAGES += ("/sitemap.xml", "/openapi.json", "/map", "/about", "/developers", "/table", "/chart.svg")
PAGES += ("/forms",)  # for people who answer
PAGES += ("/places",)  # parts of pages in a shape of their own


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def walk(node: Any) -> Any:
    yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from walk(child)


def test_every_route_of_the_api_is_described_and_no_other(
    portal: Portal, document: dict[str, Any]
) -> None:
    there = set()
    for route in portal.app.routes:
        assert isinstance(route, HTTPRoute)
        path = route.path_format
        # What says nothing of itself is described, unless it is a page for people.
        is_page = path == "/" or any(part in path for part in PAGES)
        for method, (handler, _) in route.route_handler_map.items():
            told = handler.opt.get("operation", None if is_page else ...)
            if method != "OPTIONS" and told is not None:
                there.add((path, method))
    told = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert told == there


def test_it_is_version_3_1_and_every_reference_stays_inside(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    for node in walk(document):
        if isinstance(node, dict) and "$ref" in node:
            target: Any = document
            assert node["$ref"].startswith("#/")
            for part in node["$ref"][2:].split("/"):
                target = target[part]


def test_every_parameter_of_a_path_is_described(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), f"{method} {path}"
            for parameter in operation["parameters"]:
                assert parameter["description"].endswith("."), f"{method} {path}: {parameter}"
                assert parameter["schema"]
            assert operation["summary"].endswith(".")
            assert "429" in operation["responses"]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def test_the_parameters_of_rows_are_those_that_are_read(document: dict[str, Any]) -> None:
    told = {p["name"] for p in document["paths"]["/datasets/{name}/rows"]["get"]["parameters"]}
    assert set(PARAMETERS) <= told


def test_what_writes_names_its_scope(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "get":
                assert "security" not in operation
            elif operation["tags"] == ["faces"] and "security" not in operation:
                continue  # a question that is posted; `check_face` holds who may ask it
            else:
                scopes = {
                    scope for one in operation["security"] for s in one.values() for scope in s
                }
                assert scopes <= set(Action), path
                assert scopes
                assert {"401", "403"} <= set(operation["responses"])


def test_the_shapes_are_what_comes(client: Client, document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    body = client.get("/datasets/counts.json").json()
    told = {name for part in shapes["DatasetResource"]["allOf"] for name in _names(part, shapes)}
    assert set(body) == told
    assert set(body["version"]) == set(shapes["Version"]["properties"])
    assert set(client.get("/datasets/counts/rows").json()) == set(shapes["Rows"]["properties"])
    found = client.get("/datasets.json").json()
    assert set(found) - {"with_data", "is_loose"} == set(shapes["Found"]["properties"])
    problem = client.get("/datasets/absent").json()
    assert set(shapes["Problem"]["properties"]) <= set(problem)


def _names(schema: dict[str, Any], shapes: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _names(shapes[schema["$ref"].rpartition("/")[2]], shapes)
    return set(schema["properties"])
