"""Connector `arcgis`: one layer of an ArcGIS FeatureServer or MapServer (ArcGIS REST API)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from citycommons.collect.asking import Document
from citycommons.collect.pages import MOST_ROWS, Pages, numbered
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.types import Parcel

_IDS_A_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcGis:
    """Features of a layer as pages of GeoJSON in longitude and latitude.

    Pages are turned by offset; where the layer cannot do so, its object ids are asked for and
    features brought by them. The layer's own count is compared with what came.
    """

    url: str = field(metadata={"says": "Address of the layer: …/FeatureServer/0"})
    where: str = field(default="1=1", metadata={"says": "Filter in SQL: KIND = 'oak'"})
    fields: str = field(default="*", metadata={"says": "Fields, separated by commas"})
    token: str = field(default="", metadata={"says": "Token for closed layers", "secret": True})
    page_rows: int = field(default=2000, metadata={"says": "Features of one page"})
    most_rows: int = field(default=MOST_ROWS, metadata={"says": "More features are refused"})
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One GeoJSON parcel a page, in the order of object ids.

        Raises `NotFound` for an address that is no layer and names the layers there are,
        `Unavailable` in the server's words, or if fewer features came than it counts.
        """
        with self.client:
            layer = self._layer()
            expected = int(self._query({"returnCountOnly": "true", "f": "json"})[1]["count"])
            pages = Pages(where=self.url, most_rows=self.most_rows)
            can_turn = (layer.get("advancedQueryCapabilities") or {}).get("supportsPagination")
            ids = None if can_turn or not expected else self._ids()
            size = min(self.page_rows, int(layer.get("maxRecordCount") or self.page_rows))
            while True:
                asked = (
                    _by_ids(ids, pages) if ids is not None else self._by_offset(layer, pages, size)
                )
                pages.next(str((asked.get("resultOffset"), asked.get("objectIds"))))
                answer, said = self._query(asked | {"outFields": self.fields, "outSR": 4326})
                features = said.get("features")
                if not isinstance(features, list):
                    raise Invalid(f"{self.url} gives no features. Check the address.", url=self.url)
                pages.took(len(features), orjson.dumps(features))
                if features or pages.count == 1:
                    yield self._parcel(layer, answer, pages.count)
                is_more = said.get("exceededTransferLimit") or (said.get("properties") or {}).get(
                    "exceededTransferLimit"
                )
                if ids is not None:
                    is_last = pages.count * _IDS_A_PAGE >= len(ids)
                else:
                    is_last = not features or (not is_more and pages.rows >= expected)
                if is_last:
                    break
            pages.check(expected)

    def _layer(self) -> dict[str, Any]:
        said = self._ask(self.url, {"f": "json"})[1]
        if (layers := said.get("layers")) is not None and "fields" not in said:
            shown = ", ".join(f"{one.get('id')} {one.get('name')}" for one in layers)
            raise NotFound(
                f"{self.url} is a service with the layers {shown or 'none'}. Give the address of "
                f"one of them: {self.url.rstrip('/')}/0.",
                column="url",
            )
        if "fields" not in said:
            raise NotFound(f"{self.url} is no layer of ArcGIS. Its address ends in …/0.")
        forms = str(said.get("supportedQueryFormats") or "geojson")
        if "geojson" not in forms.casefold():
            raise Invalid(
                f"{self.url} gives {forms}, and no GeoJSON: its server is older than 10.4. Ask its "
                "operators for a file, or for a WFS."
            )
        return said

    def _by_offset(self, layer: dict[str, Any], pages: Pages, size: int) -> dict[str, Any]:
        key = layer.get("objectIdField") or "OBJECTID"
        return {
            "where": self.where,
            "orderByFields": key,  # without an order pages may overlap
            "resultOffset": pages.rows,
            "resultRecordCount": size,
            "f": "geojson",
        }

    def _ids(self) -> list[int]:
        found = self._query({"returnIdsOnly": "true", "f": "json"})[1].get("objectIds")
        return sorted(found or [])

    def _query(self, asked: dict[str, Any]) -> tuple[Document, dict[str, Any]]:
        address = f"{self.url.rstrip('/')}/query"
        return self._ask(address, {"where": self.where} | asked)

    def _ask(self, url: str, asked: dict[str, Any]) -> tuple[Document, dict[str, Any]]:
        headers = {"X-Esri-Authorization": f"Bearer {self.token}"} if self.token else {}
        if "objectIds" in asked:  # too long for an address
            del asked["where"]
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self.client.document(url, headers=headers, body=urlencode(asked).encode())
        else:
            answer = self.client.document(url, headers=headers, params=asked)
        said = answer.json()
        if not isinstance(said, dict):
            raise Invalid(f"{url} is no service of ArcGIS. Check the address.", url=url)
        if wrong := said.get("error"):  # with status 200
            words = " ".join([str(wrong.get("message", "")), *map(str, wrong.get("details") or ())])
            raise Unavailable(
                f"{self.url} refuses: {words.strip()} (code {wrong.get('code')}).", url=url
            )
        return answer, said

    def _parcel(self, layer: dict[str, Any], answer: Document, number: int) -> Parcel:
        return self.client.keep(
            answer.content,
            name=numbered(str(layer.get("name") or "layer"), number, "geojson"),
            origin=answer.url,
            media_type="application/geo+json",
        )


def _by_ids(ids: list[int], pages: Pages) -> dict[str, Any]:
    begin = pages.count * _IDS_A_PAGE
    chosen = ids[begin : begin + _IDS_A_PAGE]
    return {"objectIds": ",".join(map(str, chosen)), "f": "geojson"}
