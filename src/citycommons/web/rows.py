"""Rows, features, versions and differences of a dataset."""

import hashlib
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import Invalid
from citycommons.core.places import parse_bbox
from citycommons.core.types import Channel, Dataset, DatasetId, Use, Version
from citycommons.govern.access import Action
from citycommons.share import catalogue, packed
from citycommons.share.diff import diff as compare
from citycommons.share.downloads import download
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.query import Query, parse_query
from citycommons.share.rows import Page
from citycommons.share.rows import rows as read_rows
from citycommons.web import pages
from citycommons.web.addresses import (
    caching,
    dataset_path,
    distributions,
    is_pinned,
    number,
    parse_name,
)
from citycommons.web.files import attachment
from citycommons.web.negotiate import MEDIA, Kind, as_json, encodings, is_known, wanted
from citycommons.web.running import Running
from citycommons.web.sending import SoonAnswer, asks_parts, content_answer, packed_as
from citycommons.web.turns import at_once, long_turn

MOST_FEATURES = 10_000
_OPT = {"may": Action.READ, "of": "dataset"}
_CODE = {"lang"}  # parameters that are no question to the data


@get("/datasets/{name:str}/rows", sync_to_thread=True, opt=_OPT)
def rows(running: Running, name: FromPath[str]) -> Response[Any]:
    """Rows of a version, filtered, ordered, grouped and paged; `.csv` and `.geojson` as a file."""
    id, version = parse_name(name)
    is_file = running.suffix in ("csv", "geojson")
    if not is_file:
        wanted(running, default=Kind.JSON, offered=(Kind.JSON,))
    with running.work(channel=Channel.FILE if is_file else Channel.API) as work:
        opened = open_version(work, id, version)
    params = [pair for pair in running.query if pair[0] not in _CODE]
    tag = _tag(opened, running.suffix, params)
    headers = {
        "etag": tag,
        "cache-control": caching(opened.dataset, version),
        "vary": "accept, authorization, cookie",
    }
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=MEDIA[Kind.JSON], headers=headers)
    if is_file:
        query = parse_query(params, opened.version.fields, limit=None)
        return SoonAnswer(lambda: _file(running, opened, query, headers))
    query = parse_query(params, opened.version.fields)
    with long_turn():
        page = read_rows(opened, query)
    path = dataset_path(id, opened.version.number if is_pinned(version) else None) + "/rows"
    body = b'{"dataset":%b,"version":%d,"total":%d,"limit":%d,"offset":%d,"rows":%b,"links":%b}' % (
        orjson.dumps(id),
        opened.version.number,
        page.total,
        page.limit,
        page.offset,
        page.json(),
        orjson.dumps(_links(running.url + path, params, page)),
    )
    return Response(body, media_type=MEDIA[Kind.JSON], headers=headers)


def _file(running: Running, opened: Opened, query: Query, headers: dict[str, str]) -> Response[Any]:
    codings = () if asks_parts(running) else encodings(running)
    made = download(opened, running.suffix, codings, query)
    headers["content-disposition"] = attachment(made.filename)
    headers["vary"] += ", accept-encoding"
    headers = packed_as(headers, made.encoding)
    return content_answer(running, made.content, made.media_type, headers)


def _tag(opened: Opened, shape: str, params: list[tuple[str, str]]) -> str:
    # Content and question give the answer, so they name it before it is worked out.
    asked = hashlib.blake2b(repr((shape, params)).encode(), digest_size=6).hexdigest()
    return f'W/"{opened.version.digest[:24]}-{opened.version.number}-{asked}"'


def _links(address: str, params: list[tuple[str, str]], page: Page) -> dict[str, str | None]:
    def at(offset: int | None) -> str | None:
        if offset is None:
            return None
        rest = [pair for pair in params if pair[0] not in ("limit", "offset")]
        return f"{address}?{urlencode([*rest, ('limit', page.limit), ('offset', offset)])}"

    return {
        "self": at(page.offset),
        "next": at(page.next_offset) if page.limit else None,
        "prev": at(page.previous_offset) if page.limit else None,
    }


@get("/datasets/{name:str}/features", opt=_OPT | {"direct": True})
async def features(running: Running, name: FromPath[str]) -> Response[bytes]:
    """Features of a version as GeoJSON, those that touch a box."""
    id, version = parse_name(name)
    return await at_once(running.city, id, version, lambda: _features(running, id, version))


def _features(running: Running, id: DatasetId, version: str | None) -> Response[bytes]:
    limit = number(running, "limit", 100, most=MOST_FEATURES)
    offset = number(running, "offset", 0)
    text = running.get("bbox")
    bbox = parse_bbox(text) if text else None
    with running.work(channel=Channel.MAP) as work:
        opened = open_version(work, id, version)
    tag = _tag(opened, "features", [("limit", str(limit)), ("offset", str(offset)), ("b", text)])
    headers = {
        "etag": tag,
        "cache-control": caching(opened.dataset, version),
        "vary": "authorization, cookie",
    }
    media = "application/geo+json"
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=media, headers=headers)
    found = packed.collection(opened, bbox, limit, offset)
    links: list[dict[str, Any]] = []
    if found.returned and offset + found.returned < found.matched:
        path = dataset_path(id, opened.version.number if is_pinned(version) else None)
        asked = f"bbox={quote(text)}&limit={limit}" if text else f"limit={limit}"
        href = f"{running.url}{path}/features?{asked}&offset={offset + found.returned}"
        links = [{"rel": "next", "type": media, "href": href}]
    return Response(found.json(links), media_type=media, headers=headers)


@get("/datasets/{name:str}/versions", sync_to_thread=True, opt=_OPT | {"may": Action.DISCOVER})
def versions(running: Running, name: FromPath[str]) -> Response[Any]:
    """All versions of a dataset, newest first, withdrawn ones as tombstones."""
    id, _ = parse_name(name)
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(pages.versions(work, running.view(), id))
        dataset, found = catalogue.get(work, id), catalogue.versions(work, id)
    return as_json(
        running,
        {
            "dataset": id,
            "versions": [version_summary(dataset, one, running.url) for one in found],
        },
    )


def version_summary(dataset: Dataset, version: Version, base: str) -> dict[str, Any]:
    """A version in a list: without fields and statistics, which stand at its own address."""
    whole = msgspec.to_builtins(version)
    left_out = {"fields", "statistics", "file", "report", "faults"}
    if version.withdrawn:
        left_out |= {"provenance", "bounds", "period"}
    return {
        **{name: value for name, value in whole.items() if name not in left_out},
        "url": base + dataset_path(dataset.id, version.number),
        "distributions": [] if version.withdrawn else distributions(version, base),
    }


@get("/datasets/{name:str}/diff", sync_to_thread=True, opt=_OPT)
def diff(running: Running, name: FromPath[str]) -> Response[Any]:
    """What differs between two versions, row by row: `?from=1&to=2`."""
    id, _ = parse_name(name)
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    older, newer = number(running, "from", 0), number(running, "to", 0)
    if not older or not newer:
        raise Invalid("Say which versions to compare: ?from=1&to=2.", parameter="from")
    if kind is Kind.HTML:
        with long_turn(), running.work() as work:
            return running.page(pages.diff(work, running.view(), id, older, newer))
    with running.work(channel=Channel.API) as work:
        before = open_version(work, id, older, use=Use.REQUEST)
        after = open_version(work, id, newer, use=Use.REQUEST)
    limit = number(running, "limit", 100, most=MOST_FEATURES)
    with long_turn():
        found = compare(before, after, limit=limit, offset=number(running, "offset", 0))
    return as_json(running, msgspec.json.encode(found))


HANDLERS = [rows, features, versions, diff]
