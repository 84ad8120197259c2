"""Connector `dcat`: the datasets of a DCAT catalogue in RDF/XML, Turtle, JSON-LD or N-Triples.

References
----------
W3C: Data Catalog Vocabulary (DCAT) version 3, 2024. SEMIC: DCAT-AP 3.0. Hydra Core Vocabulary:
`hydra:next` of a view, and `hydra:nextPage` of older servers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from citycommons.collect import graphs
from citycommons.collect.asking import Document
from citycommons.collect.listing import followed, kept, once
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Brings, Parcel

if TYPE_CHECKING:
    from rdflib import Graph

_NEXT_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?', re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dcat:
    """Datasets of a DCAT or DCAT-AP catalogue, page by page where it is paged.

    Each record is the dataset with everything that hangs on it: distributions, publisher, contact.
    """

    url: str = field(
        metadata={"says": "Address of the catalogue, for example https://data.city.org/catalog.ttl"}
    )
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every dataset once.

        Raises `Unavailable` if a page fails, `Invalid` if a page is no RDF or no catalogue.
        """
        with self.client:
            yield from once(parcel for page in followed(self.url, self._page) for parcel in page)

    def _page(self, url: str) -> tuple[list[Parcel], str]:
        document = self.client.document(url, accept=graphs.ACCEPT)
        graph, broken = graphs.read(
            document.content, document.media_type, document.url, self.client.json
        )
        datasets, stops = graphs.datasets(graph)
        if not datasets and not broken and not _is_catalogue(graph):
            raise Invalid(f"{url} holds no dcat:Dataset. Check the address.", url=url)
        unread = {subject for subject, _ in broken}
        parcels = [
            self._kept(graphs.part_of(graph, one, stops), graphs.named(graph, one), document.url)
            for one in datasets
            if graphs.named(graph, one) not in unread
        ]
        parcels += [self._kept(piece, subject, document.url) for subject, piece in broken]
        return parcels, _following(graph, document)

    def _kept(self, content: bytes, identifier: str, page: str) -> Parcel:
        return kept(
            self.client,
            content,
            profile="dcat",
            identifier=identifier,
            origin=identifier if identifier.startswith(("http://", "https://")) else page,
            media_type="text/turtle",
        )


def _is_catalogue(graph: "Graph") -> bool:
    from rdflib import DCAT, RDF

    return (None, RDF.type, DCAT.Catalog) in graph


def _following(graph: "Graph", document: Document) -> str:
    from rdflib import Namespace

    hydra = Namespace("http://www.w3.org/ns/hydra/core#")
    for term in (hydra.next, hydra.nextPage):
        if pages := sorted(map(str, graph.objects(None, term))):
            return next((page for page in pages if page != document.url), "")
    link = _NEXT_LINK.search(document.headers.get("link", ""))
    return link[1] if link else ""
