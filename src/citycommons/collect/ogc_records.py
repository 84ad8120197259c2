"""Connector `ogc-records`: the records of an OGC API Records catalogue.

References
----------
OGC 20-004r1: OGC API - Records - Part 1: Core; `/collections/{catalogId}/items`, link `next`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from citycommons.collect.listing import followed, kept, link_to, listed, once
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Brings, Parcel

_ACCEPT = "application/geo+json, application/json;q=0.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class OgcRecords:
    """Records of a catalogue behind OGC API Records, such as pygeoapi or GeoNetwork serve."""

    url: str = field(
        metadata={"says": "Address of the service or of one catalogue, …/collections/{name}"}
    )
    collection: str = field(
        default="", metadata={"says": "Name of the catalogue, where the service has several"}
    )
    limit: int = field(default=100, metadata={"says": "Records asked for in one request"})
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every record once.

        Raises `Unavailable` if a page fails, and `Invalid` if there is no catalogue of records.
        """
        with self.client:
            pages = followed(f"{self._items()}?limit={self.limit}", self._page)
            yield from once(parcel for page in pages for parcel in page)

    def _items(self) -> str:
        base = re.sub(r"(/items)?/*(\?.*)?$", "", self.url.strip())
        if re.search(r"/collections/[^/]+$", base):
            return f"{base}/items"
        base = base.removesuffix("/collections")
        name = self.collection or self._only(f"{base}/collections")
        return f"{base}/collections/{name}/items"

    def _only(self, url: str) -> str:
        found = listed(self.client.json(url), "collections", url)
        names = [
            str(one.get("id"))
            for one in found
            if isinstance(one, dict) and "record" in (one.get("itemType"), one.get("type"))
        ]
        if len(names) == 1:
            return names[0]
        there = f"name one of {', '.join(names)}" if names else "it has none of records"
        raise Invalid(f"{url}: which catalogue? In the option collection, {there}.", url=url)

    def _page(self, url: str) -> tuple[list[Parcel], str]:
        document = self.client.document(url, accept=_ACCEPT)
        answer = document.json()
        items = document.url.partition("?")[0]
        found = listed(answer, "features", url)
        return [self._kept(record, items) for record in found], link_to(answer, "next")

    def _kept(self, record: Any, items: str) -> Parcel:
        id = record.get("id", "") if isinstance(record, dict) else ""
        return kept(
            self.client, record, profile="ogc-record", identifier=id, origin=f"{items}/{id}"
        )
