"""The API's own description (OpenAPI 3.1), without a reference to any other host.

Shapes come from the types themselves; `tests/web/test_openapi.py` holds the paths to the routes.
"""

from functools import lru_cache
from typing import Any

from litestar import Router

from citycommons import __version__
from citycommons.share.exports import FORMATS
from citycommons.share.query import MOST_ROWS
from citycommons.web import exchange_described, plugged, usage_described
from citycommons.web.council import described as council_described
from citycommons.web.goals import described as goals_described
from citycommons.web.made import described as made_described
from citycommons.web.openapi_shapes import JsonObject, ref, schemas
from citycommons.web.register import described
from citycommons.web.rows import MOST_FEATURES

_PROBLEM = "application/problem+json"
_ERRORS = {
    "400": "The request is malformed.",
    "401": "No or no valid API key.",
    "403": "The key or account may not do this.",
    "404": "It is not here, or you may not know that it is.",
    "406": "None of the media types asked for is to be had.",
    "409": "It is so already, or somebody changed it.",
    "410": "The version was withdrawn; the detail says when and why.",
    "412": "It is not any more what `If-Match` says.",
    "413": "The file or the question is too large.",
    "415": "This media type is not read here.",
    "416": "The part asked for lies outside the file.",
    "422": "What was given cannot be used; the detail says where and what next.",
    "429": "Too many requests; wait as long as `Retry-After` says.",
    "503": "Something needed does not answer; try again later.",
}
_NAME = (
    "Id of the dataset, such as `bikes`; with `@` a version: `bikes@3`, `bikes@latest`, or the "
    "first 8 or more signs of a content digest."
)


def parameter(
    name: str, text: str, kind: str = "string", *, where: str = "query", **more: Any
) -> JsonObject:
    """A parameter as OpenAPI describes it; `more` goes into its schema."""
    example = {"example": more.pop("example")} if "example" in more else {}
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": text,
        "schema": {"type": kind, **more},
        **example,
    }


def _name(text: str = _NAME) -> JsonObject:
    return parameter("name", text, where="path", example="bikes@latest")


def _paging(most: int) -> list[JsonObject]:
    return [
        parameter("limit", "How many at most.", "integer", minimum=0, maximum=most, default=100),
        parameter("offset", "How many to leave out first.", "integer", minimum=0, default=0),
    ]


_BBOX = parameter(
    "bbox",
    "West,south,east,north in degrees (CRS84); west above east crosses the date line.",
    example="7.5,51.9,7.7,52.0",
)
_IF_MATCH = parameter(
    "If-Match", "The ETag you started from; 412 if it is another by now.", where="header"
)


def operation(
    id: str,
    summary: str,
    parameters: list[JsonObject],
    content: JsonObject,
    *errors: str,
    status: str = "200",
    body: JsonObject | None = None,
    needs: str = "",
    tag: str = "read",
) -> JsonObject:
    """An operation as OpenAPI describes it; errors by their codes, content by media type."""
    also = ("401", "403", "409", "413", "422") if needs else ()
    named = sorted({*errors, *also, "400", "429"})
    told: JsonObject = {
        "operationId": id,
        "summary": summary,
        "tags": [tag],
        "parameters": parameters,
        "responses": {
            status: {"description": "As asked.", "content": content},
            **{code: {"$ref": f"#/components/responses/E{code}"} for code in named},
        },
    }
    if body:
        told["requestBody"] = {"required": True, "content": body}
    if needs:
        told["description"] = f"Needs a key with the scope `{needs}`."
        told["security"] = [{"bearer": [needs]}, {"key": [needs]}]
    return told


def _json(schema: JsonObject) -> JsonObject:
    return {"application/json": {"schema": schema}}


def _reading() -> JsonObject:
    linked = {"application/ld+json": {"schema": {"type": "object"}}} | {
        media: {"schema": {"type": "string"}}
        for media in ("text/turtle", "application/rdf+xml", "application/n-triples")
    }
    html = {"text/html": {"schema": {"type": "string"}}}
    search = [
        parameter("q", "Words to search for; typing errors are mended."),
        parameter("publisher", "Id of a publisher."),
        parameter("theme", "European theme code.", example="TRAN"),
        parameter("category", "environmental, transparency or personal."),
        parameter("license", "Short name of a licence.", example="CC-BY-4.0"),
        parameter("format", "A file format it can be had in.", example="csv"),
    ]
    question = [
        *_paging(MOST_ROWS),
        parameter("order", "Columns to sort by, `-` before one descends.", example="-time,name"),
        parameter("columns", "Columns to give.", example="name,time"),
        parameter("q", "Words that must occur in some column of text."),
        _BBOX,
        parameter("group", "Columns, or year|month|day|hour of one.", example="day(time)"),
        parameter(
            "aggregate",
            "count, or count|sum|avg|min|max|median of a column.",
            example="count,sum(result)",
        ),
        {
            "name": "filters",
            "in": "query",
            "required": False,
            "description": "Every other name is a filter: `column=value`, or `column__gt`, `__gte`,"
            " `__lt`, `__lte`, `__ne`, `__in`, `__contains`, `__isnull`. A column named like a"
            " parameter is asked for with `__eq`.",
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            "style": "form",
            "explode": True,
            "example": {"name": "Hauptstraße", "result__gte": "10"},
        },
    ]
    one = {**_json(ref("DatasetResource")), **linked, **html}
    features = {"application/geo+json": {"schema": ref("FeatureCollection")}}
    files: JsonObject = {
        one.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
        for one in FORMATS.values()
    }
    file_name = "dataset@version.format; format is one of " + ", ".join(FORMATS) + "."
    both = [
        parameter("from", "The older version.", example="1"),
        parameter("to", "The newer version.", example="2"),
        *_paging(MOST_FEATURES),
    ]
    publisher_id = parameter("id", "Id of the publisher.", where="path", example="roads")
    return {
        "/datasets": {
            "get": operation(
                "search",
                "Search the catalogue.",
                [*search, *_paging(MOST_ROWS)],
                {**_json(ref("Found")), **linked, **html},
                "422",
            )
        },
        "/datasets/{name}": {
            "get": operation("dataset", "A dataset and its version.", [_name()], one, "404", "410")
        },
        "/datasets/{name}/rows": {
            "get": operation(
                "rows",
                "Rows, filtered, ordered, grouped, paged; `/rows.csv` and `/rows.geojson` give "
                "all of them as a file.",
                [_name(), *question],
                _json(ref("Rows")),
                *("404", "410", "413", "422"),
            )
        },
        "/datasets/{name}/features": {
            "get": operation(
                "features",
                "Features that touch a box, as GeoJSON.",
                [_name(), _BBOX, *_paging(MOST_FEATURES)],
                features,
                *("404", "410", "422"),
            )
        },
        "/datasets/{name}/versions": {
            "get": operation(
                "versions",
                "All versions, newest first.",
                [_name()],
                {**_json(ref("Versions")), **html},
                "404",
            )
        },
        "/datasets/{name}/copies": {
            "get": operation(
                "copies",
                "Copies of the dataset at other portals, and how often they are used there.",
                [_name()],
                {**_json({"type": "object"}), **html},
                "404",
            )
        },
        "/datasets/{name}/copies/{key}": {
            "get": operation(
                "copy",
                "Our copy of a file that lies elsewhere, as it was when last fetched.",
                [_name("Id of the dataset."), parameter("key", "Names the copy.", where="path")],
                {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
                "404",
            )
        },
        "/datasets/{name}/quality": {
            "get": operation(
                "quality",
                "Scores by udata's criteria, the European MQA and measured content, and what to "
                "do next.",
                [_name()],
                {**_json(ref("Quality")), **html},
                *("404", "410"),
            )
        },
        "/datasets/{name}/diff": {
            "get": operation(
                "diff",
                "What differs between two versions.",
                [_name(), *both],
                {**_json({"type": "object"}), **html},
                *("404", "410", "413", "422"),
            )
        },
        "/data/{name}": {
            "get": operation(
                "file",
                "A whole version as a file: the same bytes at the same address for ever.",
                [
                    parameter("name", file_name, where="path", example="bikes@3.csv"),
                    parameter("Range", "A part of the file: bytes=0-99.", where="header"),
                ],
                files,
                *("404", "410", "413", "416", "422"),
            )
        },
        "/publishers": {
            "get": operation(
                "publishers", "Who publishes here.", [], {**_json(ref("Publishers")), **html}
            )
        },
        "/publishers/{id}": {
            "get": operation(
                "publisher",
                "One publisher.",
                [publisher_id],
                {**_json(ref("Publisher")), **html},
                "404",
            )
        },
        "/healthz": {
            "get": operation("health", "Says that it answers.", [], _json({"type": "object"}))
        },
    }


def _writing() -> JsonObject:
    described = _json(ref("Dataset"))
    published = _json(ref("Published"))
    number = parameter("number", "Number of the version.", "integer", where="path")
    binary: JsonObject = {"schema": {"type": "string", "format": "binary"}}
    form: JsonObject = {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "format": "binary"},
                "note": {"type": "string"},
                "sheet": {"type": "string"},
                "expected": {"type": "integer"},
            },
        }
    }
    details = [
        _IF_MATCH,
        parameter("filename", "Name of the file, if the body is the file."),
        parameter("note", "What is new, in a sentence."),
        parameter("sheet", "Sheet, layer or member to read."),
        parameter("expected", "Number you believe to be the latest; 0 for none.", "integer"),
    ]
    summary = _json(ref("VersionSummary"))
    reason = _json(
        {"type": "object", "required": ["reason"], "properties": {"reason": {"type": "string"}}}
    )
    return {
        "/datasets": {
            "post": operation(
                "create",
                "Describe a new dataset.",
                [],
                described,
                status="201",
                body=described,
                needs="describe",
                tag="write",
            )
        },
        "/datasets/{name}": {
            "put": operation(
                "describe",
                "Replace a dataset's description.",
                [_name("Id of the dataset."), _IF_MATCH],
                described,
                *("404", "412"),
                body=described,
                needs="describe",
                tag="write",
            )
        },
        "/datasets/{name}/versions": {
            "post": operation(
                "publish",
                "Publish a file as the newest version; 200 if its content is the latest already.",
                [_name("Id of the dataset."), *details],
                published,
                *("404", "412"),
                status="201",
                body={"application/octet-stream": binary, "multipart/form-data": form},
                needs="publish",
                tag="write",
            )
        },
        "/datasets/{name}/versions/{number}": {
            "delete": operation(
                "delete_version",
                "Withdraw a version; its tombstone keeps the reason.",
                [_name("Id of the dataset."), number, parameter("reason", "Why, for readers.")],
                summary,
                "404",
                needs="withdraw",
                tag="write",
            )
        },
        "/datasets/{name}/versions/{number}/withdraw": {
            "post": operation(
                "withdraw",
                "Withdraw a version; its tombstone keeps the reason.",
                [_name("Id of the dataset."), number],
                summary,
                "404",
                body=reason,
                needs="withdraw",
                tag="write",
            )
        },
    }


def _faces() -> JsonObject:
    """What handlers of faces say of themselves, by path and method."""
    paths: JsonObject = {}
    for route in Router("/", route_handlers=list(plugged.routes())).routes:
        for one in plugged.handlers_in(route):
            if told := one.opt.get("operation"):
                methods = sorted(one.http_methods - {"OPTIONS", "HEAD"})
                found = paths.setdefault(route.path_format, {})
                for method in methods:
                    # One handler of two methods is two operations.
                    mark = "" if method == methods[0] else f"_{method.lower()}"
                    id = told["operationId"] + mark
                    found[method.lower()] = {**told, "operationId": id}
    return paths


@lru_cache(maxsize=8)
def document(base: str) -> JsonObject:
    """The whole description for a portal at this address; shared, so leave it as it is."""
    paths: JsonObject = _reading()
    works = described.paths(operation, parameter)
    uses = usage_described.paths(operation, parameter)
    proven = council_described.paths(operation, parameter)
    goals = goals_described.paths(operation, parameter)
    made = made_described.paths(operation, parameter)
    exchange = exchange_described.paths(operation, parameter)
    others = (_writing(), works, uses, goals, proven, made, exchange, _faces())
    for path, operations in (pair for some in others for pair in some.items()):
        paths.setdefault(path, {}).update(operations)
    problem = {_PROBLEM: {"schema": ref("Problem")}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "City Commons",
            "version": __version__,
            "description": "Open data of the city. Each resource answers HTML, JSON, JSON-LD or "
            "RDF, by the header Accept or by a suffix (`.json`, `.jsonld`, `.ttl`, `.rdf`, `.nt`). "
            "Errors are problem documents (RFC 9457). Positions are CRS84 (longitude, latitude), "
            "times are UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "tags": [
            {"name": "read", "description": "Open to everyone, as far as the data are."},
            {"name": "write", "description": "With an API key."},
            {"name": "faces", "description": "What other systems' clients speak."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": {
                f"E{code}": {"description": text, "content": problem}
                for code, text in _ERRORS.items()
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "cc_<id>_<secret>"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }
