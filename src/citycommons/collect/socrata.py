"""Connector `socrata`: rows of one dataset of a Socrata portal (SODA 2.1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from citycommons.collect.asking import Document
from citycommons.collect.pages import MOST_ROWS, Pages, numbered
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.types import Parcel

_ID = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Socrata:
    """Rows in pages of JSON in the order of their ids, with `:id` and `:updated_at`.

    With `is_incremental` only rows changed since the last time come, in the order of their change;
    rows with the same `:id` replace those that are there, so the source is one of mode upsert.
    """

    url: str = field(metadata={"says": "Address of the portal"})
    dataset: str = field(metadata={"says": "Its id of four and four signs: abcd-1234"})
    where: str = field(default="", metadata={"says": "Filter in SoQL: year >= 2025"})
    select: str = field(default="", metadata={"says": "Fields, separated by commas"})
    is_incremental: bool = field(default=False, metadata={"says": "Bring only rows that changed"})
    app_token: str = field(
        default="", metadata={"says": "Token of an app; without it few requests", "secret": True}
    )
    page_rows: int = field(default=10_000, metadata={"says": "Rows of one page"})
    most_rows: int = field(default=MOST_ROWS, metadata={"says": "More rows are refused"})
    since: str = ""
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One JSON parcel a page; none if nothing changed since the last time.

        Raises `NotFound` if there is no such dataset, `Unavailable` if fewer rows come than the
        portal counts.
        """
        if not _ID.fullmatch(self.dataset):
            raise Invalid(
                f"“{self.dataset}” is no id of Socrata; write abcd-1234.", column="dataset"
            )
        with self.client:
            expected = self._count()
            pages = Pages(where=f"{self.url} ({self.dataset})", most_rows=self.most_rows)
            waiting: Parcel | None = None
            cursor = self.since
            while True:
                pages.next(str(pages.rows))
                answer = self._ask(self._page(pages.rows))
                rows = _rows(answer)
                pages.took(len(rows), answer.content)
                cursor = max([cursor, *(str(one.get(":updated_at", "")) for one in rows)])
                if waiting and rows:
                    yield waiting
                if rows or (waiting is None and not self.since):
                    waiting = self._parcel(answer, pages.count)
                if not rows or pages.rows >= expected:
                    break
            pages.check(expected)
            if waiting:
                yield replace(waiting, cursor=cursor if self.is_incremental else "")

    def _page(self, offset: int) -> dict[str, Any]:
        fields = self.select or "*"
        order = ":updated_at,:id" if self.is_incremental else ":id"
        asked = {"$select": f":id,:updated_at,{fields}", "$order": order}
        return asked | {"$limit": self.page_rows, "$offset": offset} | self._filter()

    def _filter(self) -> dict[str, str]:
        changed = f":updated_at > '{self.since}'" if self.is_incremental and self.since else ""
        both = [f"({one})" for one in (self.where, changed) if one]
        return {"$where": " AND ".join(both)} if both else {}

    def _count(self) -> int:
        rows = _rows(self._ask({"$select": "count(*)"} | self._filter()))
        return int(next(iter(rows[0].values()))) if rows else 0

    def _ask(self, params: dict[str, Any]) -> Document:
        headers = {"X-App-Token": self.app_token} if self.app_token else {}
        address = f"{self.url.rstrip('/')}/resource/{self.dataset}.json"
        try:
            return self.client.document(
                address, params=params, headers=headers, accept="application/json"
            )
        except Unavailable as cause:
            if cause.where.get("status") != 404:
                raise
            raise NotFound(
                f"{self.url} has no dataset “{self.dataset}”.", column="dataset"
            ) from cause

    def _parcel(self, answer: Document, number: int) -> Parcel:
        return self.client.keep(
            answer.content,
            name=numbered(self.dataset, number, "json"),
            origin=answer.url,
            media_type="application/json",
        )


def _rows(answer: Document) -> list[dict[str, Any]]:
    rows = answer.json()
    if not isinstance(rows, list):
        raise Invalid(f"{answer.url} gives no rows. Check the address.", url=answer.url)
    return rows
