"""The portal's own pages: first page, map, publishers, about, developers, and for robots."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import Channel, Publisher, PublisherId
from citycommons.govern.access import Action
from citycommons.share import catalogue
from citycommons.web import pages
from citycommons.web.addresses import FOREVER, dataset_path, number, parse_name
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.openapi import document
from citycommons.web.running import Running
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_OPT = {"may": May.ANYONE}
_BOTH = (Kind.HTML, Kind.JSON)
_MOST_IN_SITEMAP = 50_000  # the protocol's own limit
_PAGES = (
    "/",
    "/datasets",
    "/publishers",
    "/map",
    "/usage",
    "/about",
    "/developers",
    "/reuses",
    "/stories",
    "/requests",
)


@get("/", sync_to_thread=True, opt=_OPT)
def home(running: Running) -> Response[str]:
    """The first page."""
    with running.work() as work:
        return running.page(pages.home(work, running.view()))


@get("/map", sync_to_thread=True, opt=_OPT)
def map_explorer(running: Running) -> Response[str]:
    """Several datasets laid over each other on a map."""
    with running.work(channel=Channel.MAP) as work:
        return running.page(pages.map_explorer(work, running.view()))


@get("/publishers", sync_to_thread=True, opt=_OPT)
def publishers(running: Running) -> Response[Any]:
    """Who publishes here."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(pages.publishers(work, running.view()))
        found = catalogue.publishers(work)
    listed = [_publisher(one, running.url) | {"count": count} for one, count in found]
    return as_json(running, {"publishers": listed})


@get("/publishers/{id:str}", sync_to_thread=True, opt=_OPT)
def publisher(running: Running, id: FromPath[str]) -> Response[Any]:
    """One publisher."""
    kind = wanted(running, offered=_BOTH)
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(pages.publisher(work, running.view(), PublisherId(id)))
        found = catalogue.publisher(work, PublisherId(id))
    return as_json(running, _publisher(found, running.url))


def _publisher(publisher: Publisher, base: str) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(publisher)
    return body | {
        "url": f"{base}/publishers/{publisher.id}",
        "datasets": f"{base}/datasets.json?publisher={publisher.id}",
    }


@get("/about", sync_to_thread=True, opt=_OPT)
def about(running: Running) -> Response[str]:
    """What this portal is."""
    with running.work() as work:
        return running.page(pages.about(work, running.view()))


@get("/developers", sync_to_thread=True, opt=_OPT)
def developers(running: Running) -> Response[str]:
    """How programs use the portal."""
    with running.work() as work:
        return running.page(pages.developers(work, running.view(), document(running.url)))


@get("/openapi.json", sync_to_thread=True, opt=_OPT)
def openapi(running: Running) -> Response[bytes]:
    """The API, described by OpenAPI 3.1."""
    return as_json(running, document(running.url))


@get("/theme.css", sync_to_thread=True, opt=_OPT)
def theme(running: Running) -> Response[str]:
    """The city's colours; the address carries `?v=` of them."""
    headers = {"cache-control": FOREVER if running.get("v") else "public, no-cache"}
    text = pages.theme_css(running.city.settings)
    return Response(text, media_type="text/css", headers=headers)


@get(
    "/datasets/{name:str}/table",
    sync_to_thread=True,
    opt={"may": Action.READ, "of": "dataset"},
)
def table(running: Running, name: FromPath[str]) -> Response[str]:
    """The table of a dataset page, sorted, filtered or paged on."""
    id, version = parse_name(name)
    with long_turn(), running.work() as work:
        return running.page(pages.table(work, running.view(), id, version))


@get(
    "/datasets/{name:str}/chart.svg",
    sync_to_thread=True,
    opt={"may": Action.READ, "of": "dataset"},
)
def chart(running: Running, name: FromPath[str]) -> Response[str]:
    """The automatic chart as a picture; `?embed=1` leads to the page that any site may frame."""
    id, version = parse_name(name)
    if running.get("embed"):
        return running.see(f"/embed/{quote(name, safe='@')}/chart", status=301)
    with running.work() as work:
        picture = pages.chart_image(work, running.view(), id, version)
    return Response(picture, media_type="image/svg+xml", headers={"vary": "cookie"})


@get("/robots.txt", opt=_OPT)
async def robots(running: Running) -> Response[str]:
    """What crawlers may read: pages, not every row of every table."""
    lines = ["User-agent: *"]
    closed = ("/desk", "/admin", "/sign-in", "/data/", "/*/new", "/reports/")
    lines += [f"Disallow: {path}" for path in closed]
    lines += [f"Disallow: /datasets/*/{part}" for part in ("rows", "features", "diff", "table")]
    lines += ["Crawl-delay: 2", "", f"Sitemap: {running.url}/sitemap.xml", ""]
    return Response("\n".join(lines), media_type="text/plain")


@get("/sitemap.xml", sync_to_thread=True, opt=_OPT)
def sitemap(running: Running) -> Response[bytes]:
    """Addresses of what anyone may read; an index of several where one would be too long."""
    page = number(running, "page", 0, most=50_000)
    with running.work() as work:
        total = catalogue.open_entries(work)
        most = _MOST_IN_SITEMAP - len(_PAGES)
        if not page and total > most:
            return _sitemap("sitemapindex", "sitemap", _maps(running.url, -(-total // most)))
        first = (max(page, 1) - 1) * most
        found = catalogue.open_addresses(work, offset=first, limit=most)
    pages = [(running.url + path, None) for path in _PAGES] if page < 2 else []
    sets = [(running.url + dataset_path(id), modified) for id, modified in found]
    return _sitemap("urlset", "url", [*pages, *sets])


def _maps(base: str, count: int) -> list[tuple[str, datetime | None]]:
    return [(f"{base}/sitemap.xml?page={one}", None) for one in range(1, count + 1)]


def _sitemap(kind: str, each: str, found: Sequence[tuple[str, datetime | None]]) -> Response[bytes]:
    """As sitemaps.org wants it."""
    entries = (
        f"<{each}><loc>{escape(address)}</loc>"
        + (f"<lastmod>{modified:%Y-%m-%d}</lastmod>" if modified else "")
        + f"</{each}>\n"
        for address, modified in found
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    head += f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    body = head + "".join(entries) + f"</{kind}>\n"
    return Response(body.encode(), media_type="application/xml")


HANDLERS = [
    home,
    map_explorer,
    publishers,
    publisher,
    about,
    developers,
    openapi,
    theme,
    table,
    chart,
    robots,
    sitemap,
]
