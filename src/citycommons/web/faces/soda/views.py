"""Descriptions: `/api/views/<id>`, its columns and rows, and the catalogue `/api/catalog/v1`."""

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import Channel, DatasetId, Use
from citycommons.govern.access import Action
from citycommons.share import catalogue
from citycommons.share.faces import four_by_four, soda_views
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.shapes import geometry_types
from citycommons.store.work import Work
from citycommons.web.addresses import number
from citycommons.web.faces.soda.errors import HANDLERS as ERRORS
from citycommons.web.faces.soda.errors import sign_in
from citycommons.web.faces.soda.resource import answer
from citycommons.web.negotiate import as_json
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running
from citycommons.web.security import May

_JSON = {"application/json": {"schema": {"type": "object"}}}
_LIST = {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}
_ID = parameter("dataset", "Our id, or four and four signs.", where="path", example="counts")
_MAY = {"may": Action.DISCOVER, "of": "dataset"}
MOST = 100


def _view(running: Running, name: str) -> dict[str, Any]:
    sign_in(running)
    with running.work(channel=Channel.SODA) as work:
        id = four_by_four.id_of(work, name)
        entry = catalogue.entry(work, id)
        opened = _looked_at(work, id)
        short = four_by_four.all_of(work).of[id]
    place = soda_views.place_type(geometry_types(opened) if opened else frozenset())
    return soda_views.view(entry, short, place, running.language, running.url)


def _looked_at(work: Work, id: DatasetId) -> Opened | None:
    """The version as something looked at; None where there is none, or none to be read."""
    try:
        return open_version(work, id, use=Use.INVESTIGATION)
    except (NotFound, Forbidden):
        return None


@get(
    "/api/views/{dataset:str}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        **_MAY,
        "operation": operation(
            "soda_view", "Metadata of a dataset.", [_ID], _JSON, *("401", "403", "404"), tag="faces"
        ),
    },
)
def view(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The metadata of a dataset, its columns among them."""
    return as_json(running, _view(running, dataset.removesuffix(".json")))


@get(
    "/views/{dataset:str}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={**_MAY, "operation": None},  # as older clients spell it
)
def older_view(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The same metadata."""
    return as_json(running, _view(running, dataset.removesuffix(".json")))


@get(
    "/api/views/{dataset:str}/columns.json",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        **_MAY,
        "operation": operation(
            "soda_columns", "Columns of a dataset.", [_ID], _LIST, *("401", "403", "404"),
            tag="faces",
        ),
    },
)  # fmt: skip
def columns(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The columns alone."""
    return as_json(running, _view(running, dataset)["columns"])


_ROWS_OPT = {"may": Action.READ, "of": "dataset"}


def _rows_operation(form: str, content: dict[str, Any]) -> dict[str, Any]:
    return operation(
        f"soda_view_rows_{form}",
        f"All rows as {form.upper()}.",
        [_ID, parameter("accessType", "`DOWNLOAD` makes it a file.", example="DOWNLOAD")],
        content,
        *("401", "403", "404", "410", "413", "503"),
        tag="faces",
    )


@get(
    "/api/views/{dataset:str}/rows.csv",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        **_ROWS_OPT,
        "operation": _rows_operation("csv", {"text/csv": {"schema": {"type": "string"}}}),
    },
)
def rows_csv(running: Running, dataset: FromPath[str]) -> Any:
    """All rows as CSV."""
    return answer(running, dataset, "csv", None)


@get(
    "/api/views/{dataset:str}/rows.json",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={**_ROWS_OPT, "operation": _rows_operation("json", _JSON)},
)
def rows_json(running: Running, dataset: FromPath[str]) -> Any:
    """The metadata and all rows, each a list behind the eight fields that every row has."""
    view = _view(running, dataset)
    return answer(running, dataset, "lists", None, head=soda_views.head(view))


def _catalogue_operation() -> dict[str, Any]:
    return operation(
        "soda_catalogue",
        "The catalogue, searched.",
        [
            parameter("q", "Words to search for."),
            parameter("ids", "Ids of four and four signs, or ours; may be repeated."),
            parameter("categories", "European theme code, such as TRAN."),
            parameter("domains", "Taken, and passed over: there is one domain."),
            parameter("order", "`relevance`, `name` or `updatedAt`."),
            parameter("limit", "How many.", "integer", minimum=0, maximum=MOST, default=MOST),
            parameter("offset", "How many to leave out first.", "integer", minimum=0, default=0),
        ],
        _JSON,
        tag="faces",
    )


@get(
    "/api/catalog/v1",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={"may": May.ANYONE, "operation": _catalogue_operation()},
)
def search(running: Running) -> Response[bytes]:
    """The catalogue as the Discovery API gives it."""
    sign_in(running)
    order = running.get("order").split()[:1]
    sort = {
        "name": catalogue.Sort.TITLE,
        "dataset_id": catalogue.Sort.TITLE,
        "updatedAt": catalogue.Sort.NEWEST,
        "createdAt": catalogue.Sort.NEWEST,
    }.get(order[0] if order else "", catalogue.Sort.RELEVANCE)
    themes = tuple(text for key, text in running.query if key == "categories")
    only = {text for key, text in running.query if key == "only"}
    asked = catalogue.Search(
        text=running.get("q"),
        has_data=True if only and "href" not in only and "link" not in only else None,
        chosen={"theme": themes} if themes else {},
        sort=sort,
        limit=number(running, "limit", MOST),
        offset=number(running, "offset", 0),
    )
    wanted = [text for key, some in running.query if key == "ids" for text in some.split(",")]
    with running.work(channel=Channel.SODA) as work:
        shorts = four_by_four.all_of(work)
        if wanted:
            ids = tuple(dict.fromkeys(four_by_four.id_of(work, name) for name in wanted[:MOST]))
            entries = catalogue.of_ids(work, ids)
            page = entries[asked.offset : asked.offset + asked.limit]
            found = catalogue.Found(
                total=len(entries), with_data=0, entries=page, facets={}, limit=0, offset=0
            )
        else:
            found = catalogue.find(work, asked)
    told = soda_views.catalogue(
        found, shorts.of, running.language, running.url, running.host  # type: ignore[arg-type]
    )  # fmt: skip
    return as_json(running, told)


HANDLERS = [view, older_view, columns, rows_csv, rows_json, search]
