"""Connector `data-json`: the datasets of a `data.json` catalogue (DCAT-US 1.1).

References
----------
Project Open Data: metadata schema v1.1, `data.json`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from citycommons.collect.listing import kept, listed
from citycommons.collect.polite import Polite
from citycommons.core.types import Brings, Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class DataJson:
    """Datasets of one `data.json` file, as ArcGIS Hub, DKAN and Socrata write it."""

    url: str = field(metadata={"says": "Address of the file, or of the site that has /data.json"})
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every dataset; one whose identifier is taken gets a number behind it.

        Raises `Unavailable` if the file cannot be had, `Invalid` if it is no such catalogue.
        """
        url = self.url.strip()
        if not url.partition("?")[0].endswith(".json"):
            url = f"{url.rstrip('/')}/data.json"
        taken: Counter[str] = Counter()
        with self.client:
            for record in listed(self.client.json(url), "dataset", url):
                id = _identifier(record)
                taken[id] += 1
                if id and taken[id] > 1:
                    id = f"{id} ({taken[id]})"
                yield kept(self.client, record, profile="data.json", identifier=id, origin=url)


def _identifier(record: Any) -> str:
    return str(record.get("identifier") or "") if isinstance(record, dict) else ""
