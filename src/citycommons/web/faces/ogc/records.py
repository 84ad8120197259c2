"""Records: the catalogue itself as a collection that can be searched."""

from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import Channel, DatasetId
from citycommons.govern.access import Action
from citycommons.share import catalogue
from citycommons.share.faces import ogc_records as shapes
from citycommons.share.faces.ogc_collections import address
from citycommons.share.faces.ogc_links import GEOJSON, SCHEMA, paging
from citycommons.web.faces.ogc import described
from citycommons.web.faces.ogc.answers import ROOT, check, document, elsewhere, wants_page
from citycommons.web.running import Running
from citycommons.web.security import May

_HERE = f"/collections/{shapes.ID}"
# The catalogue lists what who asks may discover, and no more.
_OPT = {"may": May.ANYONE}


@get(_HERE, sync_to_thread=True, opt=_OPT | {"operation": described.RECORDS})
def catalog(running: Running) -> Response[Any]:
    """The collection of records."""
    check(running)
    if wants_page(running):
        return elsewhere(running, "/datasets")
    return document(running, the_catalog(running))


def the_catalog(running: Running) -> dict[str, Any]:
    """How the collection of records is described."""
    return shapes.catalog(running.city.settings.name, running.url + ROOT, {})


@get(f"{_HERE}/queryables", sync_to_thread=True, opt=_OPT | {"operation": described.RECORD_NAMES})
def queryables(running: Running) -> Response[Any]:
    """What records may be asked by."""
    check(running)
    if wants_page(running):
        return elsewhere(running, "/datasets")
    return document(running, shapes.queryables(running.url + ROOT), SCHEMA)


@get(f"{_HERE}/items", sync_to_thread=True, opt=_OPT | {"operation": described.RECORD_ITEMS})
def items(running: Running) -> Response[Any]:
    """Records that meet the question."""
    if wants_page(running):
        asked = f"?q={quote(running.get('q'))}" if running.get("q") else ""
        return elsewhere(running, f"/datasets{asked}")
    pairs = [pair for pair in running.query if pair[0] not in ("f", "lang")]
    wanted = shapes.ask(pairs)
    with running.work(channel=Channel.OGC) as work:
        found = catalogue.find(work, wanted)
    base = running.url + ROOT
    links = paging(
        f"{address(base, shapes.ID)}/items",
        pairs,
        limit=wanted.limit,
        offset=wanted.offset,
        returned=len(found.entries),
        matched=found.total,
        type=GEOJSON,
    )
    body = {
        "type": "FeatureCollection",
        "numberMatched": found.total,
        "numberReturned": len(found.entries),
        "links": links,
        "features": [
            shapes.record(one, running.url, base, running.language) for one in found.entries
        ],
    }
    return document(running, body, GEOJSON)


@get(
    f"{_HERE}/items/{{dataset:str}}",
    sync_to_thread=True,
    opt={"may": Action.DISCOVER, "of": "dataset", "operation": described.RECORD},
)
def item(running: Running, dataset: FromPath[str]) -> Response[Any]:
    """One record."""
    check(running)
    with running.work(channel=Channel.OGC) as work:
        one = catalogue.entry(work, DatasetId(dataset))
    if wants_page(running):
        return elsewhere(running, f"/datasets/{quote(dataset, safe='')}")
    told = shapes.record(one, running.url, running.url + ROOT, running.language)
    return document(running, told, GEOJSON)


HANDLERS = [catalog, queryables, items, item]
