"""OGC API Records: entries of the catalogue as records, and what a client asks of them.

References
----------
OGC 20-004r1, OGC API - Records - Part 1: Core.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from citycommons.core.errors import Invalid
from citycommons.core.types import Dataset, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share.catalogue import Entry, Search, Sort
from citycommons.share.crs import WORLD
from citycommons.share.exports import formats
from citycommons.share.faces.ogc_collections import address, period
from citycommons.share.faces.ogc_items import moments, whole
from citycommons.share.faces.ogc_links import GEOJSON, HTML, SCHEMA, Link, Pairs, itself, link
from citycommons.share.linked import words_in
from citycommons.store import search
from citycommons.store.conditions import Condition, Every, Has, Lasts, Meets, Says, Some

JsonObject = dict[str, Any]

ID = "_records"
"""The collection of records: no dataset's id begins so (`core.ids`)."""

MOST = 1_000
PARAMETERS = (
    *("q", "bbox", "datetime", "type", "ids", "externalIds", "limit", "offset", "sortby"),
    *("license", "publisher", "theme", "keyword", "format"),
)
_SPEC = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf"
CONFORMANCE = tuple(
    f"{_SPEC}/{one}"
    for one in (
        *("record-core", "record-collection", "record-core-query-parameters", "record-api"),
        *("searchable-catalog", "sorting", "json"),
    )
)
_TYPE = "dataset"
_THEMES = "http://publications.europa.eu/resource/authority/data-theme"
_SORTS = {"title": "title", "id": "id", "updated": "modified", "created": "created"}
_SPDX = ("CC", "ODC", "ODbL", "PDDL", "OGL", "etalab")


def ask(pairs: Pairs) -> Search:
    """What an address's parameters ask of the catalogue.

    Raises `Invalid` that names the parameter that is unknown or wrong.
    """
    given: dict[str, str] = {}
    for name, text in pairs:
        if name not in PARAMETERS:
            raise Invalid(f"“{name[:60]}” is no parameter of the records.", parameter=name)
        if name in given:
            raise Invalid(f"“{name}” is given twice; give it once.", parameter=name)
        given[name] = text
    terms = [term.strip() for term in given.get("q", "").split(",") if term.strip()]
    return Search(
        # One term is searched by relevance; several are alternatives.
        text=terms[0] if len(terms) == 1 else "",
        is_exact=True,
        condition=Every(tuple(_conditions(given, terms))),
        sort=Sort.RELEVANCE if terms else Sort.TITLE,
        order=tuple(_order(given)),
        limit=min(whole(given, "limit", 10, least=1), MOST),
        offset=whole(given, "offset", 0),
        most=MOST,
    )


def _conditions(given: Mapping[str, str], terms: Sequence[str]) -> Iterator[Condition]:
    if len(terms) > 1:
        yield Some(tuple(Says(tuple(search.words(term))) for term in terms[:12]))
    if "type" in given and _TYPE not in _listed(given["type"]):
        yield Some(())
    if "ids" in given:
        yield Some(tuple(Has("id", one) for one in _listed(given["ids"])))
    if "externalIds" in given:
        # With or without its scheme before a colon.
        some = (one for text in _listed(given["externalIds"]) for one in _spellings(text))
        yield Some(tuple(Has("identifier", one) for one in some))
    for name in ("license", "publisher", "theme", "keyword", "format"):
        if name in given:
            yield Some(tuple(Has(name, one) for one in _listed(given[name])))
    if "bbox" in given:
        yield Meets(_boxes(given["bbox"]))
    if "datetime" in given:
        first, last = moments(given["datetime"])
        yield Lasts(first.date() if first else None, last.date() if last else None)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()][:100]


def _spellings(text: str) -> tuple[str, ...]:
    scheme, mark, value = text.partition(":")
    return (text, value) if mark and value and scheme else (text,)


def _boxes(text: str) -> tuple[tuple[float, float, float, float], ...]:
    try:
        found = WORLD.bbox([float(part) for part in text.split(",")])
    except ValueError as cause:
        raise Invalid(f"“bbox”: “{text[:60]}” is not four numbers.", parameter="bbox") from cause
    except Invalid as cause:
        raise Invalid(f"“bbox”: {cause.message}", parameter="bbox") from cause
    assert found is not None  # noqa: S101  degrees have straight edges
    west, south, east, north = found
    if west <= east:
        return (found,)
    return (west, south, 180.0, north), (-180.0, south, east, north)


def _order(given: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    for item in _listed(given.get("sortby", "")):
        name = item.lstrip("+- ")
        if name not in _SORTS:
            told = ", ".join(_SORTS)
            raise Invalid(f"“sortby”: “{name[:40]}” is not one of {told}.", parameter="sortby")
        yield _SORTS[name], item.startswith("-")


def catalog(name: str, base: str, numbers: Mapping[str, Any]) -> JsonObject:
    """The collection of records."""
    here = address(base, ID)
    return {
        "id": ID,
        "type": "Collection",
        "title": f"{name}: catalogue",
        "description": "All entries of the catalogue as records, those without data here too.",
        "itemType": "record",
        "conformsTo": [f"{_SPEC}/record-collection"],
        "recordsArrayName": "features",
        "defaultSortOrder": [{"field": "title", "direction": "asc"}],
        **numbers,
        "links": [
            *itself(here),
            link("items", f"{here}/items", GEOJSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{here}/queryables", SCHEMA),
        ],
    }


def queryables(base: str) -> JsonObject:
    """What records may be asked by."""
    texts = ("q", "type", "externalIds", "license", "publisher", "theme", "keyword", "format")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{address(base, ID)}/queryables",
        "type": "object",
        "title": "Records",
        "properties": {name: {"type": "string"} for name in texts},
        "additionalProperties": False,
    }


def record(one: Entry, portal: str, base: str, language: str) -> JsonObject:
    """An entry as a record."""
    dataset, version = one.dataset, one.version
    return {
        "type": "Feature",
        "id": dataset.id,
        "conformsTo": [f"{_SPEC}/record-core"],
        "time": _time(dataset, version),
        "geometry": _geometry(version),
        "properties": _without_empty(_properties(one, language)),
        "links": list(_links(one, portal, base)),
    }


def _properties(one: Entry, language: str) -> JsonObject:
    dataset, version = one.dataset, one.version
    is_known = dataset.license.startswith(_SPDX)
    return {
        "type": _TYPE,
        "title": words_in(dataset.title, language),
        "description": words_in(dataset.description, language),
        "keywords": list(dataset.keywords),
        "themes": _themes(dataset),
        "language": {"code": language},
        "languages": [{"code": code} for code in sorted(dataset.title)],
        "created": _moment(dataset.created),
        "updated": _moment(dataset.modified),
        "externalIds": [{"value": dataset.identifier}] if dataset.identifier else [],
        "formats": _formats(dataset, version),
        "contacts": [_contact(one)],
        "license": dataset.license if is_known else "other",
        "rights": dataset.attribution,
    }


def _themes(dataset: Dataset) -> list[JsonObject]:
    if not dataset.theme:
        return []
    return [{"scheme": _THEMES, "concepts": [{"id": f"{_THEMES}/{dataset.theme}"}]}]


def _formats(dataset: Dataset, version: Version | None) -> list[JsonObject]:
    own = [
        {"name": f.title, "mediaType": f.media_type.partition(";")[0]}
        for f in (formats(version) if version else ())
    ]
    names = dict.fromkeys(one.format for one in dataset.links if one.format)
    return own + [{"name": name} for name in names]


def _contact(one: Entry) -> JsonObject:
    told: JsonObject = {"organization": one.publisher.name, "roles": ["publisher"]}
    if one.publisher.homepage:
        told["links"] = [link("about", one.publisher.homepage, HTML)]
    return told


def _links(one: Entry, portal: str, base: str) -> Iterator[Link]:
    dataset, version = one.dataset, one.version
    here = f"{address(base, ID)}/items/{quote(dataset.id)}"
    page = f"{portal}/datasets/{quote(dataset.id)}"
    yield link("self", here, GEOJSON)
    yield link("collection", address(base, ID))
    yield link("alternate", page, HTML)
    yield link("describedby", f"{page}.jsonld", "application/ld+json")
    if (license := LICENSES.get(dataset.license)) and license.url:
        yield link("license", license.url, HTML, license.title)
    if version:
        yield link("item", f"{address(base, dataset.id)}/items", GEOJSON)
        for file in formats(version):
            href = f"{portal}/data/{quote(dataset.id)}@latest.{file.id}"
            yield link("enclosure", href, file.media_type.partition(";")[0], file.title)
    for other in dataset.links:
        yield {"rel": "related", "href": other.url, "title": other.title or other.format or "file"}


def _geometry(version: Version | None) -> JsonObject | None:
    if version is None or version.bounds is None:
        return None
    w, s, e, n = version.bounds
    return {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}


def _time(dataset: Dataset, version: Version | None) -> JsonObject | None:
    start, end = period(dataset, version)
    if not (start or end):
        return None
    return {"interval": [start or "..", end or ".."]}


def _moment(given: Any) -> str:
    return given.strftime("%Y-%m-%dT%H:%M:%SZ") if given else ""


def _without_empty(told: JsonObject) -> JsonObject:
    return {name: value for name, value in told.items() if value not in ("", [], {}, None)}
