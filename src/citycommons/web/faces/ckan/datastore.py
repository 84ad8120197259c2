"""Actions of the DataStore: rows of a resource by filters, words or SQL, and its columns."""

from typing import Any
from urllib.parse import urlencode

import orjson

from citycommons.core.errors import Invalid, NotFound
from citycommons.share import catalogue
from citycommons.share.catalogue import Search
from citycommons.share.expressions import select
from citycommons.share.faces import ckan, ckan_datastore, ckan_ids
from citycommons.share.faces.ckan_datastore import MOST_ROWS, Asked
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.rows import Page, rows
from citycommons.store.work import Work
from citycommons.web.faces.ckan.call import Call, Wrong, written
from citycommons.web.turns import long_turn

_TABLES = "_table_metadata"  # CKAN's list of all tables


def opened(work: Work, id: str) -> Opened:
    """The latest version of the resource's dataset, counted as read.

    Raises `NotFound` for what is no table of ours, or may not be known.
    """
    named = ckan_ids.named(work, id)
    if not named.format:
        raise NotFound(f"Resource “{id}” lies elsewhere and has no rows here.")
    return open_version(work, named.dataset.id)


def datastore_search(call: Call) -> bytes:
    """Rows of a resource. `resource_id`; `filters`: {column: value or list of values}; `q`: words,
    or {column: words}; `fields`, `sort`, `distinct`, `limit` (at most 32000), `offset`,
    `include_total`, `records_format` (objects, lists, csv, tsv).
    """
    id = call.text("resource_id") or call.needed("id")
    if id == _TABLES:
        return orjson.dumps(_tables(call))
    format = call.text("records_format") or "objects"
    if format not in ckan_datastore.FORMATS:
        raise Wrong(records_format=f"Must be one of {', '.join(ckan_datastore.FORMATS)}")
    asked = question(call)
    with call.work() as work:
        found = opened(work, id)
    fields = found.version.fields
    query = ckan_datastore.query_of(asked, fields)
    with long_turn():
        page = rows(found, query, most=MOST_ROWS)
    columns = page.fields if query.computed else ckan_datastore.shown(asked, fields)
    table = ckan_datastore.with_ids(page, columns)
    told: dict[str, Any] = {
        "include_total": call.flag("include_total", True),
        "limit": page.limit,
        "offset": page.offset,
        "q": asked.q,
        "filters": dict(asked.filters),
        "sort": asked.sort,
        "distinct": asked.is_distinct,
        "records_format": format,
        "resource_id": id,
        "total_estimation_threshold": None,
        "fields": [ckan.field(one, call.language) for one in columns],
        "_links": _links(call, page),
    }
    kept = {key: value for key, value in told.items() if value not in ("", {}, False, 0)}
    kept |= {name: told[name] for name in ("include_total", "limit")}
    if told["include_total"]:
        kept |= {"total": page.total, "total_was_estimated": False}
    body = ckan_datastore.records(table, columns, format)
    return orjson.dumps(kept)[:-1] + b',"records":' + body + b"}"


def question(call: Call) -> Asked:
    """What is asked for by the parameters that searching and dumping share."""
    q = call.data.get("q")
    words = call.mapping("q") if isinstance(q, dict) or str(q or "").startswith("{") else ""
    return Asked(
        filters=call.mapping("filters"),
        q=words or call.text("q"),
        fields=call.texts("fields"),
        sort=", ".join(call.texts("sort")) if _is_list(call, "sort") else call.text("sort"),
        is_distinct=call.flag("distinct"),
        limit=call.whole("limit", 100, most=MOST_ROWS),
        offset=call.whole("offset", 0),
    )


def _is_list(call: Call, name: str) -> bool:
    value = call.data.get(name)
    return isinstance(value, list) or str(value or "").startswith("[")


def _links(call: Call, page: Page) -> dict[str, str]:
    given = {name: value for name, value in call.data.items() if name not in ("offset", "limit")}
    texts = {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in given.items()}

    def at(offset: int) -> str:
        more = {"limit": page.limit} | ({"offset": offset} if offset else {})
        return f"/api/3/action/datastore_search?{urlencode({**texts, **more})}"

    # There is always a next one in CKAN, and clients go on until it is empty.
    links = {"start": at(0), "next": at(page.offset + page.limit)}
    return links | ({"prev": at(max(0, page.offset - page.limit))} if page.offset else {})


def _tables(call: Call) -> dict[str, Any]:
    limit, offset = call.whole("limit", 100, most=MOST_ROWS), call.whole("offset", 0)
    wanted = Search(
        is_public=True,
        has_data=True,
        order=(("id", False),),
        limit=limit,
        offset=offset,
        most=MOST_ROWS,
    )
    with call.work() as work:
        total = catalogue.find(work, Search(is_public=True, has_data=True, limit=0)).total
        ids = catalogue.ids(work, wanted)
    names = [ckan_ids.own_id(id, "csv") for id in ids]
    return {
        "resource_id": _TABLES,
        "fields": [{"id": "_id", "type": "int"}, {"id": "name", "type": "text"}],
        "records": [{"_id": offset + place, "name": one} for place, one in enumerate(names, 1)],
        "limit": limit,
        "total": total,
        "total_was_estimated": False,
    }


def datastore_search_sql(call: Call) -> bytes:
    """Rows of one resource by a SQL `SELECT`. `sql`: `SELECT street, count(*) FROM "counts-csv"
    WHERE count > 10 GROUP BY street ORDER BY count DESC LIMIT 10`.
    """
    text = call.needed("sql")
    try:
        asked = select.parse(text)
        with call.work() as work:
            found = opened(work, asked.table)
        query = ckan_datastore.selected(asked, found.version.fields)
        with long_turn():
            page = rows(found, query, most=MOST_ROWS)
    except Invalid as cause:
        raise Wrong(query=cause.message) from cause
    told: dict[str, Any] = {
        "sql": text,
        "fields": [ckan.field(one, call.language) for one in page.fields],
    }
    if page.offset + page.table.num_rows < page.total and page.limit == MOST_ROWS:
        told["records_truncated"] = True
    body = ckan_datastore.records(page.table, page.fields, "objects")
    return orjson.dumps(told)[:-1] + b',"records":' + body + b"}"


def datastore_info(call: Call) -> object:
    """Columns, rows and size of a resource. `id`."""
    id = call.text("id") or call.needed("resource_id")
    with call.work() as work:
        version = opened(work, id).version
    empty = {one.name: one.nulls for one in version.statistics}
    return {
        "meta": {
            "id": id,
            "count": version.rows,
            "size": version.bytes,
            "db_size": version.bytes,
            "idx_size": 0,
            "table_type": "BASE TABLE",
            "aliases": [],
        },
        "fields": [
            {
                **ckan.field(one, call.language),
                "schema": {
                    "native_type": ckan.field(one, call.language)["type"],
                    "notnull": not empty.get(one.name, 1),
                    "is_index": False,
                    "uniquekey": False,
                },
            }
            for one in version.fields
        ],
    }


ACTIONS = written(datastore_search, datastore_search_sql, datastore_info)
