"""Connector `opendatasoft-catalogue`: the datasets of an Opendatasoft portal.

References
----------
Opendatasoft: Explore API reference v2.1, `/catalog/datasets`; `limit` is at most 100, and `offset`
plus `limit` at most 10 000.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from citycommons.collect.listing import counted, kept, listed, once
from citycommons.collect.polite import Polite
from citycommons.core.types import Brings, Parcel

_PAGE = 100
_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpendatasoftCatalogue:
    """Datasets of an Opendatasoft portal, with their fields and the exports of their rows."""

    url: str = field(metadata={"says": "Address of the portal, for example https://data.city.org"})
    where: str = field(default="", metadata={"says": 'Filter in ODSQL, such as theme = "Mobility"'})
    api_key: str = field(
        default="", metadata={"says": "API key, where the portal asks for one", "secret": True}
    )
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every dataset once.

        Raises `Unavailable` if a page fails, the list ends early or is longer than the portal
        gives, and `Invalid` if no Opendatasoft answers.
        """
        with self.client:
            yield from once(map(self._kept, counted(self._page, most=_MOST, where=self._datasets)))

    @property
    def _datasets(self) -> str:
        portal = re.sub(r"/(api(/.*)?|explore(/.*)?)?$", "", self.url.strip())
        return f"{portal}/api/explore/v2.1/catalog/datasets"

    def _page(self, offset: int) -> tuple[list[Any], int | None]:
        limit = min(_PAGE, _MOST - offset)
        params = {"limit": limit, "offset": offset, "order_by": "dataset_id"}
        headers = {"Authorization": f"Apikey {self.api_key}"} if self.api_key else {}
        answer = self.client.json(
            self._datasets,
            params=params | ({"where": self.where} if self.where else {}),
            headers=headers,
        )
        return listed(answer, "results", self._datasets), int(answer.get("total_count", 0))

    def _kept(self, record: Any) -> Parcel:
        id = record.get("dataset_id", "") if isinstance(record, dict) else ""
        return kept(
            self.client,
            record,
            profile="opendatasoft",
            identifier=id,
            origin=f"{self._datasets}/{id}",
        )
