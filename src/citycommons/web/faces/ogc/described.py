"""The operations of the OGC door as OpenAPI describes them; errors in OGC's own form."""

from typing import Any

from citycommons.share.crs import OFFERED
from citycommons.share.faces.ogc_items import DEFAULT, LANGUAGES, MOST
from citycommons.share.faces.ogc_links import GEOJSON, JSON, SCHEMA
from citycommons.web.openapi import operation, parameter

JsonObject = dict[str, Any]

_TEXTS = {
    "400": "A parameter is unknown, or its value cannot be used; the description says which.",
    "401": "No or no valid API key.",
    "403": "The key or account may not do this.",
    "404": "It is not here, or you may not know that it is.",
    "410": "The version was withdrawn; the description says when and why.",
    "413": "The question takes too long or too much memory.",
    "429": "Too many requests; wait as long as `Retry-After` says.",
    "503": "Too many long questions at once; try again in a few seconds.",
}
_EXCEPTION: JsonObject = {
    "type": "object",
    "required": ["code"],
    "properties": {"code": {"type": "string"}, "description": {"type": "string"}},
}
LINK: JsonObject = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
}
_LINKS: JsonObject = {"type": "array", "items": LINK}
DOCUMENT: JsonObject = {"type": "object", "required": ["links"], "properties": {"links": _LINKS}}
_FEATURE: JsonObject = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "integer"},
        "geometry": {"type": "object", "nullable": True},
        "properties": {"type": "object"},
        "links": _LINKS,
    },
}
_COLLECTION: JsonObject = {
    "type": "object",
    "required": ["type", "features", "numberMatched", "numberReturned", "links"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": _FEATURE},
        "links": _LINKS,
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}
F = parameter("f", "`json`, or `html` for the portal's page.", enum=["json", "html"])
_LANG = parameter("lang", "Language of titles: en, it, fr or de.")
DATASET = parameter("dataset", "Id of the collection: of a dataset.", where="path", example="bikes")
_FEATURE_ID = parameter("feature_id", "Id of the feature or record.", where="path", example="0")
LIMIT = parameter(
    "limit",
    f"Features on a page; more than {MOST} gives {MOST}.",
    "integer",
    minimum=1,
    maximum=MOST,
    default=DEFAULT,
)
OFFSET = parameter("offset", "How many to leave out first.", "integer", minimum=0, default=0)


def _listed(name: str, text: str, numbers: JsonObject, **more: Any) -> JsonObject:
    told = {"type": "array", "items": numbers, **more}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": told,
        "style": "form",
        "explode": False,
    }


BBOX = _listed(
    "bbox",
    "Features that touch the box, or have no place. West above east crosses the date line.",
    {"type": "number"},
    minItems=4,
    maxItems=6,
)
DATETIME = parameter(
    "datetime",
    "Features that meet the time or interval (`/`, open with `..`), or have no time.",
    example="2026-01-01T00:00:00Z/..",
)
_CRS = parameter("crs", "URI of the reference system of the answer.", enum=list(OFFERED))
_ITEMS = [
    BBOX,
    parameter("bbox-crs", "URI of the reference system of `bbox`.", enum=list(OFFERED)),
    DATETIME,
    LIMIT,
    OFFSET,
    _CRS,
    parameter("q", "Words that occur in texts; with commas between, any of them."),
    parameter("filter", "A CQL2 expression.", example="count > 10 AND street LIKE 'Ha%'"),
    parameter("filter-lang", "Language of `filter`.", enum=list(LANGUAGES)),
    parameter("filter-crs", "URI of the reference system in `filter`.", enum=list(OFFERED)),
    _listed("sortby", "Properties to sort by; `-` before one descends.", {"type": "string"}),
    _listed("properties", "Properties to give; all without.", {"type": "string"}),
    F,
    {
        "name": "queryables",
        "in": "query",
        "required": False,
        "description": "Every queryable is a filter: `property=value`.",
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        "style": "form",
        "explode": True,
    },
]


def told(
    id: str,
    summary: str,
    parameters: list[JsonObject],
    schema: JsonObject,
    *errors: str,
    media: str = JSON,
) -> JsonObject:
    """An operation whose errors are OGC exceptions; browsers are sent to the portal's page."""
    found = operation(f"ogc_{id}", summary, parameters, {media: {"schema": schema}}, tag="faces")
    answers = {"200": found["responses"]["200"]}
    answers["303"] = {"description": "The portal's page, for `f=html` and browsers."}
    content = {JSON: {"schema": _EXCEPTION}}
    for code in sorted({"400", "429", *errors}):
        answers[code] = {"description": _TEXTS[code], "content": content}
    return {**found, "responses": answers}


LANDING = told("landing", "Where to begin.", [F], DOCUMENT)
CONFORMS = told(
    "conformance",
    "The standards this door keeps to.",
    [F],
    {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
)
API = told(
    "api",
    "This description.",
    [F],
    {"type": "object"},
    media="application/vnd.oai.openapi+json;version=3.0",
)
_PAGE = [
    parameter("limit", "Collections on a page.", "integer", minimum=1, default=1000, maximum=1000),
    OFFSET,
    _LANG,
    F,
]
COLLECTIONS = told("collections", "The datasets, as collections of features.", _PAGE, DOCUMENT)
_READ = ("401", "403", "404", "410")
COLLECTION = told("collection", "One dataset.", [DATASET, _LANG, F], DOCUMENT, "404")
QUERYABLES = told(
    *("queryables", "What filters may name.", [DATASET, _LANG, F], {"type": "object"}, "404"),
    media=SCHEMA,
)
SCHEMA_OF = told(
    *("schema", "What a feature holds.", [DATASET, _LANG, F], {"type": "object"}, "404"),
    media=SCHEMA,
)
ITEMS = told(
    "items", "Features of a dataset.", [DATASET, *_ITEMS], _COLLECTION, *_READ, "413", "503",
    media=GEOJSON,
)  # fmt: skip
ITEM = told(
    "item", "One feature.", [DATASET, _FEATURE_ID, _CRS, F], _FEATURE, *_READ, media=GEOJSON
)
RECORDS = told("records", "The catalogue, as a collection of records.", [_LANG, F], DOCUMENT)
RECORD_NAMES = told(
    *("record_queryables", "What records may be asked by.", [F], {"type": "object"}),
    media=SCHEMA,
)
_RECORD: JsonObject = {
    **_FEATURE,
    "properties": {**_FEATURE["properties"], "id": {"type": "string"}},
}
_RECORD_QUERY = [
    parameter("q", "Words to search for; with commas between, any of them.", example="bus,tram"),
    BBOX,
    DATETIME,
    parameter("type", "Kind of resource; all are `dataset`."),
    parameter("ids", "Ids of records, with commas."),
    parameter("externalIds", "The origins' own identifiers, with commas."),
    *(
        parameter(name, f"A {name}; several with commas.")
        for name in ("license", "publisher", "theme", "keyword", "format")
    ),
    parameter("limit", "Records on a page.", "integer", minimum=1, maximum=1000, default=10),
    OFFSET,
    parameter("sortby", "title, id, created or updated; `-` before one descends."),
    _LANG,
    F,
]
RECORD_ITEMS = told(
    "record_items",
    "Records of the catalogue.",
    _RECORD_QUERY,
    {
        **_COLLECTION,
        "properties": {
            **_COLLECTION["properties"],
            "features": {"type": "array", "items": _RECORD},
        },
    },
    media=GEOJSON,
)
RECORD = told("record", "One record.", [DATASET, _LANG, F], _RECORD, "404", media=GEOJSON)
