"""A dataset for search engines: schema.org, as Google's dataset search reads it.

References
----------
schema.org 29: Dataset, DataDownload, DataCatalog. Google Search Central: Dataset structured data.
"""

from typing import Any

from citycommons.core.types import Access, ActorKind, Dataset, Publisher, Text, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share.exports import formats
from citycommons.share.linked.places import period
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.services import dataset_address
from citycommons.share.linked.terms import Node, iri, without_empty

_SHORTEST, _LONGEST = 50, 5000  # of a description, as Google wants it
_PERSONS = (ActorKind.PERSON,)


def schema_dataset(
    portal: Portal,
    dataset: Dataset,
    version: Version | None,
    publisher: Publisher,
    *,
    language: str = "",
) -> Node:
    """The dataset; in one language where it is named, else each text in all of its languages."""
    address = dataset_address(portal, dataset.id)
    license = LICENSES.get(dataset.license)
    agent = organization(portal, publisher)
    modified = version.created if version else dataset.modified
    return without_empty(
        {
            "@id": address,
            "@type": "Dataset",
            "name": _said(dataset.title, language),
            "description": _said(described(dataset, publisher), language),
            "url": address,
            "identifier": [address, *([dataset.identifier] if dataset.identifier else [])],
            "sameAs": iri(dataset.source) if dataset.source.startswith("http") else "",
            "keywords": list(dataset.keywords),
            "license": license.url if license else "",
            "isAccessibleForFree": dataset.access is Access.PUBLIC,
            "creator": agent,
            "publisher": agent,
            "creditText": dataset.attribution,
            "inLanguage": sorted({language} if language else dataset.title),
            "version": str(version.number) if version else "",
            "datePublished": dataset.created.date().isoformat() if dataset.created else "",
            "dateModified": modified.date().isoformat() if modified else "",
            "temporalCoverage": _interval(period(dataset, version)),
            "spatialCoverage": _place(dataset, version),
            "variableMeasured": _variables(version, language),
            "includedInDataCatalog": {
                "@type": "DataCatalog",
                "name": portal.name,
                "url": f"{portal.url}/datasets",
            },
            "distribution": _downloads(portal, dataset, version),
        }
    )


def _said(text: Text, language: str) -> Any:
    if language:
        return text.get(language) or text.get("en") or next(iter(text.values()), "")
    return [{"@language": tag, "@value": words} for tag, words in sorted(text.items()) if words]


_BY = {
    "en": "{title}. Data published by {name}, with their fields, licence and files.",
    "it": "{title}. Dati pubblicati da {name}, con i loro campi, la licenza e i file.",
    "fr": "{title}. Données publiées par {name}, avec leurs champs, licence et fichiers.",
    "de": "{title}. Daten, veröffentlicht von {name}, mit ihren Feldern, Lizenz und Dateien.",
}


def described(dataset: Dataset, publisher: Publisher) -> Text:
    """The description, not shorter than search engines take it and not longer."""
    found = {}
    for tag, title in (dataset.description or dataset.title).items():
        text = " ".join(title.split())
        if len(text) < _SHORTEST:
            whole = dataset.title.get(tag) or next(iter(dataset.title.values()), "")
            by = _BY.get(tag, _BY["en"]).format(title=whole, name=publisher.name)
            text = f"{text.rstrip('.')}. {by}" if text and text != whole else by
        found[tag] = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return found


def organization(portal: Portal, publisher: Publisher) -> Node:
    """The publisher."""
    return without_empty(
        {
            "@id": f"{portal.url}/publishers/{publisher.id}",
            "@type": "Organization",
            "name": publisher.name,
            "url": iri(publisher.homepage) or f"{portal.url}/publishers/{publisher.id}",
        }
    )


def _interval(said: tuple[str, str] | None) -> str:
    """ISO 8601: an open end is two points."""
    return "/".join(one if one == ".." else one[:10] for one in said) if said else ""


def _place(dataset: Dataset, version: Version | None) -> Node | None:
    shape = None
    if version is not None and version.bounds is not None:
        w, s, e, n = version.bounds  # schema.org writes a box as south west, north east
        shape = {"@type": "GeoShape", "box": f"{s} {w} {n} {e}"}
    if shape is None and not dataset.place:
        return None
    return without_empty({"@type": "Place", "name": dataset.place, "geo": shape})


def _variables(version: Version | None, language: str) -> list[Node]:
    return [
        without_empty(
            {
                "@type": "PropertyValue",
                "name": field.name,
                "description": _said(field.description or field.title, language),
                "unitText": field.unit,
            }
        )
        for field in (version.fields if version else ())
    ]


def _downloads(portal: Portal, dataset: Dataset, version: Version | None) -> list[Node]:
    found = []
    if version is not None and version.withdrawn is None:
        for one in formats(version):
            url = f"{portal.url}/data/{version.dataset}@{version.number}.{one.id}"
            size = f"{version.bytes} B" if one.suffix == "parquet" else ""
            found.append(
                without_empty(
                    {
                        "@type": "DataDownload",
                        "name": one.title,
                        "contentUrl": url,
                        "encodingFormat": one.media_type.partition(";")[0],
                        "contentSize": size,
                    }
                )
            )
    for link in dataset.links:
        if url := iri(link.url):
            found.append(
                without_empty(
                    {
                        "@type": "DataDownload",
                        "name": link.title,
                        "contentUrl": url,
                        "encodingFormat": link.format,
                    }
                )
            )
    return found


def prefixed(node: Any) -> Any:
    """The same with every name of schema.org written `schema:…`, beside other vocabularies."""
    if isinstance(node, list):
        return [prefixed(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key if key.startswith("@") else f"schema:{key}": _kind(value)
        if key == "@type" and "@value" not in node
        else _address(key, value)
        for key, value in node.items()
    }


def _kind(value: str) -> str:
    return f"schema:{value}"


def _address(key: str, value: Any) -> Any:
    """schema.org's own context takes these as addresses; ours says so by hand."""
    if key in ("url", "license", "sameAs", "contentUrl") and isinstance(value, str):
        return {"@id": value}
    return prefixed(value)
