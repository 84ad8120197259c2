"""A dataset for machine learning: Croissant.

References
----------
MLCommons: Croissant Format Specification 1.0.
"""

from citycommons.core.types import Dataset, Field, FieldType, Publisher, Version
from citycommons.share.exports import formats
from citycommons.share.linked.citations import citation
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.schema_org import schema_dataset
from citycommons.share.linked.terms import Node, without_empty

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    FieldType.STRING: "sc:Text",
    FieldType.INTEGER: "sc:Integer",
    FieldType.NUMBER: "sc:Float",
    FieldType.BOOLEAN: "sc:Boolean",
    FieldType.DATE: "sc:Date",
    FieldType.DATETIME: "sc:Date",
    FieldType.TIME: "sc:Text",
    FieldType.GEOMETRY: "sc:Text",  # WKB; there is no type for shapes
}


def croissant(
    portal: Portal, dataset: Dataset, version: Version, publisher: Publisher, *, language: str
) -> Node:
    """The version with its stored file, whose checksum is known, and its columns as fields."""
    known = schema_dataset(portal, dataset, version, publisher, language=language)
    taken = ["name", "description", "url", "keywords", "license", "creator", "publisher"]
    taken += ["datePublished", "dateModified", "sameAs", "inLanguage"]
    file = next(one for one in formats(version) if one.suffix == "parquet")
    return {
        "@context": CONTEXT | {"@language": language},
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **{name: known[name] for name in taken if name in known},
        "version": f"{version.number}.0.0",
        "citeAs": citation(dataset, version, publisher, base=portal.url, language=language),
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "file",
                "name": f"{dataset.id}@{version.number}.{file.suffix}",
                "description": file.title,
                "contentUrl": f"{portal.url}/data/{dataset.id}@{version.number}.{file.id}",
                "contentSize": f"{version.bytes} B",
                "encodingFormat": "application/x-parquet",
                "sha256": version.file,
            }
        ],
        "recordSet": [
            without_empty(
                {
                    "@type": "cr:RecordSet",
                    "@id": "rows",
                    "name": "rows",
                    "key": [{"@id": f"rows/{name}"} for name in _key(dataset, version)],
                    "field": [_field(one, language) for one in version.fields],
                }
            )
        ],
    }


def _key(dataset: Dataset, version: Version) -> list[str]:
    there = {field.name for field in version.fields}
    return list(dataset.key) if there.issuperset(dataset.key) else []


def _field(field: Field, language: str) -> Node:
    words = field.description or field.title
    said = words.get(language) or next(iter(words.values()), "")
    return without_empty(
        {
            "@type": "cr:Field",
            "@id": f"rows/{field.name}",
            "name": field.name,
            "description": f"{said} [{field.unit}]".strip() if field.unit else said,
            "dataType": _TYPES[field.type],
            "source": {"fileObject": {"@id": "file"}, "extract": {"column": field.name}},
        }
    )
