"""Face `wfs`: `/wfs` answers clients of the Web Feature Service 2.0 and 1.1, reading only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from litestar import Router, get, post
from litestar.params import RawBody
from litestar.response import Response, Stream

from citycommons.core.errors import CityError, Invalid, NotFound
from citycommons.core.types import Channel, DatasetId
from citycommons.share import cells
from citycommons.share.faces import wfs
from citycommons.share.faces.ows import geojson, gml
from citycommons.share.faces.ows.layers import layer_id, layers, readable
from citycommons.share.faces.ows.words import xml_name
from citycommons.share.faces.wfs_request import (
    Asked,
    by_parameters,
    by_xml,
    form_of,
    query_of,
    wanted_ids,
)
from citycommons.share.open import Opened, look
from citycommons.share.open import open as open_version
from citycommons.share.query import Query
from citycommons.share.rows import Page, rows
from citycommons.web import errors
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_XML = "text/xml; charset=utf-8"
_TYPE = "typeNames"
_PAGE = 5000  # features that are read, and are in memory, at once


def answer(running: RunningRequest, asked: Asked) -> Response[bytes] | Stream:
    """What the operation gives. Raises `Invalid` for one that is not offered."""
    match asked.operation:
        case "GetCapabilities":
            return _capabilities(running, asked)
        case "DescribeFeatureType":
            return _described(running, asked)
        case "GetFeature":
            return _features(running, asked)
        case "ListStoredQueries":
            with running.work() as work:
                return _xml(wfs.stored_queries([one.name for one in layers(work)]))
        case "DescribeStoredQueries":
            return _xml(wfs.stored_query())
    raise Invalid(
        f"“{asked.operation[:60]}” is not offered: this service reads only.",
        parameter=asked.operation[:60],
        code="OperationNotSupported",
    )


def _xml(body: bytes, media: str = _XML) -> Response[bytes]:
    return Response(body, media_type=media, headers={"vary": "authorization, cookie"})


def _capabilities(running: RunningRequest, asked: Asked) -> Response[bytes]:
    service = wfs.Service(
        title=running.city.settings.name, url=f"{running.url}/wfs", language=running.language
    )
    with running.work() as work:
        return _xml(wfs.capabilities(service, layers(work), asked.version))


def _described(running: RunningRequest, asked: Asked) -> Response[bytes]:
    with running.work() as work:
        if asked.types:
            ids = [layer_id(name, "typeNames") for name in asked.types[:500]]
            types = [(id, readable(look, work, id, parameter=_TYPE).version.fields) for id in ids]
        else:
            types = [(one.dataset.id, one.version.fields) for one in layers(work)]
    media = wfs.GML_OLD if wfs.is_old(asked.version) else wfs.GML
    return _xml(wfs.schema(types, asked.version), media)


def _features(running: RunningRequest, asked: Asked) -> Response[bytes] | Stream:
    by_id = wanted_ids(asked)
    if by_id:
        names = {id for id, _ in by_id}
        if len(names) > 1:
            raise Invalid("Ids of one feature type at a time.", parameter="resourceId")
        id = layer_id(names.pop(), "resourceId")
    else:
        id = _one_type(asked)
    with running.work(channel=Channel.WFS) as work:
        opened = readable(open_version, work, id, parameter=_TYPE)
    query = query_of(asked, opened.version.fields)
    form = form_of(asked)
    if by_id:
        return _by_ids(running, asked, opened, query, form, [row for _, row in by_id])
    with long_turn():
        first = rows(opened, replace(query, limit=0 if asked.is_hits else _first(asked)))
    if asked.is_hits:
        return _collection(running, asked, opened, form, query, None, first.total)
    return _collection(running, asked, opened, form, query, first, first.total)


def _one_type(asked: Asked) -> DatasetId:
    if not asked.types:
        raise Invalid(
            "Say which feature type: typeNames=….",
            parameter="typeNames",
            code="MissingParameterValue",
        )
    if len(asked.types) > 1:
        raise Invalid(
            "One feature type at a time: joins are not offered.",
            parameter="typeNames",
            code="OptionNotSupported",
        )
    return layer_id(asked.types[0], "typeNames")


def _first(asked: Asked) -> int:
    return min(_PAGE, _wanted(asked))


def _wanted(asked: Asked) -> int:
    return wfs.MOST if asked.count is None else asked.count


def _by_ids(
    running: RunningRequest,
    asked: Asked,
    opened: Opened,
    query: Query,
    form: gml.Form,
    numbers: Sequence[int],
) -> Response[bytes] | Stream:
    there = sorted({row for row in numbers if row < opened.version.rows})
    pages = [rows(opened, replace(query, filter=None, offset=row, limit=1)) for row in there]
    if asked.stored and not pages:
        raise NotFound(f"There is no feature “{asked.ids[0][:80]}”.", code="NotFound")
    if asked.stored and not asked.is_json:
        type = xml_name(opened.dataset.id)
        ids = [f"{type}.{there[0]}"]
        parts = gml.feature(pages[0].table, pages[0].fields, ids, type, form)
        body = wfs.one_feature(cells.payload(cells.joined(parts)), type, asked.version)
        return _xml(body, _media(asked))
    body = b"".join([_members(opened, page, form, asked) for page in pages])
    head, tail = _frame(running, asked, len(pages), len(pages), "", opened)
    return _xml(
        head + body.rstrip(b",\n") + tail if asked.is_json else head + body + tail, _media(asked)
    )


def _media(asked: Asked) -> str:
    if asked.is_json:
        return wfs.JSON
    return wfs.GML_OLD if wfs.is_old(asked.version) else wfs.GML


def _collection(
    running: RunningRequest,
    asked: Asked,
    opened: Opened,
    form: gml.Form,
    query: Query,
    first: Page | None,
    matched: int,
) -> Response[bytes] | Stream:
    returned = 0 if first is None else max(0, min(_wanted(asked), matched - asked.start))
    following = _next(running, asked, returned) if asked.start + returned < matched else ""
    old_hits = first is None and wfs.is_old(asked.version)
    head, tail = _frame(
        running, asked, matched, matched if old_hits else returned, following, opened
    )
    if first is None or not returned:
        return _xml(head + tail, _media(asked))
    if returned <= first.table.num_rows:
        body = _members(opened, first, form, asked)
        body = body.rstrip(b",\n") if asked.is_json else body
        return _xml(head + body + tail, _media(asked))
    chunks = _streamed(opened, form, asked, query, first, returned)
    headers = {"vary": "authorization, cookie"}
    whole = _around(head, chunks, tail, is_json=asked.is_json)
    return Stream(whole, media_type=_media(asked), headers=headers)


def _streamed(
    opened: Opened, form: gml.Form, asked: Asked, query: Query, first: Page, returned: int
) -> Iterator[bytes]:
    yield _members(opened, first, form, asked)
    done = first.table.num_rows
    while done < returned:
        some = replace(query, offset=asked.start + done, limit=min(_PAGE, returned - done))
        page = rows(opened, some)
        if not page.table.num_rows:
            return
        yield _members(opened, page, form, asked)
        done += page.table.num_rows


def _around(head: bytes, chunks: Iterator[bytes], tail: bytes, *, is_json: bool) -> Iterator[bytes]:
    yield head
    before = b""
    for chunk in chunks:
        yield before + (chunk.rstrip(b",\n") if is_json else chunk)
        before = b",\n" if is_json else b""
    yield tail


def _next(running: RunningRequest, asked: Asked, returned: int) -> str:
    if running.method == "POST" or not returned:
        return ""
    rest = [(k, v) for k, v in running.query if k.lower() not in ("startindex", "count")]
    paging = [("startIndex", asked.start + returned), ("count", _wanted(asked))]
    return f"{running.url}/wfs?{urlencode([*rest, *paging])}"


def _frame(
    running: RunningRequest,
    asked: Asked,
    matched: int,
    returned: int,
    following: str,
    opened: Opened,
) -> tuple[bytes, bytes]:
    if asked.is_json:
        code = form_of(asked).system
        crs = {"type": "name", "properties": {"name": code.uri}}
        head = b'{"type":"FeatureCollection","numberMatched":%d,"numberReturned":%d,"crs":%b' % (
            matched,
            returned,
            orjson.dumps(crs),
        )
        return head + b',"features":[', b"]}"
    asked_for = {
        "service": "WFS",
        "version": asked.version,
        "request": "DescribeFeatureType",
        "typeNames": f"city:{xml_name(opened.dataset.id)}",
    }
    schema_at = f"{running.url}/wfs?{urlencode(asked_for)}"
    now = running.city.clock()
    head = wfs.collection_head(matched, returned, now, asked.version, schema_at, following)
    return head, wfs.COLLECTION_TAIL


def _members(opened: Opened, page: Page, form: gml.Form, asked: Asked) -> bytes:
    type = xml_name(opened.dataset.id)
    ids = [f"{type}.{row}" for row in page.positions]
    if asked.is_json:
        return geojson.members(page.table, page.fields, ids, form)
    return gml.members(page.table, page.fields, ids, type, form)


def _translate(running: RunningRequest, error: CityError) -> Response[bytes]:
    status = 400 if error.http_status == 422 else error.http_status
    if error.http_status == 404 and error.where.get("code") != "NotFound":
        status = 400
    code = str(error.where.get("code", "")) or {
        400: "InvalidParameterValue",
        413: "OperationProcessingFailed",
    }.get(status, "NoApplicableCode")
    locator = str(error.where.get("parameter", ""))
    version = "1.1.0" if "version=1.1.0" in running.raw_query.lower() else "2.0.0"
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="City Commons"'
    return Response(
        wfs.exception(code, locator, error.message, version),
        status_code=status,
        media_type=_XML,
        headers=headers,
    )


_KVP = [
    parameter("service", "WFS."),
    parameter("version", "2.0.0, 2.0.2 or 1.1.0."),
    parameter("request", "GetCapabilities, DescribeFeatureType, GetFeature, and so on."),
    parameter("typeNames", "A feature type, as GetCapabilities lists it."),
    parameter("bbox", "Four numbers, and the name of their reference system."),
    parameter("srsName", "The reference system of the answer."),
    parameter("count", "How many features at most."),
    parameter("startIndex", "How many to leave out first."),
    parameter("resultType", "hits: only the number."),
    parameter("propertyName", "Properties wanted, with commas between."),
    parameter("sortBy", "Properties to sort by; ` DESC` turns the order."),
    parameter("filter", "A filter in XML (FES 2.0)."),
    parameter("resourceId", "Ids of features, with commas between."),
    parameter("outputFormat", "GML or application/json."),
]
_CONTENT: dict[str, Any] = {
    media: {"schema": {"type": "string"}} for media in ("text/xml", "application/gml+xml")
} | {wfs.JSON: {"schema": {"type": "object"}}}
_ERRORS = ("401", "403", "404", "413", "503")


def _operation(id: str, summary: str, **more: Any) -> dict[str, Any]:
    told = operation(id, summary, more.pop("asked", []), _CONTENT, *_ERRORS, tag="faces", **more)
    for code in told["responses"]:
        if code != "200":
            told["responses"][code] = {
                "description": "An exception report.",
                "content": {"text/xml": {"schema": {"type": "string"}}},
            }
    return told


@get(
    "/wfs",
    sync_to_thread=True,
    opt={
        "may": May.ANYONE,
        "operation": _operation("wfs_get", "WFS 2.0, reading only, by parameters.", asked=_KVP),
    },
    exception_handlers=errors.in_form(_translate),
)
def by_get(running: Running) -> Response[bytes] | Stream:
    """A request in parameters."""
    return answer(running, by_parameters(running.query))


@post(
    "/wfs",
    sync_to_thread=True,
    status_code=200,
    opt={
        "may": May.ANYONE,
        "by": "key",
        "operation": _operation(
            "wfs_post",
            "WFS 2.0, reading only, as an XML document.",
            body={"text/xml": {"schema": {"type": "string"}}},
        ),
    },
    exception_handlers=errors.in_form(_translate),
)
def by_post(running: Running, body: RawBody) -> Response[bytes] | Stream:
    """A request as XML, or as a form."""
    if "x-www-form-urlencoded" in running.headers.get("content-type", ""):
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=99
        )
        return answer(running, by_parameters(pairs))
    return answer(running, by_xml(body))


class Wfs:
    """The face `wfs`."""

    def routes(self) -> list[Router]:
        """One address, by GET and POST: of one router, or the second wraps the first again."""
        return [Router("/", route_handlers=[by_get, by_post])]
