"""Descriptions of datasets as Socrata gives them: `/api/views` and the catalogue of Discovery.

References
----------
Socrata developer documentation: “Discovery API” (`/api/catalog/v1`); the shape of `/api/views` is
that of its metadata as `sodapy` and others read it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from citycommons.core.types import Access, Field, FieldType, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share.catalogue import Entry, Found
from citycommons.share.expressions.names import Names
from citycommons.share.faces.soda import type_of
from citycommons.share.linked import words_in

_SHAPES = {
    frozenset({"POINT"}): "point",
    frozenset({"MULTIPOINT"}): "multipoint",
    frozenset({"LINESTRING"}): "line",
    frozenset({"MULTILINESTRING"}): "multiline",
    frozenset({"POLYGON"}): "polygon",
    frozenset({"MULTIPOLYGON"}): "multipolygon",
}


def place_type(kinds: frozenset[str]) -> str:
    """What a geometry column holds, by one word; mixed kinds by the widest that is there."""
    if found := _SHAPES.get(kinds):
        return found
    for word in ("POLYGON", "LINESTRING", "POINT"):
        if any(word in kind for kind in kinds):
            return _SHAPES[frozenset({f"MULTI{word}"})]
    return "point"


def view(entry: Entry, short: str, place: str, language: str, base: str) -> dict[str, Any]:
    """A dataset's metadata; `place` is the type of its geometry column."""
    dataset, version = entry.dataset, entry.version
    modified = _seconds(dataset.modified)
    changed = _seconds(version.created) if version else modified
    license = LICENSES.get(dataset.license)
    return {
        "id": short,
        "name": words_in(dataset.title, language),
        "description": words_in(dataset.description, language),
        "resourceName": dataset.id,
        "assetType": "dataset" if version else "href",
        "attribution": dataset.attribution or entry.publisher.name,
        "attributionLink": f"{base}/datasets/{quote(dataset.id)}",
        "category": dataset.theme,
        "tags": list(dataset.keywords),
        "createdAt": _seconds(dataset.created),
        "publicationDate": changed,
        "rowsUpdatedAt": changed,
        "viewLastModified": modified,
        "displayType": "table",
        "viewType": "tabular" if version else "href",
        "provenance": "official",
        "publicationStage": "published",
        "newBackend": True,
        "hideFromCatalog": False,
        "hideFromDataJson": False,
        "licenseId": dataset.license,
        "license": {
            "name": license.title if license else dataset.license,
            "termsLink": license.url if license else "",
        },
        "owner": {"id": entry.publisher.id, "displayName": entry.publisher.name},
        "rights": ["read"],
        "columns": columns(dataset.access, version, place, language) if version else [],
        "metadata": {
            "rdfSubject": "0",
            "availableDisplayTypes": ["table", "page"],
            "custom_fields": {"Dataset": {"Version": str(version.number)}} if version else {},
        },
    }


def head(view: dict[str, Any]) -> bytes:
    """What stands before the rows of `rows.json`: the metadata, hidden columns among them."""
    hidden: list[dict[str, Any]] = [
        {"id": -1, "name": name, "fieldName": f":{name}", "dataTypeName": "meta_data",
         "renderTypeName": "meta_data", "position": 0, "format": {}, "flags": ["hidden"]}
        for name in ("sid", "id", "position", "created_at", "created_meta", "updated_at",
                     "updated_meta", "meta")
    ]  # fmt: skip
    meta = {"meta": {"view": {**view, "columns": [*hidden, *view["columns"]]}}}
    return orjson.dumps(meta)[:-1] + b',"data":['


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def columns(access: Access, version: Version, place: str, language: str) -> list[dict[str, Any]]:
    """The columns, and what is known of their values where anybody may know it."""
    names = Names(fields=version.fields)
    known = {one.name: one for one in version.statistics} if access is Access.PUBLIC else {}
    found = []
    for number, field in enumerate(version.fields, 1):
        kind = type_of("", field, place)
        one: dict[str, Any] = {
            "id": number,
            "tableColumnId": number,
            "name": words_in(field.title, language) or field.name,
            "fieldName": names.of[field.name],
            "description": _described(field, language),
            "dataTypeName": _older(kind),
            "renderTypeName": _older(kind),
            "position": number,
            "format": {},
        }
        if (counted := known.get(field.name)) and not field.is_sensitive:
            one["cachedContents"] = {
                "count": str(version.rows),
                "non_null": str(version.rows - counted.nulls),
                "null": str(counted.nulls),
                "cardinality": str(counted.distinct),
            }
        found.append(one)
    return found


def _described(field: Field, language: str) -> str:
    words = words_in(field.description, language)
    return f"{words} ({field.unit})".strip() if field.unit else words


def _older(kind: str) -> str:
    return "calendar_date" if kind == "floating_timestamp" else kind


def catalogue(
    found: Found, shorts: Mapping[str, str], language: str, base: str, domain: str
) -> dict[str, Any]:
    """One page of the catalogue as Discovery gives it."""
    return {
        "results": [_result(one, shorts[one.dataset.id], language, base, domain)
                    for one in found.entries],
        "resultSetSize": found.total,
        "timings": {"serviceMillis": 0, "searchMillis": [0, 0]},
        "warnings": [],
    }  # fmt: skip


def _result(entry: Entry, short: str, language: str, base: str, domain: str) -> dict[str, Any]:
    dataset, version = entry.dataset, entry.version
    fields: Sequence[Field] = version.fields if version else ()
    names = Names(fields=fields)
    license = LICENSES.get(dataset.license)
    changed = version.created if version else dataset.modified
    return {
        "resource": {
            "name": words_in(dataset.title, language),
            "id": short,
            "resource_name": dataset.id,
            "parent_fxf": [],
            "description": words_in(dataset.description, language),
            "attribution": dataset.attribution or entry.publisher.name,
            "attribution_link": f"{base}/datasets/{quote(dataset.id)}",
            "contact_email": None,
            "type": "dataset" if version else "href",
            "createdAt": _iso(dataset.created),
            "updatedAt": _iso(dataset.modified),
            "metadata_updated_at": _iso(dataset.modified),
            "data_updated_at": _iso(changed),
            "publication_date": _iso(changed),
            "columns_name": [words_in(f.title, language) or f.name for f in fields],
            "columns_field_name": [names.of[f.name] for f in fields],
            "columns_datatype": [_readable(f) for f in fields],
            "columns_description": [_described(f, language) for f in fields],
            "columns_format": [{} for _ in fields],
            "provenance": "official",
            "lens_view_type": "tabular" if version else "href",
            "locked": False,
            "blob_mime_type": None,
            "hide_from_data_json": False,
        },
        "classification": {
            "categories": [dataset.theme] if dataset.theme else [],
            "tags": [],
            "domain_category": dataset.theme,
            "domain_tags": list(dataset.keywords),
            "domain_metadata": [],
        },
        "metadata": {"domain": domain, "license": license.title if license else dataset.license},
        "permalink": f"{base}/d/{short}",
        "link": f"{base}/datasets/{quote(dataset.id)}",
        "owner": {"id": entry.publisher.id, "display_name": entry.publisher.name},
        "creator": {"id": entry.publisher.id, "display_name": entry.publisher.name},
    }


def _iso(moment: datetime | None) -> str | None:
    return (
        None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
    )


def _readable(field: Field) -> str:
    if field.type is FieldType.GEOMETRY:
        return "Location"
    kind = _older(type_of("", field, "point"))
    return {"calendar_date": "Calendar date"}.get(kind, kind.capitalize())
