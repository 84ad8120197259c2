"""OGC API documents of datasets: collections, queryables and schemas.

References
----------
OGC 17-069r4 (Features Part 1), 18-058r1 (Part 2), 19-079r2 (Part 3), 23-058r1 (Part 5).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from citycommons.core.types import Dataset, Field, FieldRole, FieldType, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share.catalogue import Entry
from citycommons.share.crs import CRS84, OFFERED
from citycommons.share.exports import formats
from citycommons.share.faces.ogc_links import GEOJSON, HTML, REL, SCHEMA, Link, link
from citycommons.share.linked import words_in
from citycommons.share.tiles.described import JSON_TYPES

JsonObject = dict[str, Any]

_TYPES = {**JSON_TYPES, FieldType.GEOMETRY: {"format": "geometry-any"}}


def address(base: str, id: str) -> str:
    """The address of a collection; `base` is that of the landing page."""
    return f"{base}/collections/{quote(id, safe='@')}"


def collection(one: Entry, version: Version, portal: str, base: str, language: str) -> JsonObject:
    """A dataset as a collection; `portal` is the address of the portal, `base` that of this API."""
    dataset = one.dataset
    told: JsonObject = {
        "id": dataset.id,
        "title": words_in(dataset.title, language),
        "description": words_in(dataset.description, language),
        "keywords": list(dataset.keywords),
        "license": dataset.license,
        "attribution": dataset.attribution,
        "publisher": one.publisher.name,
        "extent": extent(dataset, version),
        "itemType": "feature",
        "crs": [],
        "links": links(dataset, version, portal, base),
    }
    if version.geometry:
        told |= {"crs": list(OFFERED), "storageCrs": CRS84}
    return {name: value for name, value in told.items() if value not in ("", [], {}, None)}


def links(dataset: Dataset, version: Version, portal: str, base: str) -> list[Link]:
    """Links of a collection: itself, its items, what can be asked, its page, licence and files."""
    here, page = address(base, dataset.id), f"{portal}/datasets/{quote(dataset.id)}"
    title = words_in(dataset.title, "en")
    found = [
        link("self", here),
        link("alternate", page, HTML),
        link("items", f"{here}/items", GEOJSON, title),
        link("items", f"{here}/items?f=html", HTML, title),
        link(f"{REL}/queryables", f"{here}/queryables", SCHEMA),
        link(f"{REL}/schema", f"{here}/schema", SCHEMA),
        link("describedby", f"{page}.jsonld", "application/ld+json"),
    ]
    if version.geometry:
        found.append(link(f"{REL}/tilesets-vector", f"{here}/tiles"))
        found.append(link(f"{REL}/styles", f"{here}/styles"))
    if (license := LICENSES.get(dataset.license)) and license.url:
        found.append(link("license", license.url, HTML, license.title))
    files = f"{portal}/data/{quote(dataset.id)}@{version.number}"
    for one in formats(version):
        media = one.media_type.partition(";")[0]
        found.append(link("enclosure", f"{files}.{one.id}", media, one.title))
    return found


def extent(dataset: Dataset, version: Version | None) -> JsonObject:
    """Where and when it lies, as far as that is known."""
    told: JsonObject = {}
    if version is not None and version.bounds is not None:
        told["spatial"] = {"bbox": [list(version.bounds)], "crs": CRS84}
    start, end = period(dataset, version)
    if start or end:
        told["temporal"] = {"interval": [[start, end]]}
    return told


def period(dataset: Dataset, version: Version | None) -> tuple[str | None, str | None]:
    """First and last moment as RFC 3339 has them; None for what is open."""
    if any(dataset.temporal):
        first, last = dataset.temporal
        return _moment(first), _moment(last, is_end=True)
    if version is None or version.period is None:
        return None, None
    first_text, last_text = version.period
    return _moment(first_text), _moment(last_text, is_end=True)


def _moment(given: date | str | None, *, is_end: bool = False) -> str | None:
    if given is None or given == "..":
        return None
    text = str(given).replace(" ", "T")
    if len(text) == 10:
        return text + ("T23:59:59Z" if is_end else "T00:00:00Z")
    return text.replace("+00:00", "Z") if text.endswith("+00:00") else text.rstrip("Z") + "Z"


def queryables(id: str, version: Version, title: str, base: str, language: str) -> JsonObject:
    """What filters may name (Part 3, clause 6.2)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{address(base, id)}/queryables",
        "type": "object",
        "title": title,
        "properties": {
            field.name: _property(field, version.fields, language) for field in version.fields
        },
        "additionalProperties": False,
    }


def schema(id: str, version: Version, title: str, base: str, language: str) -> JsonObject:
    """What a feature holds (Part 5, clause 6): the properties, their order, types and units."""
    properties: JsonObject = {
        "id": {"type": "integer", "x-ogc-role": "id", "title": "Row of this version, from 0"}
    }
    if any(field.name == "id" for field in version.fields):
        properties = {}
    for place, field in enumerate(version.fields, 1):
        properties[field.name] = {
            **_property(field, version.fields, language),
            "x-ogc-propertySeq": place,
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{address(base, id)}/schema",
        "type": "object",
        "title": title,
        "properties": properties,
    }


def _property(field: Field, fields: Sequence[Field], language: str) -> JsonObject:
    told: JsonObject = {
        **_TYPES[field.type],
        "title": words_in(field.title, language),
        "description": words_in(field.description, language),
        "x-ogc-unit": field.unit,
        "x-ogc-unitLang": "UCUM" if field.unit else "",
        "x-ogc-role": _role(field, fields),
    }
    return {name: value for name, value in told.items() if value}


def _role(field: Field, fields: Sequence[Field]) -> str:
    kinds = (FieldType.DATE, FieldType.DATETIME)
    if field == next((f for f in fields if f.type is FieldType.GEOMETRY), None):
        return "primary-geometry"
    if field == next((f for f in fields if f.role is FieldRole.TIME and f.type in kinds), None):
        return "primary-instant"
    return ""
