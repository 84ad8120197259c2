"""Features: pages of them and single ones."""

import asyncio
from typing import Any
from urllib.parse import quote

import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import Channel, DatasetId, Version
from citycommons.govern.access import Action
from citycommons.share import packed
from citycommons.share.crs import WORLD, System, system
from citycommons.share.faces import ogc_items as asking
from citycommons.share.faces.ogc_collections import address
from citycommons.share.faces.ogc_items import Asked
from citycommons.share.faces.ogc_links import GEOJSON, Pairs, itself, link, paging
from citycommons.share.open import Opened, look
from citycommons.share.open import open as open_version
from citycommons.web.addresses import caching
from citycommons.web.faces.ogc import described
from citycommons.web.faces.ogc.answers import (
    ROOT,
    check,
    elsewhere,
    tag_of,
    tagged,
    wants_page,
)
from citycommons.web.running import Running, RunningRequest
from citycommons.web.turns import at_once, long_turn

_OPT = {"may": Action.READ, "of": "dataset"}


@get("/collections/{dataset:str}/items", opt=_OPT | {"operation": described.ITEMS, "direct": True})
async def items(running: Running, dataset: FromPath[str]) -> Response[Any]:
    """Features of the latest version that meet the question."""
    id = DatasetId(dataset)
    if wants_page(running):
        return await asyncio.to_thread(_page, running, id)
    known, city = running.city.recent.knows(("version", id, None)), running.city
    is_near = known is not None and packed.is_mapped(city.lake, known.file)
    # Handing over to a thread takes longer than what lies in memory.
    if is_near and (asked := asking.ready(_pairs(running), known)):
        return _items(running, id, known, asked)
    return await asyncio.to_thread(_items, running, id)


def _items(
    running: Running, id: DatasetId, known: Version | None = None, ready: Asked | None = None
) -> Response[bytes]:
    """The page; `ready` is what is asked of the version that was `known` a moment ago."""
    with running.work(channel=Channel.OGC) as work:
        opened = open_version(work, id)
    pairs = _pairs(running)
    is_same = ready is not None and opened.version is known
    asked = ready if ready is not None and is_same else asking.ask(pairs, opened.version)
    here = f"{address(running.url + ROOT, id)}/items"
    headers = _headers(opened, asked.crs)

    def make() -> bytes:
        if asked.is_packed and opened.version.geometry:
            return items_packed(opened, asked, here, pairs)
        with long_turn():
            return _page_of(asking.items(opened, asked), asked, here, pairs)

    return tagged(running, tag_of(opened, running), make, GEOJSON, headers)


def _pairs(running: RunningRequest) -> list[tuple[str, str]]:
    return [pair for pair in running.query if pair[0] not in ("f", "lang")]


def items_packed(opened: Opened, asked: Asked, here: str, pairs: Pairs) -> bytes:
    """A page that the packed file alone answers: pure, and short enough for the loop."""
    found = packed.collection(opened, asked.bbox, asked.limit, asked.offset)
    return _page_of(found, asked, here, pairs)


def _page_of(found: packed.Collection, asked: Asked, here: str, pairs: Pairs) -> bytes:
    links = paging(
        here,
        pairs,
        limit=asked.limit,
        offset=asked.offset,
        returned=found.returned,
        matched=found.matched,
        type=GEOJSON,
    )
    return found.json([*links, link("collection", here.removesuffix("/items"))])


def _headers(opened: Opened, crs: System) -> dict[str, str]:
    return {"cache-control": caching(opened.dataset, None), "content-crs": f"<{crs.uri}>"}


def _page(running: Running, id: DatasetId) -> Response[Any]:
    with running.work(channel=Channel.OGC) as work:
        look(work, id)
    return elsewhere(running, f"/datasets/{quote(id, safe='')}")


@get(
    "/collections/{dataset:str}/items/{feature_id:str}",
    opt=_OPT | {"operation": described.ITEM, "direct": True},
)
async def item(
    running: Running, dataset: FromPath[str], feature_id: FromPath[str]
) -> Response[Any]:
    """One feature of the latest version."""
    id = DatasetId(dataset)
    if wants_page(running):
        return await asyncio.to_thread(_page, running, id)
    if running.get("crs"):
        return await asyncio.to_thread(_item, running, id, feature_id)
    return await at_once(running.city, id, None, lambda: _item(running, id, feature_id))


def _item(running: Running, id: DatasetId, feature_id: str) -> Response[bytes]:
    check(running, "crs")
    with running.work(channel=Channel.OGC) as work:
        opened = open_version(work, id)
    crs = system(running.get("crs")) if running.get("crs") else WORLD
    collection = address(running.url + ROOT, id)

    def make() -> bytes:
        one = asking.item(opened, feature_id, crs)
        asked = f"?crs={quote(crs.uri)}" if crs != WORLD else ""
        links = itself(f"{collection}/items/{feature_id}{asked}", type=GEOJSON)
        return (
            one[:-1] + b',"links":' + orjson.dumps([*links, link("collection", collection)]) + b"}"
        )

    return tagged(running, tag_of(opened, running), make, GEOJSON, _headers(opened, crs))


HANDLERS = [items, item]
