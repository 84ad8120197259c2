"""Counters of a udata portal: visits and downloads, by month where it has a metrics API.

References
----------
udata API, `/api/1/datasets/{id}/`: `metrics.views`, `metrics.resources_downloads`; the metrics
API of data.gouv.fr, `/datasets/data/` with `metric_month`, `monthly_visit` and
`monthly_download_resource`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from citycommons.collect.counters import (
    Stand,
    asked,
    count_of,
    counted,
    lies_at,
    month_of,
    named_in,
)
from citycommons.collect.listing import followed, listed
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound

_IN_PATH = re.compile(r"/datasets/([^/]+)")
_MONTHS = 36  # asked for in one page: three years


@dataclass(frozen=True, slots=True, kw_only=True)
class UdataUsage:
    """Asks a udata for what it counted of one dataset."""

    url: str
    metrics_url: str = ""  # of the portal's metrics API; empty: the one that is known, or none
    origin: str = ""  # host of the origin: downloads of files that lie there are counted there
    client: Polite = field(default_factory=Polite)

    VIEWS: ClassVar = "metrics.views"
    DOWNLOADS: ClassVar = "metrics.resources_downloads"
    METRICS: ClassVar = {"www.data.gouv.fr": "https://metric-api.data.gouv.fr/api"}

    @staticmethod
    def identifier(iri: str) -> str:
        """The dataset's slug or id in an address of this kind of portal; empty when none is."""
        return named_in(iri, _IN_PATH)

    def read(self, identifier: str) -> Stand:
        """What the counters stand at now, and the months that the metrics API tells.

        Raises `NotFound` for a dataset that is not there any more, `Unavailable`, `Invalid`.
        """
        portal = re.sub(r"/(api(/1)?(/datasets)?)?/*$", "", self.url.strip())
        where = f"{portal}/api/1/datasets/{quote(identifier, safe='')}/"
        found = asked(self.client, where, identifier)
        if not found.get("id"):
            raise Invalid(f"{where} answers as no udata does.", url=where)
        if found.get("deleted"):
            raise NotFound(f"{self.url} has deleted its dataset “{identifier}”.")
        words = {"views": self.VIEWS, "resources_downloads": self.DOWNLOADS}
        if self._forwards(found):  # its downloads are told in one sum, whichever file was taken
            del words["resources_downloads"]
        months = self._months(portal, str(found["id"]))
        kept = {key: count for key, count in months if key[0] in words.values()}
        return Stand(counters=counted(found.get("metrics"), words), months=kept)

    def _forwards(self, found: dict[str, Any]) -> bool:
        files = found.get("resources")
        return any(
            isinstance(one, dict) and lies_at(one.get("url"), self.origin)
            for one in (files if isinstance(files, list) else [])
        )

    def _months(self, portal: str, id: str) -> Iterator[tuple[tuple[str, date], int]]:
        api = self.metrics_url or self.METRICS.get(urlsplit(portal).hostname or "", "")
        if not api:
            return
        asked = {"dataset_id__exact": id, "metric_month__sort": "desc", "page_size": _MONTHS}
        first = f"{api}/datasets/data/?{urlencode(asked)}"
        for page in followed(first, self._page):
            for record in page:
                month = month_of(record.get("metric_month")) if isinstance(record, dict) else None
                for key, word in (
                    ("monthly_visit", self.VIEWS),
                    ("monthly_download_resource", self.DOWNLOADS),
                ):
                    if month and (count := count_of(record.get(key))) is not None:
                        yield (word, month), count

    def _page(self, url: str) -> tuple[list[Any], str]:
        answer = self.client.json(url)
        links = answer.get("links") if isinstance(answer, dict) else None
        following = links.get("next") if isinstance(links, dict) else None
        return listed(answer, "data", url), str(following or "")
