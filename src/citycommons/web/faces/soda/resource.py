"""Rows: `/resource/<id>` as JSON, CSV or GeoJSON, filtered and grouped in SoQL."""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response, Stream

from citycommons.core.errors import Invalid
from citycommons.core.types import Channel, Field, FieldType
from citycommons.govern.access import Action
from citycommons.share.faces import four_by_four, soda
from citycommons.share.faces.soda_views import place_type
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.query import MOST_ROWS
from citycommons.share.rows import batches, begun
from citycommons.share.rows import rows as read_rows
from citycommons.share.shapes import geometry_types
from citycommons.web.addresses import caching
from citycommons.web.faces.soda.errors import HANDLERS as ERRORS
from citycommons.web.faces.soda.errors import sign_in
from citycommons.web.negotiate import is_known
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running
from citycommons.web.turns import long_turn

DEFAULT_LIMIT = 1000
MEDIA = {
    "json": "application/json; charset=utf-8",
    "csv": "text/csv",
    "geojson": "application/vnd.geo+json; charset=utf-8",
}
_LONGEST_HEADER = 4000
_ROWS = {"type": "array", "items": {"type": "object"}}
_CLAUSES = (
    ("$select", "Columns and expressions, with AS; `*` is all.", "street, count(*) AS n"),
    ("$where", "What holds of each row.", "count > 10"),
    ("$group", "Columns or expressions that rows of a group share.", "street"),
    ("$having", "What holds of each group.", "n > 3"),
    ("$order", "What to sort by, each with ASC or DESC.", "n DESC"),
    ("$q", "Words that must occur in some column of text.", ""),
    ("$query", "All clauses as one SELECT, instead of the others.", "SELECT * LIMIT 5"),
)


def _described(suffix: str) -> dict[str, Any]:
    asked = [parameter(name, text, example=text_of) for name, text, text_of in _CLAUSES]
    paged = [
        parameter("$limit", "How many rows; there is no cap.", "integer", minimum=0, default=1000),
        parameter("$offset", "How many to leave out first.", "integer", minimum=0, default=0),
    ]
    token = parameter("X-App-Token", "An app's token; one of our keys signs in.", where="header")
    content = {
        MEDIA["json"].partition(";")[0]: {"schema": _ROWS},
        MEDIA["csv"]: {"schema": {"type": "string"}},
        MEDIA["geojson"].partition(";")[0]: {"schema": {"type": "object"}},
    }
    return operation(
        f"soda_rows{suffix}",
        "Rows as SODA 2.1 gives them; `.json`, `.csv` or `.geojson` behind the id.",
        [
            parameter(
                "dataset", "Our id, or four and four signs.", where="path", example="counts.json"
            ),
            *asked,
            *paged,
            token,
        ],
        content,
        *("401", "403", "404", "410", "413", "503"),
        tag="faces",
    )


def split(name: str, accept: str = "") -> tuple[str, str]:
    """Id and form: `abcd-2345.csv` → (`abcd-2345`, `csv`)."""
    stem, dot, last = name.rpartition(".")
    if dot and last.lower() in MEDIA:
        return stem, last.lower()
    for form, media in MEDIA.items():
        if media.partition(";")[0] in accept or (form == "geojson" and "geo+json" in accept):
            return name, form
    return name, "json"


@get(
    "/resource/{dataset:str}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={"may": Action.READ, "of": "dataset", "operation": _described("")},
)
def rows(running: Running, dataset: FromPath[str]) -> Response[bytes] | Stream:
    """Rows of the latest version, in the form of the suffix or of `Accept`."""
    name, form = split(dataset, running.headers.get("accept", ""))
    return answer(running, name, form)


def answer(
    running: Running, name: str, form: str, limit: int | None = DEFAULT_LIMIT, *, head: bytes = b""
) -> Response[bytes] | Stream:
    """The rows that the address asks for in this form; `lists` begin with `head`."""
    sign_in(running)
    with running.work(channel=Channel.SODA) as work:
        opened = open_version(work, four_by_four.id_of(work, name))
    params = {key: text for key, text in running.query if key not in ("$$app_token", "accessType")}
    media = MEDIA.get(form, MEDIA["json"])
    headers = _headers(opened, form, params)
    if is_known(running, headers["etag"]):
        return Response(b"", status_code=304, media_type=media, headers=headers)
    names = soda.names_of(opened)
    if form == "lists":
        params = {"$select": ":id,:created_at,:updated_at,*"}
    query = soda.question(params, names, limit=limit)
    shown = soda.columns(query, names)
    headers |= _told(opened, shown)
    if form == "geojson" and not any(field.type is FieldType.GEOMETRY for _, field in shown):
        raise Invalid("GeoJSON needs a geometry, and there is none among these columns.")
    is_small = query.limit is not None and query.limit <= MOST_ROWS
    if is_small:
        with long_turn():
            page = read_rows(opened, query)
        made = b"".join(_written(form, iter([page.table]), shown, head))
        return Response(made, media_type=media, headers=headers)
    with long_turn():
        found = begun(batches(opened, query))
    return Stream(_written(form, found, shown, head), media_type=media, headers=headers)


def _written(
    form: str, found: Iterator[Any], shown: tuple[tuple[str, Field], ...], head: bytes
) -> Iterator[bytes]:
    match form:
        case "csv":
            return soda.lines(found, shown)
        case "geojson":
            return soda.features(found, shown)
        case "lists":
            return soda.lists(found, shown, head)
    return soda.listed(found, shown)


def _headers(opened: Opened, form: str, params: object) -> dict[str, str]:
    # Content and question give the answer, so they name it before it is worked out.
    asked = hashlib.blake2b(repr((form, params)).encode(), digest_size=6).hexdigest()
    changed = f"{opened.version.created:%a, %d %b %Y %H:%M:%S} GMT"
    return {
        "etag": f'W/"{opened.version.digest[:24]}-{opened.version.number}-{asked}"',
        "cache-control": caching(opened.dataset, None),
        "vary": "accept, authorization, cookie, x-app-token",
        "last-modified": changed,
        "x-soda2-data-out-of-date": "false",
        "x-soda2-truth-last-modified": changed,
        "x-soda2-secondary-last-modified": changed,
    }


def _told(opened: Opened, shown: tuple[tuple[str, Field], ...]) -> dict[str, str]:
    """Names and types of the columns, unless there are too many for a header."""
    place = place_type(geometry_types(opened))
    types = [soda.type_of(name, field, place) for name, field in shown]
    fields = orjson.dumps([name for name, _ in shown]).decode()
    if len(fields) > _LONGEST_HEADER or not fields.isascii() or not fields.isprintable():
        return {"x-soda2-warning": "Fields and types are left out: too long for a header."}
    return {
        "x-soda2-fields": fields,
        "x-soda2-types": orjson.dumps(types).decode(),
        "x-soda2-legacy-types": "false",
    }


HANDLERS = [rows]
