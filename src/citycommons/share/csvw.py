"""What the columns of a version's CSV mean, as CSV on the Web says it.

References
----------
W3C Metadata Vocabulary for Tabular Data, 2015 (`{url}-metadata.json` is its default place).
"""

import re
from typing import Any
from urllib.parse import quote

from citycommons.core.types import Dataset, Field, FieldType, Text, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share.frictionless import WKT

_TYPES = {
    FieldType.INTEGER: "integer",
    FieldType.NUMBER: "double",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIME: "time",
    FieldType.DATETIME: "dateTime",
    FieldType.STRING: "string",
}


def metadata(dataset: Dataset, version: Version) -> dict[str, Any]:
    """The metadata document of `{dataset}@{version}.csv`, which lies beside it."""
    license = LICENSES.get(dataset.license)
    schema: dict[str, Any] = {"columns": _columns(version.fields)}
    names = {one.name: column["name"] for one, column in _paired(version.fields, schema)}
    if dataset.key and set(dataset.key) <= set(names):
        schema["primaryKey"] = [names[one] for one in dataset.key]
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": quote(f"{dataset.id}@{version.number}.csv"),
        "dc:title": _texts(dataset.title),
        "dc:description": _texts(dataset.description),
        "dc:publisher": dataset.attribution or dataset.publisher,
        "dc:license": {"@id": license.url} if license and license.url else None,
        "dc:source": dataset.source,
        "dc:issued": {"@value": version.created.date().isoformat(), "@type": "xsd:date"},
        "dcat:keyword": list(dataset.keywords),
        "tableSchema": schema,
    }
    return {name: value for name, value in described.items() if value}


def _paired(
    fields: tuple[Field, ...], schema: dict[str, Any]
) -> list[tuple[Field, dict[str, Any]]]:
    return list(zip(fields, schema["columns"], strict=True))


def _columns(fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    columns = []
    for number, one in enumerate(fields, 1):
        # A name may only hold what a URI template may, and not begin with an underscore.
        name = re.sub(r"[^A-Za-z0-9_.]", "_", one.name).strip("_.") or f"column{number}"
        while name in taken:
            name = f"{name}_{number}"
        taken.add(name)
        columns.append(_column(one, name))
    return columns


def _column(one: Field, name: str) -> dict[str, Any]:
    is_place = one.type is FieldType.GEOMETRY
    described = {
        "name": name,
        # The first title is what stands in the header.
        "titles": list(dict.fromkeys([one.name, *one.title.values()])),
        "dc:description": _texts(one.description),
        "datatype": {"base": "string", "@id": WKT} if is_place else _TYPES[one.type],
        "schema:unitCode": one.unit,
    }
    return {name: value for name, value in described.items() if value}


def _texts(text: Text) -> Any:
    many = [{"@value": value, "@language": language} for language, value in text.items() if value]
    return many[0] if len(many) == 1 else many
