"""Connector `ckan`: the datasets of a CKAN portal, by its Action API.

References
----------
CKAN 2.11 documentation, API guide: package_search, package_list, package_show.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from citycommons.collect.listing import counted, kept, listed, once
from citycommons.collect.polite import Polite
from citycommons.core.errors import CityError, Invalid, Unavailable
from citycommons.core.types import Brings, Parcel

_NO_SEARCH = frozenset({400, 404, 405, 409, 501})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ckan:
    """Datasets of a CKAN portal, or of one that speaks like it (DKAN, udata's face).

    They are searched page by page in the order of their ids. A portal without search is asked for
    its list and then for each dataset; one that fails there is brought as the error it gave.
    """

    url: str = field(metadata={"says": "Address of the portal, for example https://data.city.org"})
    organization: str = field(
        default="", metadata={"says": "Name of an organisation; only its datasets"}
    )
    fq: str = field(default="", metadata={"says": "Filter query, for example tags:mobility"})
    rows: int = field(default=100, metadata={"says": "Datasets asked for in one request"})
    api_key: str = field(
        default="", metadata={"says": "API token, where the portal asks for one", "secret": True}
    )
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every dataset once.

        Raises `Unavailable` if a page fails or the list ends early, and `Invalid` if no CKAN
        answers.
        """
        with self.client:
            try:
                first = self._search(0)
            except Unavailable as refused:
                if refused.where.get("status") not in _NO_SEARCH:
                    raise
                yield from once(self._each())
                return
            found = counted(lambda at: first if at == 0 else self._search(at), where=self._api)
            yield from once(map(self._kept, found))

    @property
    def _api(self) -> str:
        return re.sub(r"/(api(/3)?(/action)?)?/*$", "", self.url.strip()) + "/api/3/action"

    def _ask(self, action: str, **params: Any) -> Any:
        url = f"{self._api}/{action}"
        headers = {"Authorization": self.api_key} if self.api_key else {}
        answer = self.client.json(url, params=params, headers=headers)
        if not isinstance(answer, dict) or not answer.get("success"):
            error = answer.get("error") if isinstance(answer, dict) else answer
            raise Invalid(f"{url} is no CKAN, or refuses: {str(error)[:200]}.", url=url)
        return answer.get("result")

    def _search(self, start: int) -> tuple[list[Any], int]:
        filters = [f'organization:"{self.organization}"'] if self.organization else []
        filters += [f"({self.fq})"] if self.fq and filters else [self.fq] if self.fq else []
        params = {"rows": self.rows, "start": start, "sort": "id asc"}
        if filters:
            params["fq"] = " AND ".join(filters)
        result = self._ask("package_search", **params)
        return listed(result, "results", f"{self._api}/package_search"), int(result["count"])

    def _each(self) -> Iterator[Parcel]:
        if self.fq:
            raise Invalid(
                f"{self._api} cannot search, so the filter “{self.fq}” cannot be asked for. "
                "Leave it out, or name an organisation.",
                column="fq",
            )
        for name in listed({"names": self._ask("package_list")}, "names", self._api):
            try:
                record = self._ask("package_show", id=name)
            except CityError as refused:
                if refused.where.get("status") in (403, 404):
                    continue  # deleted since the list was made, or not ours to see
                record = {"id": name, "name": name, "error": refused.message}
            if not self.organization or self.organization in _organization(record):
                yield self._kept(record)

    def _kept(self, record: Any) -> Parcel:
        named = record if isinstance(record, dict) else {}
        id = named.get("id") or named.get("name") or ""
        return kept(
            self.client,
            record,
            profile="ckan",
            identifier=id,
            origin=f"{self._api}/package_show?id={id}",
            is_deleted=named.get("state") == "deleted",
        )


def _organization(record: Any) -> set[str]:
    found = record.get("organization") if isinstance(record, dict) else None
    return {str(found.get(key)) for key in ("id", "name")} if isinstance(found, dict) else set()
