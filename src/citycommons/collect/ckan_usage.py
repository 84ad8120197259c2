"""Counters of a CKAN portal: page views and clicks on files, where its tracking is switched on.

References
----------
CKAN 2.11 documentation, Page View Tracking; `package_show` with `include_tracking`, whose
`tracking_summary` has `total` and `recent` (the last 14 days).
"""

import re
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from citycommons.collect.counters import Stand, asked, count_of, counted, lies_at, named_in
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound

_IN_PATH = re.compile(r"/dataset/([^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CkanUsage:
    """Asks a CKAN for what it counted of one dataset."""

    url: str
    origin: str = ""  # host of the origin: clicks on files that lie there are counted there
    client: Polite = field(default_factory=Polite)

    VIEWS: ClassVar = "tracking_summary.total"
    DOWNLOADS: ClassVar = "resources.tracking_summary.total"

    @staticmethod
    def identifier(iri: str) -> str:
        """The dataset's name or id in an address of this kind of portal; empty when none is."""
        parts = urlsplit(iri)
        if "/action/package_show" in parts.path:
            return next(iter(parse_qs(parts.query).get("id", [])), "")
        return named_in(iri, _IN_PATH)

    def read(self, identifier: str) -> Stand:
        """What the counters stand at now; none where tracking is off.

        Raises `NotFound` for a dataset that is not there any more, `Unavailable`, `Invalid`.
        """
        api = re.sub(r"/(api(/3)?(/action)?)?/*$", "", self.url.strip()) + "/api/3/action"
        where = f"{api}/package_show"
        answer = asked(self.client, where, identifier, id=identifier, include_tracking="true")
        found = answer.get("result")
        if not isinstance(found, dict) or not answer.get("success"):
            raise Invalid(f"{api} answers as no CKAN does.", url=api)
        if found.get("state") == "deleted":
            raise NotFound(f"{self.url} has deleted its dataset “{identifier}”.")
        return Stand(counters=self._counters(found))

    def _counters(self, found: dict[str, object]) -> dict[str, int]:
        views = counted(found.get("tracking_summary"), {"total": self.VIEWS})
        files = found.get("resources")
        of_files = [
            count_of(summary.get("total"))
            for one in (files if isinstance(files, list) else [])
            if isinstance(one, dict)
            and isinstance(summary := one.get("tracking_summary"), dict)
            and not lies_at(one.get("url"), self.origin)
        ]
        known = [count for count in of_files if count is not None]
        return views | ({self.DOWNLOADS: sum(known)} if known else {})
