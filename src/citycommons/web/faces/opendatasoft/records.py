"""Records of a dataset, one of them, and its facets."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.core.types import Channel, DatasetId
from citycommons.govern.access import Action
from citycommons.share.faces import opendatasoft as explore
from citycommons.share.faces.row_ids import is_row
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.query import Query
from citycommons.share.rows import rows as read_rows
from citycommons.web.addresses import caching
from citycommons.web.faces.opendatasoft.asked import (
    CLAUSES,
    DATASET,
    ERRORS,
    JSON,
    MOST,
    MOST_DEEP,
    MOST_GROUPS,
    PAGED,
    ROOT,
    BadParameter,
    asked_of,
    described,
    flag,
    sign_in,
    whole,
)
from citycommons.web.negotiate import is_known
from citycommons.web.openapi import parameter
from citycommons.web.running import Running
from citycommons.web.turns import long_turn

_OPT = {"may": Action.READ, "of": "dataset"}
_MEDIA = "application/json; charset=utf-8"
_RECORD = parameter("record", "Id of the record (`_id`).", where="path", example="0")


def opened_by(running: Running, dataset: str) -> Opened:
    """The dataset's latest version, for who asks."""
    sign_in(running)
    with running.work(channel=Channel.OPENDATASOFT) as work:
        return open_version(work, DatasetId(dataset))


def headers_of(running: Running, opened: Opened, shape: str) -> dict[str, str]:
    """What lets an answer be kept: content and question name it before it is worked out."""
    asked = hashlib.blake2b(repr((shape, running.query)).encode(), digest_size=6).hexdigest()
    return {
        "etag": f'W/"{opened.version.digest[:24]}-{opened.version.number}-{asked}"',
        "cache-control": caching(opened.dataset, None),
        "vary": "accept, authorization, cookie",
    }


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}/records",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        **_OPT,
        "operation": described("records", "Records.", [DATASET, *CLAUSES, *PAGED], JSON),
    },
)
def records(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """One page of records, or of groups of them, with the exact total."""
    opened = opened_by(running, dataset)
    headers = headers_of(running, opened, "records")
    if is_known(running, headers["etag"]):
        return Response(b"", status_code=304, media_type=_MEDIA, headers=headers)
    names = explore.names_of(opened)
    most = MOST_GROUPS if running.get("group_by") else MOST
    limit = whole(running, "limit", 10, -1, most)
    offset = whole(running, "offset", 0, 0, 10**9)
    with running.work() as work:
        now = work.now
    query = explore.question(asked_of(running), names, now, limit=limit, offset=offset)
    if limit < 0:  # as many as one page holds
        query = replace(query, limit=MOST)
    if not explore.is_grouped(query) and offset + (query.limit or 0) > MOST_DEEP:
        raise BadParameter(
            f"Invalid value for offset API parameter: {offset} was found but offset + limit "
            f"<= {MOST_DEEP} is expected. Take an export.",
            parameter="offset",
        )
    shown = explore.shown(query, names, opened, running.get("timezone") or "UTC")
    with long_turn():
        page = read_rows(opened, query)
    body = b'{"total_count":%d,"results":[%b]%b}' % (
        page.total,
        explore.objects(page.table, shown)[:-1],
        b',"_links":[]' if flag(running, "include_links", default=False) else b"",
    )
    return Response(body, media_type=_MEDIA, headers=headers)


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}/records/{{record:str}}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        **_OPT,
        "operation": described("record", "One record.", [DATASET, _RECORD, *CLAUSES[:1]], JSON),
    },
)
def record(running: Running, dataset: FromPath[str], record: FromPath[str]) -> Response[bytes]:
    """The record of this id."""
    opened = opened_by(running, dataset)
    names = explore.names_of(opened)
    asked = explore.Asked(select=running.get("select"))
    with running.work() as work:
        query = explore.question(asked, names, work.now, limit=1, offset=0)
    query = Query(
        computed=query.computed, filter=is_row(opened.dataset, opened.version, record), limit=1
    )
    shown = explore.shown(query, names, opened, running.get("timezone") or "UTC")
    with long_turn():
        page = read_rows(opened, query)
    if not page.table.num_rows:
        raise NotFound("There is no such record.")
    body = explore.objects(page.table, shown)[:-1]
    return Response(body, media_type=_MEDIA, headers=headers_of(running, opened, "record"))


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}/facets",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={**_OPT, "operation": described("facets", "Facets.", [DATASET, *CLAUSES[1:]], JSON)},
)
def facets(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """How many records have each value of the fields that are worth choosing from."""
    opened = opened_by(running, dataset)
    headers = headers_of(running, opened, "facets")
    if is_known(running, headers["etag"]):
        return Response(b"", status_code=304, media_type=_MEDIA, headers=headers)
    names = explore.names_of(opened)
    asked = asked_of(running)
    with running.work() as work:
        query = explore.question(
            explore.Asked(where=asked.where, refine=asked.refine, exclude=asked.exclude),
            names, work.now, limit=None, offset=0,
        )  # fmt: skip
    refined, excluded = _values(asked.refine), _values(asked.exclude)
    told: list[dict[str, Any]] = []
    with long_turn():
        for column in _columns(running, opened)[: explore.MOST_FACETS]:
            page = read_rows(opened, explore.count_query(query, column))
            name = names.of[column]
            values = [(row["value"], row["count"]) for row in page.table.to_pylist()]
            low = name.lower()
            told.append(explore.facet(name, values, refined.get(low, ()), excluded.get(low, ())))
    body = orjson.dumps({"links": [], "facets": told})
    return Response(body, media_type=_MEDIA, headers=headers)


def _columns(running: Running, opened: Opened) -> list[str]:
    names = explore.names_of(opened)
    wanted = [text for key, text in running.query if key == "facet" for text in text.split(",")]
    if not wanted:
        version = opened.version
        return [field.name for field in version.fields if explore.is_facet(field, version)]
    found = []
    for text in wanted:
        plain = text.partition('name="')[2].partition('"')[0] or text.strip()
        field = names.field_of(names.column(plain))
        if field is None or field.type == "geometry":
            raise BadParameter(f"“{plain[:40]}” is no facet.", parameter="facet")
        found.append(field.name)
    return list(dict.fromkeys(found))


def _values(texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, _, value = text.partition(":")
        key = name.strip().lower()
        found[key] = (*found.get(key, ()), value.strip().strip("\"'"))
    return found


HANDLERS = [records, record, facets]
