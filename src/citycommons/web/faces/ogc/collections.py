"""Collections: the datasets with data here, what can be asked of each, and what a feature holds."""

from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import Channel, DatasetId, Version
from citycommons.govern.access import Action
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry, Search, Sort
from citycommons.share.faces import ogc_collections as shapes
from citycommons.share.faces.ogc_items import whole
from citycommons.share.faces.ogc_links import SCHEMA, paging
from citycommons.share.linked import words_in
from citycommons.share.open import find
from citycommons.web.faces.ogc import described
from citycommons.web.faces.ogc.answers import ROOT, check, document, elsewhere, wants_page
from citycommons.web.faces.ogc.records import the_catalog
from citycommons.web.running import Running
from citycommons.web.security import May

MOST = 1_000  # collections on a page
_OF = {"may": Action.DISCOVER, "of": "dataset"}


@get(
    "/collections",
    sync_to_thread=True,
    # The catalogue lists what who asks may discover, and no more.
    opt={"may": May.ANYONE, "operation": described.COLLECTIONS},
)
def collections(running: Running) -> Response[Any]:
    """The collections, in the order of their titles."""
    check(running, "limit", "offset")
    if wants_page(running):
        return elsewhere(running, "/datasets")
    given = dict(running.query)
    limit = min(whole(given, "limit", MOST, least=1), MOST)
    offset = whole(given, "offset", 0)
    with running.work(channel=Channel.OGC) as work:
        wanted = Search(has_data=True, sort=Sort.TITLE, limit=limit, offset=offset, most=MOST)
        found = catalogue.find(work, wanted)
    base = running.url + ROOT
    told = [
        shapes.collection(one, one.version, running.url, base, running.language)
        for one in found.entries
        if one.version
    ]
    total = found.total + 1
    if offset <= found.total < offset + limit:  # the records come last
        told.append(the_catalog(running))
    links = paging(
        f"{base}/collections",
        [pair for pair in running.query if pair[0] == "lang"],
        limit=limit,
        offset=offset,
        returned=len(told),
        matched=total,
        type="application/json",
    )
    counts = {"numberMatched": total, "numberReturned": len(told)}
    return document(running, {"links": links, **counts, "collections": told})


@get(
    "/collections/{dataset:str}", sync_to_thread=True, opt=_OF | {"operation": described.COLLECTION}
)
def collection(running: Running, dataset: FromPath[str]) -> Response[Any]:
    """One collection."""
    check(running)
    one, version = _found(running, dataset)
    if wants_page(running):
        return _page(running, dataset)
    base = running.url + ROOT
    told = shapes.collection(one, version, running.url, base, running.language)
    return document(running, told)


@get(
    "/collections/{dataset:str}/queryables",
    sync_to_thread=True,
    opt=_OF | {"operation": described.QUERYABLES},
)
def queryables(running: Running, dataset: FromPath[str]) -> Response[Any]:
    """What filters may name."""
    return _schema(running, dataset, shapes.queryables)


@get(
    "/collections/{dataset:str}/schema",
    sync_to_thread=True,
    opt=_OF | {"operation": described.SCHEMA_OF},
)
def schema(running: Running, dataset: FromPath[str]) -> Response[Any]:
    """What a feature holds."""
    return _schema(running, dataset, shapes.schema)


def _schema(running: Running, dataset: str, shape: Any) -> Response[Any]:
    check(running)
    one, version = _found(running, dataset)
    if wants_page(running):
        return _page(running, dataset)
    title = words_in(one.dataset.title, running.language)
    told = shape(one.dataset.id, version, title, running.url + ROOT, running.language)
    return document(running, told, SCHEMA)


def _found(running: Running, dataset: str) -> tuple[Entry, Version]:
    id = DatasetId(dataset)
    with running.work(channel=Channel.OGC) as work:
        _, version = find(work, id)
        return catalogue.entry(work, id), version


def _page(running: Running, dataset: str) -> Response[Any]:
    return elsewhere(running, f"/datasets/{quote(dataset, safe='')}")


HANDLERS = [collections, collection, queryables, schema]
