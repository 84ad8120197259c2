"""A version as a Data Package: `datapackage.json`, and a ZIP of it with the rows as CSV.

References
----------
Frictionless Data Package, Tabular Data Resource and Table Schema 1.0 (specs.frictionlessdata.io).
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from citycommons.core.types import Dataset, Field, FieldType, Text, Version
from citycommons.govern.licenses import LICENSES

WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_NAME = "datapackage.json"


def package(dataset: Dataset, version: Version) -> dict[str, Any]:
    """The descriptor; its one resource is the CSV file beside it."""
    license = LICENSES.get(dataset.license)
    described = {
        "profile": "tabular-data-package",
        "name": _slug(dataset.id),
        "title": _text(dataset.title),
        "description": _text(dataset.description),
        "version": str(version.number),
        "created": version.created.isoformat(timespec="seconds"),
        "homepage": dataset.landing_page,
        "keywords": list(dataset.keywords),
        "licenses": license
        and [_filled({"name": license.id, "title": license.title, "path": license.url})],
        "sources": _sources(dataset),
        "contributors": [
            {"title": dataset.attribution or dataset.publisher, "role": "publisher"},
        ],
        "resources": [_resource(dataset, version)],
    }
    return _filled(described)


def archive(descriptor: bytes, csv: Iterator[bytes], version: Version) -> Iterator[bytes]:
    """The ZIP, a piece at a time; the same descriptor and rows give the same bytes."""
    pipe = _Pipe()
    path = f"{version.dataset}@{version.number}.csv"
    with zipfile.ZipFile(pipe, "w") as zip:
        zip.writestr(_entry(_NAME, version.created), descriptor, compresslevel=1)
        entry = _entry(path, version.created)
        entry._compresslevel = 1  # type: ignore[attr-defined]
        with zip.open(entry, "w", force_zip64=True) as file:
            for piece in csv:
                file.write(piece)
                yield pipe.taken()
    yield pipe.taken()


def table_schema(fields: tuple[Field, ...], key: tuple[str, ...]) -> dict[str, Any]:
    """What the columns of the CSV mean."""
    schema: dict[str, Any] = {
        "fields": [_field(one) for one in fields],
        "missingValues": [""],
    }
    if key and set(key) <= {one.name for one in fields}:
        schema["primaryKey"] = list(key)
    return schema


def _resource(dataset: Dataset, version: Version) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": _slug(dataset.id),
        "path": f"{dataset.id}@{version.number}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "header": True},
        "schema": table_schema(version.fields, dataset.key),
    }


def _field(one: Field) -> dict[str, Any]:
    is_place, is_flag = one.type is FieldType.GEOMETRY, one.type is FieldType.BOOLEAN
    return _filled(
        {
            "name": one.name,
            "type": "string" if is_place else str(one.type),
            "title": _text(one.title),
            "description": _text(one.description),
            "rdfType": WKT if is_place else "",
            "unit": one.unit,
            "trueValues": ["true"] if is_flag else None,
            "falseValues": ["false"] if is_flag else None,
        }
    )


def _sources(dataset: Dataset) -> list[dict[str, str]]:
    if not dataset.source:
        return []
    is_address = re.match(r"https?://\S+$", dataset.source)
    path = {"path": dataset.source} if is_address else {}
    return [{"title": dataset.attribution or dataset.source, **path}]


def _text(text: Text) -> str:
    return text.get("en") or next(iter(text.values()), "")


def _slug(id: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", id.lower()).strip("-") or "data"


def _filled(described: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in described.items() if value}


def _entry(name: str, made: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (max(made.year, 1980), *made.timetuple()[1:6]))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return entry


class _Pipe:
    """What is written, to be taken a piece at a time."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def descriptor(dataset: Dataset, version: Version) -> bytes:
    """`datapackage.json` as bytes."""
    return orjson.dumps(package(dataset, version), option=orjson.OPT_INDENT_2)
