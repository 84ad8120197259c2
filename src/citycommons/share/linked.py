"""A dataset as linked data: schema.org for search engines, DCAT-AP 3 and PROV-O for catalogues.

References
----------
W3C: Data Catalog Vocabulary (DCAT) version 3, 2024. SEMIC: DCAT-AP 3.0.
EU Publications Office: authority tables data-theme, frequency, access-right, file-type.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from citycommons.core.types import Access, Dataset, Publisher, Text, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share.exports import Format, formats

AUTHORITY = "http://publications.europa.eu/resource/authority"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ACCESS_RIGHT = {
    Access.PUBLIC: "PUBLIC",
    Access.RESTRICTED: "RESTRICTED",
    Access.INTERNAL: "NON_PUBLIC",
}
_FILE_TYPE = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "json": "JSON",
    "ndjson": "JSON",
    "geojson": "GEOJSON",
    "parquet": "PARQUET",
    "geoparquet": "PARQUET",
    "gpkg": "GPKG",
    "shp.zip": "SHP",
    "kml": "KML",
    "datapackage.zip": "ZIP",
}  # Arrow, FlatGeobuf and PMTiles have no code
_LINKED_TYPE = {
    **{one: one for one in ("CSV", "TSV", "TXT", "JSON", "XML", "PDF", "ZIP", "XLSX", "ODS")},
    **{
        one: one
        for one in ("XLS", "GML", "KML", "KMZ", "HTML", "TIFF", "PNG", "JPEG", "DOC", "DOCX")
    },
    "GeoJSON": "GEOJSON",
    "JSON-LD": "JSON_LD",
    "RDF/XML": "RDF_XML",
    "Turtle": "RDF_TURTLE",
    "GeoPackage": "GPKG",
    "Shapefile": "SHP",
    "Parquet": "PARQUET",
    "WFS": "WFS_SRVC",
    "WMS": "WMS_SRVC",
}
"""Formats of links, as `standardise.records` names them, by their code in the table file-type."""


def jsonld(
    dataset: Dataset,
    version: Version | None,
    publisher: Publisher,
    *,
    base: str,
    versions: Sequence[Version] = (),
) -> dict[str, Any]:
    """The dataset as one JSON-LD document whose context needs no other address.

    `base` is the portal's address without a slash at its end; `versions` are told as its series.
    A withdrawn version is told without distributions.
    """
    address = f"{base}/datasets/{dataset.id}"
    license = LICENSES.get(dataset.license)
    temporal = _period(dataset, version)
    files = formats(version) if version and version.withdrawn is None else ()
    modified = version.created if version else dataset.modified
    document: dict[str, Any] = {
        "@context": _PREFIXES,
        "@id": address,
        "@type": ["dcat:Dataset", "schema:Dataset"],
        "dct:identifier": dataset.id,
        "schema:identifier": dataset.id,
        "schema:url": _id(address),
        "dct:title": _texts(dataset.title),
        "schema:name": _texts(dataset.title),
        "dct:description": _texts(dataset.description or dataset.title),
        "schema:description": _texts(dataset.description or dataset.title),
        "dcat:keyword": list(dataset.keywords),
        "schema:keywords": list(dataset.keywords),
        "dcat:theme": _authority("data-theme", dataset.theme),
        "dct:accrualPeriodicity": _authority("frequency", dataset.frequency),
        "dct:accessRights": _authority("access-right", _ACCESS_RIGHT[dataset.access]),
        "schema:isAccessibleForFree": dataset.access is Access.PUBLIC,
        "dct:publisher": _publisher(publisher, base),
        "schema:publisher": _id(f"{base}/publishers/{publisher.id}"),
        "dct:creator": _id(f"{base}/publishers/{publisher.id}"),
        "dcat:contactPoint": {"@type": "schema:ContactPoint", "schema:name": dataset.steward}
        if dataset.steward
        else None,
        "dct:license": _id(license.url) if license and license.url else None,
        "schema:license": _id(license.url) if license and license.url else None,
        "schema:creditText": dataset.attribution,
        "dcat:landingPage": _id(dataset.landing_page or address),
        "dct:source": _id(dataset.source) if dataset.source.startswith("http") else None,
        "prov:wasDerivedFrom": _origins(dataset, version, address.rpartition("/")[0]),
        "adms:identifier": dataset.identifier,
        "dct:issued": _time(dataset.created),
        "dct:modified": _time(modified),
        "schema:dateModified": _time(modified),
        "dct:temporal": _temporal(temporal),
        "schema:temporalCoverage": "/".join(temporal) if temporal else None,
        "dct:spatial": _spatial(dataset, version),
        "schema:spatialCoverage": _place(dataset, version),
        "schema:variableMeasured": _variables(version),
        "dcat:distribution": [
            *(
                _file(version, one, base, license.url if license else "")
                for one in files
                if version
            ),
            *(_link(one.url, one.title, one.format) for one in dataset.links),
        ],
        "dcat:hasVersion": [_id(f"{address}@{one.number}") for one in versions],
    }
    if version:
        document |= _version(version, address)
    document["schema:distribution"] = [_id(one["@id"]) for one in document["dcat:distribution"]]
    return _without_empty(document)


def _origins(dataset: Dataset, version: Version | None, datasets: str) -> list[dict[str, str]]:
    """The dataset elsewhere that this one is a copy of, and what its version was made from."""
    found = [dataset.source]
    if version:
        found += [version.provenance.origin]
        found += [f"{datasets}/{one}" for one in version.provenance.derived_from]
    return [_id(one) for one in dict.fromkeys(found) if one.startswith("http")]


def _version(version: Version, address: str) -> dict[str, Any]:
    source = version.provenance
    return {
        "dcat:version": str(version.number),
        "schema:version": str(version.number),
        "dcat:hasCurrentVersion": _id(f"{address}@{version.number}"),
        "adms:versionNotes": version.note,
        "prov:wasGeneratedBy": _without_empty(
            {
                "@type": "prov:Activity",
                "prov:endedAtTime": _time(version.created),
                "schema:description": list(source.steps),
            }
        ),
        "prov:invalidatedAtTime": _time(version.withdrawn),
    }


def _file(version: Version, one: Format, base: str, license: str) -> dict[str, Any]:
    url = f"{base}/data/{version.dataset}@{version.number}.{one.id}"
    is_stored = one.suffix == "parquet"
    return _without_empty(
        {
            "@id": url,
            "@type": ["dcat:Distribution", "schema:DataDownload"],
            "dct:title": one.title,
            "dcat:downloadURL": _id(url),
            "dcat:accessURL": _id(f"{base}/datasets/{version.dataset}"),
            "schema:contentUrl": _id(url),
            "dcat:mediaType": _id(
                f"https://www.iana.org/assignments/media-types/{one.media_type.partition(';')[0]}"
            ),
            "schema:encodingFormat": one.media_type.partition(";")[0],
            "dct:format": _authority("file-type", _FILE_TYPE.get(one.id, "")),
            "dct:license": _id(license) if license else None,
            "dct:issued": _time(version.created),
            # Only the stored file's size and checksum are known before it is made.
            "dcat:byteSize": _typed(version.bytes, "xsd:nonNegativeInteger") if is_stored else None,
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": _id("http://spdx.org/rdf/terms#checksumAlgorithm_sha256"),
                "spdx:checksumValue": _typed(version.file, "xsd:hexBinary"),
            }
            if is_stored
            else None,
        }
    )


def _link(url: str, title: str, format: str) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": _iri(url),
            "@type": ["dcat:Distribution", "schema:DataDownload"],
            "dct:title": title,
            "dcat:accessURL": _id(url),
            "schema:contentUrl": _id(url),
            "dct:format": _authority("file-type", _LINKED_TYPE.get(format, "")),
            "schema:encodingFormat": format,
        }
    )


def _publisher(publisher: Publisher, base: str) -> dict[str, Any]:
    return _without_empty(
        {
            "@id": f"{base}/publishers/{publisher.id}",
            "@type": ["foaf:Agent", "schema:Organization"],
            "foaf:name": publisher.name,
            "schema:name": publisher.name,
            "foaf:homepage": _id(publisher.homepage) if publisher.homepage else None,
        }
    )


def _period(dataset: Dataset, version: Version | None) -> tuple[str, str] | None:
    first, last = (day.isoformat() if day else ".." for day in dataset.temporal)
    if (first, last) != ("..", ".."):
        return first, last
    return version.period if version else None


def _temporal(period: tuple[str, str] | None) -> dict[str, Any] | None:
    if period is None:
        return None
    first, last = (_typed(t, "xsd:dateTime" if "T" in t else "xsd:date") for t in period)
    return _without_empty(
        {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": first if period[0] != ".." else None,
            "dcat:endDate": last if period[1] != ".." else None,
        }
    )


def _spatial(dataset: Dataset, version: Version | None) -> dict[str, Any] | None:
    if version is None or version.bounds is None:
        return {"@type": "dct:Location", "dct:title": dataset.place} if dataset.place else None
    w, s, e, n = version.bounds
    ring = f"POLYGON(({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))"
    return _without_empty(
        {
            "@type": "dct:Location",
            "dct:title": dataset.place,
            "dcat:bbox": _typed(f"<{CRS84}> {ring}", "geo:wktLiteral"),
        }
    )


def _place(dataset: Dataset, version: Version | None) -> dict[str, Any] | None:
    shape = None
    if version is not None and version.bounds is not None:
        w, s, e, n = version.bounds  # schema.org writes a box as south west, north east
        shape = {"@type": "schema:GeoShape", "schema:box": f"{s} {w} {n} {e}"}
    if shape is None and not dataset.place:
        return None
    return _without_empty(
        {"@type": "schema:Place", "schema:name": dataset.place, "schema:geo": shape}
    )


def _variables(version: Version | None) -> list[dict[str, Any]]:
    return [
        _without_empty(
            {
                "@type": "schema:PropertyValue",
                "schema:name": field.name,
                "schema:description": _texts(field.description or field.title),
                "schema:unitText": field.unit,
            }
        )
        for field in (version.fields if version else ())
    ]


def _texts(text: Text) -> list[dict[str, str]]:
    return [{"@language": tag, "@value": words} for tag, words in sorted(text.items()) if words]


def _authority(table: str, code: str) -> dict[str, str] | None:
    return _id(f"{AUTHORITY}/{table}/{code}") if code else None


def _id(address: str) -> dict[str, str]:
    return {"@id": _iri(address)}


def _iri(address: str) -> str:
    """An address that somebody wrote with spaces and such would make the whole document invalid."""
    return _NOT_IN_IRIS.sub(lambda found: quote(found[0], safe=""), address)


def _typed(value: Any, kind: str) -> dict[str, str]:
    return {"@value": str(value), "@type": kind}


def _time(moment: datetime | date | None) -> dict[str, str] | None:
    if moment is None:
        return None
    kind = "xsd:dateTime" if isinstance(moment, datetime) else "xsd:date"
    return _typed(moment.isoformat(), kind)


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value not in (None, "", [], {})}


def citation(
    dataset: Dataset, version: Version | None, publisher: Publisher, *, base: str, language: str
) -> str:
    """How to name the data in a text: publisher (year): title, version, address, licence."""
    license = LICENSES.get(dataset.license)
    title = words_in(dataset.title, language)
    when = version.created if version else dataset.modified
    year = f" ({when.year})" if when else ""
    number = f", version {version.number}" if version else ""
    terms = f" {license.title}." if license else ""
    source = f" {dataset.attribution.rstrip('.')}." if dataset.attribution else ""
    where = address(dataset, version, base)
    return f"{publisher.name}{year}: {title}{number}. {where}.{terms}{source}"


def bibtex(
    dataset: Dataset, version: Version | None, publisher: Publisher, *, base: str, language: str
) -> str:
    """The same for a bibliography."""
    when = version.created if version else dataset.modified
    rows = {
        "title": words_in(dataset.title, language),
        "author": "{" + publisher.name + "}",
        "year": str(when.year) if when else "",
        "version": str(version.number) if version else "",
        "url": address(dataset, version, base),
        "note": dataset.attribution,
    }
    safe = {name: _tex(text) for name, text in rows.items() if text}
    body = ",\n".join(f"  {name} = {{{text}}}" for name, text in safe.items())
    return f"@misc{{{dataset.id},\n{body}\n}}\n"


def _tex(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "&%$#_" else sign for sign in text)


def address(dataset: Dataset, version: Version | None, base: str) -> str:
    """The address that shows this very version for ever."""
    return f"{base}/datasets/{dataset.id}" + (f"@{version.number}" if version else "")


def words_in(text: Text, language: str) -> str:
    """The text in the language asked for, else in English, else in any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")
