"""dcat:Distribution: files of a version, and links of an entry.

They name no dcat:accessService: harvesters copy a service, with all the datasets it serves, to each
distribution that names it. The services themselves say what they serve.
"""

from citycommons.core.types import Dataset, Link, Version
from citycommons.share.exports import Format, formats
from citycommons.share.linked import codes, mobility, services
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.terms import Node, id, iri, tagged, texts, time, typed, without_empty

_IANA = "https://www.iana.org/assignments/media-types"


def distributions(portal: Portal, dataset: Dataset, version: Version | None) -> list[Node]:
    """All of a dataset; a withdrawn version has no files any more."""
    found = []
    if version is not None and version.withdrawn is None:
        found = [_file(portal, dataset, version, one) for one in formats(version)]
    return found + [made for one in dataset.links if (made := _link(dataset, one))]


def _file(portal: Portal, dataset: Dataset, version: Version, one: Format) -> Node:
    url = f"{portal.url}/data/{version.dataset}@{version.number}.{one.id}"
    media = one.media_type.partition(";")[0]
    is_stored = one.suffix == "parquet"
    return without_empty(
        {
            "@id": iri(url),
            "@type": _kinds(portal),
            "dct:title": texts({"en": one.title}),
            "dct:description": _described(dataset, one.title),
            "dcat:downloadURL": id(url),
            "dcat:accessURL": id(services.dataset_address(portal, version.dataset)),
            "dcat:mediaType": id(f"{_IANA}/{media}", "dct:MediaType"),
            "dct:format": codes.file_type(one.id),
            "dct:license": codes.license(dataset.license),
            "dct:issued": time(version.created),
            "dct:modified": time(version.created),
            # The bytes at a numbered address never change.
            "dcatap:availability": codes.availability("STABLE"),
            # Only the stored file's size and checksum are known before it is made.
            "dcat:byteSize": typed(version.bytes, "xsd:nonNegativeInteger") if is_stored else None,
            "spdx:checksum": _checksum(version) if is_stored else None,
            **codes.high_value_law(dataset.keywords),
            **_mobility(dataset, one.id),
        }
    )


def _described(dataset: Dataset, words: str) -> list[Node]:
    """The dataset's title, and which of its files this is."""
    return texts(
        {tag: f"{title} ({words})" for tag, title in dataset.title.items()} if words else {}
    )


def _kinds(portal: Portal) -> str | list[str]:
    return (
        ["dcat:Distribution", "dcatapit:Distribution"] if portal.is_italian else "dcat:Distribution"
    )


def _checksum(version: Version) -> Node:
    return {
        "@type": "spdx:Checksum",
        "spdx:algorithm": {
            "@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
            "@type": "spdx:ChecksumAlgorithm",
        },
        "spdx:checksumValue": typed(version.file, "xsd:hexBinary"),
    }


def _link(dataset: Dataset, one: Link) -> Node | None:
    if not (url := iri(one.url)):
        return None
    law = codes.high_value_law(dataset.keywords)
    return without_empty(
        {
            # No name: one file that two entries name is two distributions.
            "@type": "dcat:Distribution",
            "dct:title": tagged(one.title, dataset.title),
            "dct:description": _described(dataset, one.title or one.format),
            "dcat:accessURL": id(url, "rdfs:Resource" if law else ""),
            "dct:format": codes.file_type(one.format),
            # Where it answered when it was last checked; else nobody knows.
            "dcatap:availability": codes.availability("AVAILABLE")
            if one.status and one.status < 400
            else None,
            "dct:license": codes.license(dataset.license),
            **law,
            **_mobility(dataset, one.format),
        }
    )


def _mobility(dataset: Dataset, format: str) -> Node:
    if dataset.theme != "TRAN":
        return {}
    return {
        "mobilitydcatap:mobilityDataStandard": mobility.standard(format),
        "dct:rights": mobility.rights() if dataset.license != "unspecified" else None,
    }
