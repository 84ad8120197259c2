"""Face `embeds`: a chart, a map or a table in pages of others, and oEmbed to find them.

An embed shows what anyone may read, whoever looks; it sets no cookie and asks no other host.

References
----------
oEmbed specification 1.0. Content Security Policy Level 3, `frame-ancestors`.
"""

import hashlib
import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import unquote, urlsplit

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid, NotFound
from citycommons.core.types import ANYONE, Channel, DatasetId, Use
from citycommons.govern.access import Action, require
from citycommons.share import catalogue, oembed
from citycommons.share.linked import words_in
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.store.work import Work
from citycommons.web import errors, page_embed
from citycommons.web.addresses import number, parse_name
from citycommons.web.negotiate import is_known
from citycommons.web.openapi import operation, parameter
from citycommons.web.page_embed import Kind
from citycommons.web.running import HTML, Running, RunningRequest
from citycommons.web.security import May, embeddable
from citycommons.web.turns import long_turn

_PAGE = re.compile(r"/(datasets|embed)/(?P<name>[^/]+?)(/(?P<kind>chart|map|table))?/?")
_JSON, _XML = "application/json", "text/xml"


class NotImplementedFormat(Invalid):
    """The format is not spoken here; oEmbed would say 501, but the question is what is wrong."""

    http_status, title = 400, "Not spoken"


def _anyone(running: RunningRequest) -> AbstractContextManager[Work]:
    running.actor = ANYONE
    return running.work(channel=Channel.EMBED)


_DATASET = parameter(
    "dataset", "Id of the dataset, with `@` a version.", where="path", example="bikes"
)
_THEME = parameter("theme", "Paper of the page; else the reader's own.", enum=["light", "dark"])
_LANG = parameter("lang", "Language of the words.", enum=["en", "de", "fr", "it"])


def _told(running: RunningRequest, error: CityError) -> Response[Any]:
    """The error in the frame, where it must be read as well; a program gets a problem document."""
    running.actor, running.token, running.set_cookies = ANYONE, "", []
    found = errors.answer(running, error, str(error.where.get("number", "")))
    if found.media_type == HTML or found.status_code == 303:
        html = page_embed.error(running.view(), error.http_status, error.title, error.message)
        found = Response(html, status_code=error.http_status, media_type=HTML)
        found.headers["cache-control"] = "no-store"
    found.headers.update(embeddable(running.city.settings))
    return found


_ERRORS = errors.in_form(_told)


def _operation(kind: Kind, *more: dict[str, Any]) -> dict[str, Any]:
    told = operation(
        f"embed_{kind}",
        f"The {kind} of a dataset alone, for a frame on another page.",
        [_DATASET, _THEME, _LANG, *more],
        {HTML: {"schema": {"type": "string"}}},
        *("404", "410", "503"),
        tag="faces",
    )
    told["responses"]["304"] = {"description": "It is as it was."}
    return told


def _opt(kind: Kind, *more: dict[str, Any]) -> dict[str, Any]:
    return {"may": Action.READ, "of": "dataset", "operation": _operation(kind, *more)}


def _frame(running: RunningRequest, dataset: str, kind: Kind) -> Response[str]:
    id, version = parse_name(dataset)
    if running.is_signed_in:  # a key may be for less than anyone may
        with running.work() as work:
            require(work, Action.READ, catalogue.get(work, id))
    view = running.view()
    running.set_cookies = []
    turn = long_turn() if kind is Kind.TABLE else nullcontext()
    with turn, _anyone(running) as work:
        opened = open_version(work, id, version, use=Use.INVESTIGATION)
        tag = _tag(opened, view.language, repr((kind, running.query, view.settings.accent)))
        headers = embeddable(running.city.settings) | {
            "etag": tag,
            "cache-control": "public, no-cache",
            "vary": "accept-language",
            "cross-origin-resource-policy": "cross-origin",
        }
        if is_known(running, tag):
            return Response("", status_code=304, media_type=HTML, headers=headers)
        key = (tag, view.absolute(""), str(work.lake.root), work.now.date())
        html = page_embed.kept(
            key, lambda: page_embed.embed(work, view, opened, kind, f"/embed/{dataset}/{kind}")
        )
    return Response(html, media_type=HTML, headers=headers)


def _tag(opened: Opened, language: str, asked: str) -> str:
    made = (opened.version.digest, opened.version.number, opened.dataset.modified, language, asked)
    return f'W/"{hashlib.blake2b(repr(made).encode(), digest_size=12).hexdigest()}"'


@get(
    "/embed/{dataset:str}/chart",
    sync_to_thread=True,
    opt=_opt(Kind.CHART),
    exception_handlers=_ERRORS,
)
def chart(running: Running, dataset: FromPath[str]) -> Response[str]:
    """The chart of a dataset alone."""
    return _frame(running, dataset, Kind.CHART)


@get(
    "/embed/{dataset:str}/map",
    sync_to_thread=True,
    opt=_opt(Kind.MAP),
    exception_handlers=_ERRORS,
)
def map_(running: Running, dataset: FromPath[str]) -> Response[str]:
    """The map of a dataset alone."""
    return _frame(running, dataset, Kind.MAP)


@get(
    "/embed/{dataset:str}/table",
    sync_to_thread=True,
    opt=_opt(
        Kind.TABLE,
        parameter("limit", "How many rows on a page.", "integer", minimum=0, maximum=10_000),
        parameter("offset", "How many rows to leave out first.", "integer", minimum=0),
        parameter("order", "Columns to sort by, `-` before one descends."),
        parameter("columns", "Columns to show."),
    ),
    exception_handlers=_ERRORS,
)
def table(running: Running, dataset: FromPath[str]) -> Response[str]:
    """The table of a dataset alone, with the conditions of its own page."""
    return _frame(running, dataset, Kind.TABLE)


def _oembed_operation() -> dict[str, Any]:
    asked = [
        parameter("url", "Address of a dataset's page or of an embed.", example="…/datasets/bikes"),
        parameter("format", "json or xml.", enum=["json", "xml"], default="json"),
        parameter("maxwidth", "Pixels.", "integer", minimum=0),
        parameter("maxheight", "Pixels.", "integer", minimum=0),
    ]
    asked[0]["required"] = True
    schema = {
        "type": "object",
        "required": ["version", "type", "html", "width", "height"],
        "properties": {
            "version": {"const": "1.0"},
            "type": {"const": "rich"},
            "html": {"type": "string"},
        },
    }
    content = {_JSON: {"schema": schema}, _XML: {"schema": {"type": "string"}}}
    return operation("oembed", "oEmbed.", asked, content, "404", "410", "422", tag="faces")


@get(
    "/oembed",
    sync_to_thread=True,
    opt={"may": May.ANYONE, "operation": _oembed_operation()},
)
def provider(running: Running) -> Response[bytes]:
    """How a page of ours is shown within a page of others (oEmbed)."""
    format = running.get("format", "json").lower() or "json"
    if format not in ("json", "xml"):
        raise NotImplementedFormat("“format” is json or xml.")
    wide, high = number(running, "maxwidth", 0), number(running, "maxheight", 0)
    name, kind = _page_of(running)
    id, version = parse_name(name)
    with _anyone(running) as work:
        opened = open_version(work, id, version, use=Use.INVESTIGATION)
        publisher = catalogue.publisher(work, opened.dataset.publisher)
        timezone = running.city.settings.timezone
        found = Kind(kind) if kind else page_embed.first_kind(opened, timezone)
    pinned = opened.version.number if version not in (None, "latest") else None
    src = running.url + page_embed.address(DatasetId(id), found, pinned)
    title = words_in(opened.dataset.title, running.language)
    answer = oembed.rich(
        oembed.frame(src, title, found, wide, high),
        provider_name=running.city.settings.name,
        provider_url=running.url,
        author_name=publisher.name,
        author_url=f"{running.url}/publishers/{publisher.id}",
    )
    packed = oembed.as_json(answer) if format == "json" else oembed.as_xml(answer)
    headers = {"cache-control": "public, max-age=300", "vary": "accept-language"}
    media = _JSON if format == "json" else _XML
    return Response(packed, media_type=media, headers=headers)


def _page_of(running: RunningRequest) -> tuple[str, str]:
    """The dataset that an address of this portal shows, and as what it is shown there."""
    given = running.get("url")
    if not given:
        raise Invalid("Say of which page: ?url=…/datasets/bikes.", parameter="url")
    try:
        parts = urlsplit(given)
    except ValueError as cause:
        raise Invalid("“url” is no address.", parameter="url") from cause
    own = {f"{running.scheme}://{running.host}", running.url}
    found = _PAGE.fullmatch(parts.path)
    # A page may be linked with either scheme: a proxy in front changes it.
    origins = {origin.partition("://")[2] for origin in own}
    if parts.scheme not in ("http", "https") or parts.netloc not in origins or found is None:
        raise NotFound("Only pages of datasets of this portal can be embedded.")
    kind = found["kind"] or ""
    if kind and found[1] == "datasets":
        raise NotFound("Only pages of datasets of this portal can be embedded.")
    name = unquote(found["name"])
    for suffix in (".html", ".json", ".jsonld"):
        name = name.removesuffix(suffix) if found[1] == "datasets" else name
    return name, kind


class Embeds:
    """The face `embeds`: `/embed/…` and `/oembed`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """One address for each kind of embed, and the one that finds them."""
        return [chart, map_, table, provider]
