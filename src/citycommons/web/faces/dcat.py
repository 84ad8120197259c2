"""Face `dcat`: the catalogue as other catalogues harvest it.

References
----------
SEMIC: DCAT-AP 3.0.1. Hydra Core Vocabulary. DCAT-US 1.1 (`/data.json`). MLCommons: Croissant 1.0.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response, Stream

from citycommons.core.errors import Invalid
from citycommons.core.types import ActorKind, Publisher, Use
from citycommons.govern.access import Action
from citycommons.share import catalogue, linked
from citycommons.share.catalogue import Search, Sort
from citycommons.share.linked import data_json
from citycommons.share.open import open as open_version
from citycommons.store.conditions import Within
from citycommons.store.work import Work
from citycommons.web.addresses import caching, number, parse_name
from citycommons.web.linking import as_linked, portal_here
from citycommons.web.negotiate import LINKED, Kind, as_json, wanted
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.turns import long_turn

SIZE = 100  # datasets on a page
_LAST = 1_000_000  # no catalogue has more pages
_BY_ID = (("id", False),)  # nothing is lost or told twice when an entry changes between two pages
_RDF = ("text/turtle", "application/rdf+xml", "application/n-triples")
_PARAMETERS = {
    "page": parameter(
        "page", "Which page, from 1.", "integer", minimum=1, maximum=_LAST, default=1
    ),
    "q": parameter("q", "Words to search for."),
    "publisher": parameter("publisher", "Id of a publisher.", example="roads"),
    "theme": parameter("theme", "Code of a European data theme.", example="TRAN"),
    "modified_since": parameter(
        "modified_since",
        "Only what changed since this day or time; what was taken away is told too.",
        example="2026-03-01",
        anyOf=[{"format": "date"}, {"format": "date-time"}],
    ),
}

_CATALOG = operation(
    "dcat_catalog",
    "The catalogue by DCAT-AP, a page at a time; also at /catalog.ttl, .rdf, .jsonld and .nt.",
    list(_PARAMETERS.values()),
    {
        "application/ld+json": {"schema": {"type": "object"}},
        **{media: {"schema": {"type": "string"}} for media in _RDF},
    },
    *("404", "406", "422"),
)
_DATA_JSON = operation(
    "dcat_data_json",
    "The whole catalogue by DCAT-US 1.1.",
    [],
    {"application/json": {"schema": {"type": "object"}}},
)
_CROISSANT = operation(
    "dcat_croissant",
    "A version for machine learning, by Croissant 1.0; also at croissant.json.",
    [parameter("name", "Id of the dataset; with `@` a version.", where="path", example="bikes")],
    {"application/json": {"schema": {"type": "object"}}},
    *("401", "403", "404", "410"),
)


@get("/catalog", sync_to_thread=True, opt={"may": May.ANYONE, "operation": _CATALOG})
def catalog(running: Running) -> Response[Any]:
    """A page of the catalogue; browsers are sent to the search."""
    kind = wanted(running, default=Kind.TURTLE, offered=(*LINKED, Kind.HTML))
    asked = [(name, value) for name, value in running.query if name in _PARAMETERS and value]
    if kind is Kind.HTML:
        rest = urlencode([pair for pair in asked if pair[0] != "page"])
        return running.see("/datasets" + (f"?{rest}" if rest else ""))
    page, since = _page_number(running), _since(running)
    with long_turn():
        with running.work() as work:
            found = catalogue.find(work, _search(asked, page, since))
            gone = catalogue.removed_since(work, since) if since and page == 1 else ()
            newest = catalogue.find(work, Search(sort=Sort.NEWEST, limit=1)).entries
            owner = _owner(work)
        paging = _paging(running, asked, page, found.total)
        document = linked.catalog(
            portal_here(running),
            found.entries,
            modified=newest[0].dataset.modified if newest else None,
            owner=owner,
            paging=paging,
            gone=gone,
        )
        answer = as_linked(running, document, kind)
    answer.headers["link"] = _link(paging)
    return answer


def _page_number(running: Running) -> int:
    page = number(running, "page", 1, most=_LAST)
    if page < 1:
        raise Invalid("“page” is a whole number from 1.", parameter="page")
    return page


def _since(running: Running) -> datetime | None:
    """A day, or a time of which the zone is UTC where none is said."""
    if not (text := running.get("modified_since")):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise Invalid(
            f"“{text[:40]}” is no day or time. Write it as 2026-03-31 or 2026-03-31T12:00:00Z.",
            parameter="modified_since",
        ) from cause


def _search(asked: list[tuple[str, str]], page: int, since: datetime | None) -> Search:
    chosen: dict[str, tuple[str, ...]] = {}
    for name, value in asked:
        if name in ("publisher", "theme"):
            chosen[name] = (*chosen.get(name, ()), value)
    text = next((value for name, value in asked if name == "q"), "")
    return Search(
        text=text,
        chosen=chosen,
        condition=Within("modified", first=since) if since else None,
        order=_BY_ID,
        is_exact=True,
        limit=SIZE,
        offset=(page - 1) * SIZE,
    )


def _owner(work: Work) -> Publisher | None:
    """The city itself, where one publisher is it."""
    cities = [one for one in catalogue.all_publishers(work) if one.kind is ActorKind.CITY]
    return cities[0] if len(cities) == 1 else None


def _paging(running: Running, asked: list[tuple[str, str]], page: int, total: int) -> linked.Paging:
    suffix = f".{running.suffix}" if running.suffix else ""
    rest = [pair for pair in asked if pair[0] != "page"]
    last = max(1, -(-total // SIZE))

    def at(which: int) -> str:
        return f"{running.url}/catalog{suffix}?{urlencode([*rest, ('page', which)])}"

    return linked.Paging(
        total=total,
        size=SIZE,
        this=at(page),
        first=at(1),
        last=at(last),
        next=at(page + 1) if page < last else "",
        previous=at(min(page - 1, last)) if page > 1 else "",
    )


def _link(paging: linked.Paging) -> str:
    """The same as a header (RFC 8288), for who reads no hydra."""
    pages = {"first": paging.first, "prev": paging.previous, "next": paging.next}
    pages["last"] = paging.last
    return ", ".join(f'<{address}>; rel="{name}"' for name, address in pages.items() if address)


@get("/data.json", sync_to_thread=True, opt={"may": May.ANYONE, "operation": _DATA_JSON})
def whole(running: Running) -> Stream:
    """All datasets, sent as they are read."""
    headers = {"cache-control": "no-cache", "vary": "authorization, cookie"}
    return Stream(_whole(running), media_type="application/json", headers=headers)


def _whole(running: Running) -> Iterator[bytes]:
    portal = portal_here(running)
    yield orjson.dumps(data_json.head(portal))[:-1] + b',"dataset":['
    before, offset = b"", 0
    while True:
        with running.work() as work:
            some = Search(order=_BY_ID, limit=catalogue.MOST, offset=offset)
            found = catalogue.find(work, some)
        for one in found.entries:
            yield before + orjson.dumps(data_json.dataset(portal, one))
            before = b",\n"
        offset += catalogue.MOST
        if offset >= found.total:
            break
    yield b"]}\n"


@get(
    "/datasets/{name:str}/croissant",
    sync_to_thread=True,
    opt={"may": Action.READ, "of": "dataset", "operation": _CROISSANT},
)
def croissant(running: Running, name: FromPath[str]) -> Response[bytes]:
    """A version as Croissant; nothing of its rows is in it."""
    id, version = parse_name(name)
    with running.work() as work:
        opened = open_version(work, id, version, use=Use.INVESTIGATION)
        publisher = catalogue.publisher(work, opened.dataset.publisher)
    document = linked.croissant(
        portal_here(running),
        opened.dataset,
        opened.version,
        publisher,
        language=running.city.settings.language,
    )
    return as_json(running, document, cache=caching(opened.dataset, version))


class Dcat:
    """The catalogue for other catalogues, search engines and machine learning."""

    def routes(self) -> list[HTTPRouteHandler]:
        return [catalog, whole, croissant]
