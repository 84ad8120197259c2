"""Connector `udata`: the datasets of a udata portal, such as data.gouv.fr.

References
----------
udata API reference, version 1: `/api/1/datasets/`, `next_page`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from citycommons.collect.listing import followed, kept, listed, once
from citycommons.collect.polite import Polite
from citycommons.core.types import Brings, Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Udata:
    """Datasets of a udata portal, or of one organisation on it."""

    url: str = field(metadata={"says": "Address of the portal, for example https://data.gouv.fr"})
    organization: str = field(
        default="", metadata={"says": "Id of an organisation; only its datasets"}
    )
    tag: str = field(default="", metadata={"says": "Only datasets with this tag"})
    page_size: int = field(default=100, metadata={"says": "Datasets asked for in one request"})
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every dataset once, the oldest first, so that new ones come last.

        Raises `Unavailable` if a page fails, and `Invalid` if no udata answers.
        """
        said = {"page_size": self.page_size, "sort": "created"}
        said |= {k: v for k in ("organization", "tag") if (v := getattr(self, k))}
        with self.client:
            pages = followed(f"{self._datasets}?{urlencode(said)}", self._page)
            yield from once(parcel for page in pages for parcel in page)

    @property
    def _datasets(self) -> str:
        return re.sub(r"/(api(/1)?(/datasets)?)?/*$", "", self.url.strip()) + "/api/1/datasets/"

    def _page(self, url: str) -> tuple[list[Parcel], str]:
        answer = self.client.json(url)
        found = listed(answer, "data", url)
        return [self._kept(record) for record in found], answer.get("next_page") or ""

    def _kept(self, record: Any) -> Parcel:
        named = record if isinstance(record, dict) else {}
        id = named.get("id") or ""
        return kept(
            self.client,
            record,
            profile="udata",
            identifier=id,
            origin=f"{self._datasets}{id}/",
            is_deleted=bool(named.get("deleted")),
        )
