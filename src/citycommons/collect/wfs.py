"""Connector `wfs`: one layer of a Web Feature Service 2.0.0 or 1.1.0."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from citycommons.collect.asking import Document
from citycommons.collect.pages import MOST_ROWS, Pages, numbered
from citycommons.collect.polite import Polite
from citycommons.collect.wfs_capabilities import Layer, layer, local, named, parsed
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import Parcel

_NEEDS_ORDER = re.compile(r"(?i)natural order|sort\s?by|primary key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wfs:
    """Features of a layer: GeoJSON in longitude and latitude where it is offered, else GML.

    Each parcel's `profile` says the version and the system that was asked for. The number of
    features is asked for first, and what came is compared with it.
    """

    url: str = field(metadata={"says": "Address of the service"})
    layer: str = field(default="", metadata={"says": "Name of the layer (feature type)"})
    version: str = field(
        default="", metadata={"says": "Empty: the newest", "choices": ("", "2.0.0", "1.1.0")}
    )
    filter: str = field(default="", metadata={"says": "OGC filter in XML, or CQL for GeoServer"})
    bbox: str = field(default="", metadata={"says": "Only within west,south,east,north"})
    sort_by: str = field(default="", metadata={"says": "Field that orders the pages"})
    page_rows: int = field(default=5000, metadata={"says": "Features of one page"})
    most_rows: int = field(default=MOST_ROWS, metadata={"says": "More features are refused"})
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One parcel a page, in the order of the server.

        Raises `Invalid` if the address is no WFS, `NotFound` with the layers there are,
        `Unavailable` in the server's own words, or if fewer features came than it counted.
        """
        with self.client:
            asked = {"service": "WFS", "request": "GetCapabilities"}
            asked["version"] = self.version or "2.0.0"
            answer = self.client.document(self.url, params=asked)
            there = layer(parsed(answer.content, self.url), self.url, self.layer)
            yield from self._pages(there)

    def _pages(self, there: Layer) -> Iterator[Parcel]:
        expected, order = self._expected(there), self.sort_by
        pages, system = self._listing(there), there.system
        waiting: Parcel | None = None  # a page is given on when the next one came
        while True:
            asked = self._asked(there, system, order) | {"startIndex": pages.rows or None}
            pages.next(str(pages.rows))
            try:
                page, features = self._page(there, asked)
            except Unavailable as cause:
                told = f"{cause.message} {cause.where.get('content', '')}"
                if order or pages.count > 2 or not _NEEDS_ORDER.search(told):
                    raise
                # From the start, since the first page came in no order.
                order, pages, waiting = self._first_field(there), self._listing(there), None
                continue
            if pages.count == 1:
                page, features, system = self._upright(there, page, features, order)
            came = len(features) if isinstance(features, list) else features
            pages.took(came, orjson.dumps(features) if isinstance(features, list) else page.content)
            if waiting:
                yield waiting
            is_some = came or pages.count == 1  # a layer without features is a table, too
            waiting = self._parcel(there, page, pages.count, system) if is_some else None
            is_last = came < self.page_rows if expected is None else pages.rows >= expected
            if not came or is_last:
                break
        pages.check(expected)
        if waiting:
            yield waiting

    def _listing(self, there: Layer) -> Pages:
        return Pages(where=f"{self.url} ({there.name})", most_rows=self.most_rows)

    def _asked(self, there: Layer, system: str, order: str = "") -> dict[str, Any]:
        is_new = there.version == "2.0.0"
        bbox = f"{self.bbox},urn:ogc:def:crs:OGC:1.3:CRS84" if self.bbox else ""
        is_xml = self.filter.lstrip().startswith("<")
        return {
            "service": "WFS",
            "version": there.version,
            "request": "GetFeature",
            "typeNames" if is_new else "typeName": there.name,
            "count" if is_new else "maxFeatures": self.page_rows,
            "outputFormat": there.format,
            "srsName": system,
            "sortBy": order,
            "filter" if is_xml else "cql_filter": self.filter,
            "bbox": bbox,
        }

    def _ask(self, there: Layer, asked: Mapping[str, Any]) -> Document:
        sent = {key: value for key, value in asked.items() if value not in ("", None)}
        return self.client.document(there.address, params=sent)

    def _expected(self, there: Layer) -> int | None:
        """How many features the server counts; None where it does not say."""
        asked = self._asked(there, "") | {"resultType": "hits", "outputFormat": ""}
        del asked["count" if there.version == "2.0.0" else "maxFeatures"]
        root = parsed(self._ask(there, asked).content, self.url)
        said = root.get("numberMatched") or root.get("numberOfFeatures") or ""
        return int(said) if said.isdigit() else None

    def _page(self, there: Layer, asked: Mapping[str, Any]) -> tuple[Document, list[Any] | int]:
        """A page, and its features, or how many it has of them when it is GML."""
        page = self._ask(there, asked)
        if page.content.lstrip()[:1] == b"<":
            root = parsed(page.content, self.url)
            if there.is_json:
                raise Invalid(f"{self.url} was asked for GeoJSON and gives {local(root)}.")
            members = sum(len(list(one)) for one in named(root, "featureMembers"))
            alone = sum(local(one) in ("member", "featureMember") for one in root)
            return page, members + alone
        said = page.json()
        features = said.get("features") if isinstance(said, dict) else None
        if not isinstance(features, list):
            raise Invalid(f"{self.url} gives JSON that holds no features.", url=self.url)
        return page, features

    def _upright(
        self, there: Layer, page: Document, features: list[Any] | int, order: str
    ) -> tuple[Document, list[Any] | int, str]:
        """The first page under the name of degrees by which longitude comes first."""
        system = there.system
        for another in there.others:
            if not isinstance(features, list) or not _is_swapped(features, there.bounds):
                return page, features, system
            system = another
            page, features = self._page(there, self._asked(there, system, order))
        if isinstance(features, list) and _is_swapped(features, there.bounds):
            raise Unavailable(
                f"{self.url} writes latitude before longitude whatever it is asked for. Its "
                "operators should mend it; until then take its GML by another source."
            )
        return page, features, system

    def _first_field(self, there: Layer) -> str:
        """A field to order by, which some servers want before they turn pages."""
        asked = {"service": "WFS", "version": there.version, "request": "DescribeFeatureType"}
        asked["typeNames" if there.version == "2.0.0" else "typeName"] = there.name
        root = parsed(self.client.document(there.address, params=asked).content, self.url)
        for one in root.iter():
            kind = one.get("type", "")
            if local(one) == "element" and one.get("name") and kind and "gml:" not in kind:
                is_feature = kind.endswith("Type") and one in list(root)
                if not is_feature:
                    return str(one.get("name"))
        raise Unavailable(
            f"{self.url} turns pages only in an order. Name a field as `sort_by`.", column="sort_by"
        )

    def _parcel(self, there: Layer, page: Document, number: int, system: str) -> Parcel:
        kind = "geojson" if there.is_json else "gml"
        return self.client.keep(
            page.content,
            name=numbered(there.name.rpartition(":")[2], number, kind),
            origin=page.url,
            media_type="application/geo+json" if there.is_json else "application/gml+xml",
            profile=f"wfs {there.version}; {system or 'system named inside'}",
        )


def _is_swapped(features: list[Any], bounds: tuple[float, ...]) -> bool:
    """Whether the first positions lie within the layer's bounds only when turned round."""
    if len(bounds) != 4:
        return False
    west, south, east, north = bounds
    found = [_position(one.get("geometry")) for one in features[:20]]
    pairs = [one for one in found if one]

    def fits(x: float, y: float) -> bool:
        return west - 0.1 <= x <= east + 0.1 and south - 0.1 <= y <= north + 0.1

    return bool(pairs) and all(fits(y, x) and not fits(x, y) for x, y in pairs)


def _position(geometry: Any) -> tuple[float, float] | None:
    inner = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(inner, list) and inner and isinstance(inner[0], list):
        inner = inner[0]
    return (inner[0], inner[1]) if isinstance(inner, list) and len(inner) > 1 else None
