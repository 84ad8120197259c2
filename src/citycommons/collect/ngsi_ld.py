"""Connector `ngsi-ld`: entities of one type from a context broker (ETSI GS CIM 009, 6.4.3)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from citycommons.collect.asking import Document
from citycommons.collect.pages import MOST_ROWS, Pages, numbered
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel

_CONTEXT = '<{}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


@dataclass(frozen=True, slots=True, kw_only=True)
class NgsiLd:
    """All entities of a type, in pages of JSON: values only (keyValues), or with their metadata.

    What the broker counts (`NGSILD-Results-Count`) is compared with what came.
    """

    url: str = field(metadata={"says": "Address of the broker, without /ngsi-ld/v1"})
    type: str = field(metadata={"says": "Type of the entities: OffStreetParking"})
    context: str = field(
        default="", metadata={"says": "Address of the JSON-LD @context that the type is from"}
    )
    form: str = field(
        default="keyValues",
        metadata={
            "says": "keyValues: a column for each property; normalized: with times and units",
            "choices": ("keyValues", "normalized"),
        },
    )
    query: str = field(default="", metadata={"says": "Filter (q): availableSpotNumber>10"})
    tenant: str = field(default="", metadata={"says": "Tenant (NGSILD-Tenant)"})
    token: str = field(default="", metadata={"says": "Token for closed brokers", "secret": True})
    limit: int = field(default=500, metadata={"says": "Entities of one page"})
    most_rows: int = field(default=MOST_ROWS, metadata={"says": "More entities are refused"})
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One JSON parcel a page, in the order of the broker.

        Raises `Unavailable` if the broker does not answer or fewer entities come than it counts.
        """
        with self.client:
            pages = Pages(where=f"{self.url} ({self.type})", most_rows=self.most_rows)
            expected: int | None = None
            while True:
                pages.next(str(pages.rows))
                answer = self._ask(pages.rows)
                entities = answer.json()
                if not isinstance(entities, list):
                    raise Invalid(f"{answer.url} gives no list of entities. Check the address.")
                pages.took(len(entities), orjson.dumps(entities))
                said = answer.headers.get("ngsild-results-count", "")
                expected = int(said) if said.isdigit() else expected
                if entities or pages.count == 1:
                    yield self.client.keep(
                        answer.content,
                        name=numbered(self.type.rpartition("/")[2], pages.count, "json"),
                        origin=answer.url,
                        media_type=answer.media_type or "application/json",
                        profile=f"ngsi-ld {self.form}",
                    )
                if not entities or (expected is not None and pages.rows >= expected):
                    break
            pages.check(expected)

    def _ask(self, offset: int) -> Document:
        root = self.url.rstrip("/").removesuffix("/entities").removesuffix("/ngsi-ld/v1")
        asked: dict[str, Any] = {"type": self.type, "limit": self.limit, "offset": offset}
        asked |= {"count": "true"} | ({"q": self.query} if self.query else {})
        if self.form == "keyValues":
            asked["options"] = "keyValues"
        headers = {"Link": _CONTEXT.format(self.context)} if self.context else {}
        headers |= {"NGSILD-Tenant": self.tenant} if self.tenant else {}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.document(
            f"{root}/ngsi-ld/v1/entities", params=asked, headers=headers, accept="application/json"
        )
