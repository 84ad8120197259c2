"""Exports of a dataset: every record that a question finds, as a file without a cap."""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.params import FromPath
from litestar.response import Response, Stream

from citycommons.core.errors import NotFound
from citycommons.core.types import FieldType
from citycommons.govern.access import Action
from citycommons.share.exports import FORMATS, OTHER_NAMES, export, formats
from citycommons.share.faces import opendatasoft as explore
from citycommons.share.open import Opened
from citycommons.share.query import EVERYTHING, Query
from citycommons.share.rows import batches, begun
from citycommons.web.faces.opendatasoft.asked import (
    CLAUSES,
    DATASET,
    ERRORS,
    JSON,
    ROOT,
    BadParameter,
    asked_of,
    described,
    flag,
    whole,
)
from citycommons.web.faces.opendatasoft.records import headers_of, opened_by
from citycommons.web.files import attachment
from citycommons.web.negotiate import as_json, is_known
from citycommons.web.openapi import parameter
from citycommons.web.running import Running
from citycommons.web.sending import plain_type
from citycommons.web.turns import long_turn

_OPT = {"may": Action.READ, "of": "dataset"}
_OWN = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "geojson": "application/geo+json",
}
_DELIMITERS = (";", ",", "\t", "|")
_BOM = b"\xef\xbb\xbf"


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}/exports",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={**_OPT, "operation": described("exports", "Formats of exports.", [DATASET], JSON)},
)
def listed(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The formats that there are, as links."""
    opened = opened_by(running, dataset)
    short = {long: name for name, long in OTHER_NAMES.items()}
    names = [short.get(one.id, one.id) for one in formats(opened.version)]
    own = f"{running.url}{ROOT}/catalog/datasets/{quote(dataset, safe='')}/exports"
    found = dict.fromkeys(("jsonl", *(("parquet",) if "geoparquet" in names else ()), *names))
    links = [{"rel": "self", "href": own}, *({"rel": n, "href": f"{own}/{n}"} for n in found)]
    return as_json(running, {"links": links})


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}/exports/{{format:str}}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        **_OPT,
        "operation": described(
            "export",
            "Every record as a file.",
            [
                DATASET,
                parameter("format", "Such as csv or geojson.", where="path", example="csv"),
                *CLAUSES,
                parameter("limit", "How many; -1 is all.", "integer", minimum=-1, default=-1),
                parameter("delimiter", "Of CSV.", enum=list(_DELIMITERS), default=";"),
                parameter("use_labels", "Titles of fields as head of CSV.", "boolean"),
                parameter("with_bom", "A mark of UTF-8 before CSV.", "boolean"),
            ],
            {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        ),
    },
)
def exported(
    running: Running, dataset: FromPath[str], format: FromPath[str]
) -> Response[bytes] | Stream:
    """What the question finds, streamed."""
    opened = opened_by(running, dataset)
    headers = headers_of(running, opened, format)
    if is_known(running, headers["etag"]):
        return Response(b"", status_code=304, media_type="application/json", headers=headers)
    names = explore.names_of(opened)
    limit = whole(running, "limit", -1, -1, 10**11)
    with running.work() as work:
        query = explore.question(
            asked_of(running), names, work.now,
            limit=None if limit < 0 else limit, offset=whole(running, "offset", 0, 0, 10**11),
        )  # fmt: skip
    if format not in _OWN:
        return _file(opened, format, query, headers)
    shown = explore.shown(query, names, opened, running.get("timezone") or "UTC")
    if format == "geojson" and not any(f.type is FieldType.GEOMETRY for _, f in shown.columns):
        raise BadParameter("GeoJSON needs a geometry, and there is none among these fields.")
    with long_turn():
        found = begun(batches(opened, query))
    headers["content-disposition"] = attachment(f"{dataset}.{format}")
    return Stream(_written(running, format, found, shown), media_type=_OWN[format], headers=headers)


def _written(
    running: Running, format: str, found: Iterator[Any], shown: explore.Shown
) -> Iterator[bytes]:
    match format:
        case "json":
            return explore.listed(found, shown)
        case "jsonl":
            return (explore.objects(batch, shown, "\n") for batch in found)
        case "geojson":
            return explore.features(found, shown)
    delimiter = running.get("delimiter") or ";"
    if delimiter not in _DELIMITERS:
        raise BadParameter("“delimiter” is one of ; , | and tab.", parameter="delimiter")
    lines = explore.lines(
        found, shown,
        delimiter=delimiter, has_labels=flag(running, "use_labels", default=False),
    )  # fmt: skip
    return chain([_BOM], lines) if flag(running, "with_bom", default=True) else lines


def _file(opened: Opened, format: str, query: Query, headers: dict[str, str]) -> Stream:
    """A format that `share.exports` writes as well as anybody."""
    name = OTHER_NAMES.get(format, format)
    if name == "parquet" and opened.version.geometry and not query.computed:
        name = "geoparquet"
    if name not in FORMATS:
        raise NotFound("There is no such format.")
    with long_turn():
        made = export(opened, name, None if query == EVERYTHING else query)
    headers["content-disposition"] = attachment(made.filename)
    return Stream(made.chunks, media_type=plain_type(made.media_type), headers=headers)


HANDLERS = [listed, exported]
