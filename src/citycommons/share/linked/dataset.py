"""A dataset as DCAT-AP 3 tells it, with what GeoDCAT-AP, mobilityDCAT-AP and DCAT-AP_IT add.

References
----------
W3C: Data Catalog Vocabulary (DCAT) version 3, 2024; PROV-O, 2013. SEMIC: DCAT-AP 3.0.1, DCAT-AP
HVD 3.0.0, GeoDCAT-AP 3.0. NAPCORE: mobilityDCAT-AP 1.1. AgID: DCAT-AP_IT.
"""

from collections.abc import Sequence
from datetime import datetime

from citycommons.core.types import Dataset, Publisher, Version
from citycommons.share.linked import codes, mobility, services
from citycommons.share.linked.agents import agent, contact
from citycommons.share.linked.distributions import distributions
from citycommons.share.linked.places import location, period, temporal
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.terms import Node, id, tagged, texts, time, without_empty


def dataset_node(
    portal: Portal,
    dataset: Dataset,
    version: Version | None,
    publisher: Publisher,
    *,
    versions: Sequence[Version] = (),
) -> Node:
    """The dataset; a withdrawn version is told without distributions."""
    address = services.dataset_address(portal, dataset.id)
    files = distributions(portal, dataset, version)
    return without_empty(
        {
            "@id": address,
            "@type": _kinds(portal, dataset),
            "dct:identifier": dataset.id,
            "adms:identifier": _other_identifier(dataset),
            "dct:title": texts(dataset.title),
            "dct:description": texts(dataset.description or dataset.title),
            "dcat:keyword": [tagged(word, dataset.title) for word in dataset.keywords],
            "dcat:theme": codes.theme(dataset.theme),
            "dct:accrualPeriodicity": codes.frequency(
                dataset.frequency or ("UNKNOWN" if _is_needed(portal, dataset) else "")
            ),
            "dct:accessRights": codes.access_right(dataset.access),
            "dct:publisher": agent(publisher, portal),
            "dct:creator": agent(publisher, portal),
            "dct:rightsHolder": agent(publisher, portal),
            "dcat:contactPoint": contact(dataset, publisher, portal),
            "dct:license": codes.license(dataset.license),
            "dcat:landingPage": id(dataset.landing_page, "foaf:Document")
            or id(f"{address}.html", "foaf:Document"),
            # Where whoever has a copy says so (W3C Linked Data Notifications).
            "ldp:inbox": id(f"{portal.url}/inbox"),
            # How often it is used: the page, which answers JSON, too.
            "foaf:page": id(f"{address}/usage", "foaf:Document"),
            "prov:wasDerivedFrom": _origins(dataset, version, address.rpartition("/")[0]),
            "dct:issued": time(dataset.created),
            "dct:modified": time(version.created if version else dataset.modified),
            "dct:temporal": temporal(period(dataset, version)),
            "dct:spatial": location(dataset.place, version.bounds if version else None),
            "dct:conformsTo": _crs(version),
            "dcat:distribution": files,
            "dcat:hasVersion": [id(f"{address}@{one.number}") for one in versions],
            **_high_value(dataset),
            **_mobility(dataset),
            **(_version(version, address) if version else {}),
        }
    )


def _kinds(portal: Portal, dataset: Dataset) -> list[str]:
    kinds = ["dcat:Dataset", "dcat:Resource"] + ["dcatapit:Dataset"] * portal.is_italian
    # DCAT-AP HVD wants this of all that an accessURL names.
    return kinds + ["rdfs:Resource"] * bool(codes.high_value(dataset.keywords))


def _is_needed(portal: Portal, dataset: Dataset) -> bool:
    """Whether a profile wants the frequency even of who does not know it."""
    return portal.is_italian or dataset.theme == "TRAN"


def _other_identifier(dataset: Dataset) -> Node | None:
    """The origin's own identifier."""
    if not dataset.identifier:
        return None
    return {"@type": "adms:Identifier", "skos:notation": dataset.identifier}


def _origins(dataset: Dataset, version: Version | None, datasets: str) -> list[Node]:
    """The dataset elsewhere that this one is a copy of, and what its version was made from."""
    found = [dataset.source]
    if version:
        found += [version.provenance.origin]
        found += [f"{datasets}/{one}" for one in version.provenance.derived_from]
    named = dict.fromkeys(one for one in found if one.startswith("http"))
    return [made for one in named if (made := id(one))]


def _crs(version: Version | None) -> Node | None:
    """WGS 84, in which every position is given (as longitude and latitude)."""
    if version is None or version.geometry is None:
        return None
    kind = {
        "@id": "http://inspire.ec.europa.eu/glossary/SpatialReferenceSystem",
        "@type": "skos:Concept",
        "skos:prefLabel": texts({"en": "Spatial reference system"}),
    }
    return {"@id": codes.EPSG_4326, "@type": "dct:Standard", "dct:type": kind,
            "dct:title": texts({"en": "WGS 84"})}  # fmt: skip


def _high_value(dataset: Dataset) -> Node:
    if not (categories := codes.high_value(dataset.keywords)):
        return {}
    return {**codes.high_value_law(dataset.keywords), "dcatap:hvdCategory": categories}


def _mobility(dataset: Dataset) -> Node:
    if dataset.theme != "TRAN":
        return {}
    return {
        "mobilitydcatap:mobilityTheme": mobility.themes(dataset.keywords),
        "mobilitydcatap:transportMode": mobility.transport_modes(dataset.keywords),
    }


def _version(version: Version, address: str) -> Node:
    source = version.provenance
    return {
        "dcat:version": str(version.number),
        "dcat:hasCurrentVersion": id(f"{address}@{version.number}"),
        "adms:versionNotes": version.note,
        "prov:generatedAtTime": time(version.created),
        "dct:provenance": {"@type": "dct:ProvenanceStatement", "rdfs:label": list(source.steps)}
        if source.steps
        else None,
        "prov:invalidatedAtTime": time(version.withdrawn),
    }


def record(portal: Portal, dataset: Dataset, version: Version | None) -> Node:
    """The dataset's entry in this catalogue (dcat:CatalogRecord)."""
    address = services.dataset_address(portal, dataset.id)
    moments = (dataset.modified, version.created if version else None)
    modified = max((one for one in moments if one), default=None)
    return without_empty(
        {
            "@id": f"{address}#record",
            "@type": "dcat:CatalogRecord",
            "foaf:primaryTopic": {"@id": address},
            "dct:identifier": dataset.id,
            "dct:issued": time(dataset.created),
            "dct:created": time(dataset.created),
            "dct:modified": time(modified),
            "dct:language": codes.languages({*dataset.title, *dataset.description}),
            "dct:conformsTo": {
                "@id": "https://semiceu.github.io/DCAT-AP/releases/3.0.1/",
                "@type": "dct:Standard",
            },
            "dct:source": _source(dataset, address, modified),
        }
    )


def _source(dataset: Dataset, address: str, modified: datetime | None) -> Node | None:
    """The record elsewhere that this one was made from, where the entry is a copy."""
    if not (dataset.identifier and dataset.source.startswith("http")):
        return None
    return without_empty(
        {
            "@type": "dcat:CatalogRecord",
            "foaf:primaryTopic": {"@id": address},
            "dct:identifier": dataset.identifier,
            "dct:language": codes.languages({*dataset.title, *dataset.description}),
            "dct:modified": time(modified),
            "rdfs:seeAlso": id(dataset.source),
        }
    )
