"""Connector `ogc-features`: collections of an OGC API – Features (OGC 17-069r4, 18-058r1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import orjson

from citycommons.collect.asking import Document
from citycommons.collect.pages import MOST_ROWS, Pages, numbered
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.types import Parcel

_ACCEPT = "application/geo+json, application/json;q=0.9"
_DATA = ("data", "http://www.opengis.net/def/rel/ogc/1.0/data")
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@dataclass(frozen=True, slots=True, kw_only=True)
class OgcFeatures:
    """Features of one collection, or of each, as GeoJSON pages in longitude and latitude.

    What the server says it has (`numberMatched`) is compared with what came.
    """

    url: str = field(metadata={"says": "Address of the service, of a collection or of its items"})
    collection: str = field(
        default="", metadata={"says": "Id of the collection; * brings each as a table of its own"}
    )
    limit: int = field(default=1000, metadata={"says": "Features of one page"})
    bbox: str = field(default="", metadata={"says": "Only within west,south,east,north"})
    datetime: str = field(
        default="", metadata={"says": "Only within a time: 2026-01-01T00:00:00Z/.."}
    )
    crs: str = field(
        default="", metadata={"says": "EPSG:25832: positions as stored; empty: degrees"}
    )
    parameters: Mapping[str, str] = field(
        default_factory=dict, metadata={"says": "Further filters: kind=oak"}
    )
    most_rows: int = field(default=MOST_ROWS, metadata={"says": "More features are refused"})
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One GeoJSON parcel a page, in the order of the server.

        Raises `NotFound` for a collection that is not there, `Unavailable` when pages go in a
        circle or fewer features come than were promised, `Invalid` for an address of another kind.
        """
        with self.client:
            there = self._collections()
            for one in there:
                part = str(one.get("id", "")) if self.collection == "*" else ""
                yield from self._items(one, part)

    def _collections(self) -> list[dict[str, Any]]:
        answer = self._ask(self.url)
        said = answer.json()
        if not isinstance(said, dict):
            raise self._no_service()
        if said.get("type") == "FeatureCollection":
            return [{"id": "items", "links": [{"rel": "items", "href": answer.url}]}]
        if said.get("id") and _link(said, ("items",)):
            return [_absolute(said, answer.url)]
        if (found := said.get("collections")) is None:
            if not (data := _link(said, _DATA)):
                raise self._no_service()
            answer = self._ask(urljoin(answer.url, data))
            found = answer.json().get("collections", [])
        there = {
            str(one.get("id")): _absolute(one, answer.url)
            for one in found
            if _link(one, ("items",))  # others are tiles, coverages, records
        }
        if self.collection == "*":
            return list(there.values())
        if not self.collection and len(there) == 1:
            return list(there.values())
        if self.collection not in there:
            raise NotFound(
                f"{self.url} has no collection “{self.collection}”; it has "
                f"{', '.join(there) or 'none with features'}. Name one as `collection`.",
                column="collection",
            )
        return [there[self.collection]]

    def _items(self, collection: dict[str, Any], part: str) -> Iterator[Parcel]:
        name = str(collection.get("id", "items"))
        address = _link(collection, ("items",))
        params = {"limit": self.limit, "bbox": self.bbox, "datetime": self.datetime}
        params |= self.parameters
        params["crs"] = self._crs(collection)
        sent = {key: value for key, value in params.items() if value}
        pages, promised = Pages(where=f"{self.url} ({name})", most_rows=self.most_rows), None
        while address:
            pages.next(address)
            page = self._ask(address, sent)
            said = page.json()
            features = said.get("features") if isinstance(said, dict) else None
            if not isinstance(features, list):
                raise self._no_service()
            promised = said.get("numberMatched", promised)
            pages.took(len(features), orjson.dumps(features))
            if features or pages.count == 1:  # some servers end with a page of nothing
                yield self._parcel(page, said, numbered(name, pages.count, "geojson"), part)
            following = _link(said, ("next",))
            # The address of the next page says everything that was asked for the first.
            address, sent = urljoin(page.url, following) if following else "", {}
        pages.check(promised)

    def _parcel(self, page: Document, said: dict[str, Any], name: str, part: str) -> Parcel:
        content = page.content
        if self.crs:
            got = page.headers.get("content-crs", "").strip("<> ")
            if got != self._uri:
                raise Unavailable(
                    f"{page.url} answers in {got or 'no named system'} and not in {self.crs}. "
                    "Leave crs empty: degrees are what every server gives."
                )
            # A file has no headers: the system is said inside, where GDAL finds it.
            urn = f"urn:ogc:def:crs:EPSG::{self.crs.rpartition(':')[2]}"
            content = orjson.dumps({"crs": {"type": "name", "properties": {"name": urn}}} | said)
        return self.client.keep(
            content, name=name, origin=page.url, media_type="application/geo+json", part=part
        )

    @property
    def _uri(self) -> str:
        return _EPSG + self.crs.upper().removeprefix("EPSG:")

    def _crs(self, collection: dict[str, Any]) -> str:
        """The parameter for another system than degrees; checked against what is offered."""
        if not self.crs:
            return ""
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        try:
            first = CRS.from_user_input(self.crs).axis_info[0].direction
        except (CRSError, IndexError) as cause:
            raise Invalid(f"“{self.crs}” is no reference system. Write EPSG:25832.") from cause
        offered = [str(one) for one in collection.get("crs", [])]
        if offered and self._uri not in offered:
            raise Invalid(
                f"The collection is not offered in {self.crs}; it is in {', '.join(offered)}.",
                column="crs",
            )
        if first != "east":
            raise Invalid(
                f"{self.crs} writes north before east, which files of GeoJSON cannot say. Leave "
                "crs empty: positions then come as longitude and latitude.",
                column="crs",
            )
        return self._uri

    def _ask(self, url: str, params: Mapping[str, Any] | None = None) -> Document:
        answer = self.client.document(url, params=params, accept=_ACCEPT)
        if answer.content.lstrip()[:1] == b"<":  # some servers hear only the parameter f
            answer = self.client.document(
                url, params={**(params or {}), "f": "json"}, accept=_ACCEPT
            )
        return answer

    def _no_service(self) -> Invalid:
        return Invalid(
            f"{self.url} is no OGC API – Features: its answer holds neither collections nor "
            "features. Give the address of its landing page or of a collection.",
            url=self.url,
        )


def _link(document: Mapping[str, Any], relations: tuple[str, ...]) -> str:
    """The address of a relation, JSON before other types; empty if there is none."""
    found = [
        one
        for one in document.get("links") or ()
        if isinstance(one, dict) and one.get("rel") in relations and one.get("href")
    ]
    found.sort(key=lambda one: "json" not in str(one.get("type", "json")))
    return str(found[0]["href"]) if found else ""


def _absolute(collection: dict[str, Any], base: str) -> dict[str, Any]:
    href = urljoin(base, _link(collection, ("items",)))
    return {**collection, "links": [{"rel": "items", "href": href}]}
