"""The catalogue, a page at a time, with hydra's words for paging.

References
----------
SEMIC: DCAT-AP 3.0.1. Hydra Core Vocabulary: PartialCollectionView, and PagedCollection with
firstPage, nextPage and so on, which older harvesters read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from citycommons.core.types import LANGUAGES, Dataset, Publisher, Version
from citycommons.share.catalogue import Entry
from citycommons.share.linked import codes, services
from citycommons.share.linked.dataset import dataset_node, record
from citycommons.share.linked.places import location
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.schema_org import prefixed, schema_dataset
from citycommons.share.linked.terms import (
    PREFIXES,
    Node,
    id,
    iri,
    once,
    texts,
    time,
    typed,
    without_empty,
)

_DESCRIPTION = {
    "en": "Open data of {name}: what there is, who answers for it, and how to get it.",
    "it": "Dati aperti di {name}: che cosa c’è, chi ne risponde e come averli.",
    "fr": "Données ouvertes de {name} : ce qu’il y a, qui en répond et comment les obtenir.",
    "de": "Offene Daten von {name}: was es gibt, wer dafür einsteht und wie man sie bekommt.",
}
_METADATA_LICENSE = "CC0-1.0"  # of the descriptions; data bear their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which page of the catalogue, and the addresses of the others."""

    total: int
    size: int
    this: str
    first: str
    last: str
    next: str = ""
    previous: str = ""


def jsonld(
    portal: Portal,
    dataset: Dataset,
    version: Version | None,
    publisher: Publisher,
    *,
    versions: Sequence[Version] = (),
    usages: Sequence[str] = (),
) -> Node:
    """The dataset as one JSON-LD document in DCAT and schema.org; its context is in it.

    `usages` are IRIs of what was made with it (`duv:hasUsage`, Data Usage Vocabulary).
    """
    node = dataset_node(portal, dataset, version, publisher, versions=versions)
    schema = prefixed(schema_dataset(portal, dataset, version, publisher))
    kinds = node.pop("@type")
    doors = services.of_dataset(portal, dataset, version)
    told: Node = once(
        {
            **node,
            **{key: value for key, value in schema.items() if not key.startswith("@")},
            "@reverse": {
                "foaf:primaryTopic": record(portal, dataset, version),
                "dcat:servesDataset": [services.node(portal, one, [dataset]) for one in doors],
            },
        }
    )
    made: Node = {"duv:hasUsage": [{"@id": iri} for iri in usages]} if usages else {}
    return {"@context": PREFIXES, "@type": [*kinds, "schema:Dataset"], **told, **made}


def catalog(
    portal: Portal,
    entries: Sequence[Entry],
    *,
    modified: datetime | None,
    owner: Publisher | None,
    paging: Paging | None = None,
    gone: Sequence[Dataset] = (),
) -> Node:
    """A page of the catalogue as JSON-LD; `gone` are told as records of what was taken away."""
    graph: list[Node] = [
        _catalog(portal, entries, modified=modified, owner=owner, gone=gone),
        *(dataset_node(portal, one.dataset, one.version, one.publisher) for one in entries),
        *(_tombstone(portal, one) for one in gone),
    ]
    if paging:
        graph.append(_page(portal, paging))
    return {"@context": PREFIXES, "@graph": once(graph)}


def _catalog(
    portal: Portal,
    entries: Sequence[Entry],
    *,
    modified: datetime | None,
    owner: Publisher | None,
    gone: Sequence[Dataset],
) -> Node:
    address = f"{portal.url}/catalog"
    spoken = {portal.language, *LANGUAGES}
    return without_empty(
        {
            "@id": iri(address),
            "@type": ["dcat:Catalog", "dcatapit:Catalog"] if portal.is_italian else "dcat:Catalog",
            "dct:identifier": address,
            "dct:title": texts({portal.language: portal.name}),
            "dct:description": texts(
                {tag: words.format(name=portal.name) for tag, words in _DESCRIPTION.items()}
            ),
            "dct:publisher": _owner(portal, owner),
            "foaf:homepage": id(f"{portal.url}/", "foaf:Document"),
            "dcat:themeTaxonomy": codes.taxonomy(),
            "dct:language": codes.languages(spoken),
            "dct:license": codes.license(_METADATA_LICENSE),
            "dct:modified": time(modified),
            "dct:spatial": location(portal.name, portal.boundary),
            "dcat:service": _services(portal, entries),
            "dcat:record": [
                *(record(portal, one.dataset, one.version) for one in entries),
                *(_deleted(portal, one) for one in gone),
            ],
            "dcat:dataset": [
                {"@id": services.dataset_address(portal, one.dataset.id)} for one in entries
            ],
        }
    )


def _owner(portal: Portal, owner: Publisher | None) -> Node:
    from citycommons.share.linked.agents import agent

    if owner:
        return agent(owner, portal)
    kinds = ["foaf:Agent", "dcatapit:Agent"] if portal.is_italian else "foaf:Agent"
    return {
        "@id": f"{portal.url}/about#city",
        "@type": kinds,
        "foaf:name": portal.name,
        "dct:identifier": portal.url,
    }


def _services(portal: Portal, entries: Sequence[Entry]) -> list[Node]:
    """The doors, each with those datasets of this page that it serves."""
    return [
        services.node(
            portal,
            door,
            (one.dataset for one in entries if door.serves(one.dataset, one.version)),
        )
        for door in services.installed(portal)
    ]


def _deleted(portal: Portal, dataset: Dataset) -> Node:
    status = {
        "@id": f"{codes.AUTHORITY}/concept-status/DEPRECATED",
        "@type": "skos:Concept",
        "skos:prefLabel": texts({"en": "deprecated"}),
    }
    return record(portal, dataset, None) | {
        "dct:modified": time(dataset.removed),
        "adms:status": status,
    }


def _tombstone(portal: Portal, dataset: Dataset) -> Node:
    """What was taken away: no dcat:Dataset, so that no harvester takes it in again."""
    return without_empty(
        {
            "@id": services.dataset_address(portal, dataset.id),
            "@type": "dcat:Resource",
            "dct:identifier": dataset.id,
            "dct:title": texts(dataset.title),
            "prov:invalidatedAtTime": time(dataset.removed),
            "rdfs:comment": dataset.removed_reason,
        }
    )


def _page(portal: Portal, paging: Paging) -> Node:
    links: dict[str, Any] = {}
    for name in ("first", "last", "next", "previous"):
        if address := getattr(paging, name):
            links[f"hydra:{name}"] = links[f"hydra:{name}Page"] = {"@id": iri(address)}
    return {
        "@id": iri(paging.this),
        "@type": ["hydra:PagedCollection", "hydra:PartialCollectionView"],
        "hydra:totalItems": typed(paging.total, "xsd:integer"),
        "hydra:itemsPerPage": typed(paging.size, "xsd:integer"),
        **links,
    }
