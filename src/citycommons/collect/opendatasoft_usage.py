"""Counters of an Opendatasoft portal: downloads and calls of its API, since ever.

References
----------
Opendatasoft Explore API v2.1, `/catalog/datasets/{id}` with `include_app_metas`: `metas.explore`
has `download_count`, `attachment_download_count` and `api_call_count`.
"""

import re
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

from citycommons.collect.counters import Stand, asked, counted, named_in
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid

_IN_PATH = re.compile(r"/(?:explore/dataset|catalog/datasets)/([^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpendatasoftUsage:
    """Asks an Opendatasoft for what it counted of one dataset."""

    url: str
    client: Polite = field(default_factory=Polite)

    DOWNLOADS: ClassVar = "download_count"
    ATTACHMENTS: ClassVar = "attachment_download_count"
    CALLS: ClassVar = "api_call_count"

    @staticmethod
    def identifier(iri: str) -> str:
        """The dataset's id in an address of this kind of portal; empty when none is."""
        return named_in(iri, _IN_PATH)

    def read(self, identifier: str) -> Stand:
        """What the counters stand at now.

        Raises `NotFound` for a dataset that is not there any more, `Unavailable`, `Invalid`.
        """
        portal = re.sub(r"/(api(/.*)?|explore(/.*)?)?$", "", self.url.strip())
        name = quote(identifier, safe="")
        where = f"{portal}/api/explore/v2.1/catalog/datasets/{name}"
        found = asked(self.client, where, identifier, include_app_metas="true")
        metas = found.get("metas")
        if not isinstance(metas, dict):
            raise Invalid(f"{where} answers as no Opendatasoft does.", url=where)
        words = {word: word for word in (self.DOWNLOADS, self.ATTACHMENTS, self.CALLS)}
        return Stand(counters=counted(metas.get("explore"), words))
