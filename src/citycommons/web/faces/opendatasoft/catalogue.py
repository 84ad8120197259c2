"""The catalogue of the Explore API: datasets, one of them, facets, exports."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import Channel, DatasetId, Use
from citycommons.govern.access import Action
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry, Found
from citycommons.share.faces import opendatasoft_catalogue as explore
from citycommons.share.open import look
from citycommons.share.open import open as open_version
from citycommons.share.shapes import geometry_types
from citycommons.store.work import Work
from citycommons.web.faces.opendatasoft.asked import (
    DATASET,
    ERRORS,
    JSON,
    MOST,
    MOST_DEEP,
    PAGED,
    ROOT,
    BadParameter,
    asked_of,
    described,
    flag,
    sign_in,
    whole,
)
from citycommons.web.files import attachment
from citycommons.web.negotiate import as_json
from citycommons.web.openapi import parameter
from citycommons.web.running import Running
from citycommons.web.security import May

_ASKED = [
    parameter("where", "Words, dataset_id, theme, publisher, license, joined by AND."),
    parameter("refine", "facet:value; may be repeated.", example="theme:TRAN"),
    parameter("order_by", "title, modified or dataset_id."),
]
_ELSEWHERE = {
    "rdf": "/catalog.rdf",
    "ttl": "/catalog.ttl",
    "jsonld": "/catalog.jsonld",
    "dcat": "/catalog.rdf",
    "data.json": "/data.json",
}


def _find(running: Running, work: Work, limit: int, offset: int) -> Found:
    asked = asked_of(running)
    search, ids = explore.question(
        asked.where, asked.refine, asked.order_by, limit=limit, offset=offset
    )
    if ids:
        entries = catalogue.of_ids(work, tuple(DatasetId(id) for id in ids[:MOST]))
        page = entries[offset : offset + limit]
        return Found(
            total=len(entries), with_data=0, entries=page, facets={}, limit=limit, offset=offset
        )
    return catalogue.find(work, explore.by_id(search, _publishers(work)))


def _publishers(work: Work) -> dict[str, str]:
    return {one.id: one.name for one in catalogue.all_publishers(work)}


@get(
    f"{ROOT}/catalog/datasets",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        "may": May.ANYONE,
        "operation": described("datasets", "Datasets.", [*_ASKED, *PAGED], JSON),
    },
)
def datasets(running: Running) -> Response[bytes]:
    """One page of the catalogue, with the exact total."""
    sign_in(running)
    limit = whole(running, "limit", 10, -1, MOST)
    offset = whole(running, "offset", 0, 0, MOST_DEEP)
    limit = MOST if limit < 0 else limit
    if offset + limit > MOST_DEEP:
        raise BadParameter(
            f"Invalid value for offset API parameter: offset + limit <= {MOST_DEEP} is expected.",
            parameter="offset",
        )
    with running.work(channel=Channel.OPENDATASOFT) as work:
        found = _find(running, work, limit, offset)
        told = [_told(running, work, one) for one in found.entries]
    return as_json(running, {"total_count": found.total, "results": told})


def _told(running: Running, work: Work, entry: Entry) -> dict[str, Any]:
    """In lists the type of a geometry is what was found when somebody opened it."""
    links = flag(running, "include_links", default=False)
    return explore.dataset(entry, _kinds(work, entry), running.language, running.url, links=links)


def _kinds(work: Work, entry: Entry) -> frozenset[str]:
    if entry.version is None or entry.version.geometry is None:
        return frozenset()
    try:
        # Looked at by the house: what kind of shapes there are is description, and no use.
        return geometry_types(look(work, entry.dataset.id))
    except (NotFound, Forbidden):
        return frozenset({"GEOMETRY"})


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        "may": Action.DISCOVER,
        "of": "dataset",
        "operation": described("dataset", "One dataset.", [DATASET], JSON),
    },
)
def dataset(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The description of a dataset."""
    sign_in(running)
    with running.work(channel=Channel.OPENDATASOFT) as work:
        entry = catalogue.entry(work, DatasetId(dataset))
        # Without a version, or with none to be read, the description stays.
        with suppress(NotFound, Forbidden):
            open_version(work, entry.dataset.id, use=Use.INVESTIGATION)
        told = _told(running, work, entry)
    return as_json(running, told)


@get(
    f"{ROOT}/catalog/datasets/{{dataset:str}}/attachments",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        "may": Action.DISCOVER,
        "of": "dataset",
        "operation": described("attachments", "Attachments: there are none.", [DATASET], JSON),
    },
)
def attachments(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """None: what belongs to a dataset is linked from its page."""
    sign_in(running)
    with running.work(channel=Channel.OPENDATASOFT) as work:
        catalogue.get(work, DatasetId(dataset))
    return as_json(running, {"links": [], "attachments": []})


@get(
    f"{ROOT}/catalog/facets",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        "may": May.ANYONE,
        "operation": described("catalog_facets", "Facets of the catalogue.", _ASKED, JSON),
    },
)
def facets(running: Running) -> Response[bytes]:
    """How many datasets each publisher, theme, licence and format has."""
    sign_in(running)
    wanted = [text for key, text in running.query if key == "facet"]
    with running.work(channel=Channel.OPENDATASOFT) as work:
        found = _find(running, work, 0, 0)
        names = _publishers(work)
    refined: dict[str, list[str]] = {}
    for text in asked_of(running).refine:
        name, _, value = text.partition(":")
        refined.setdefault(name.strip(), []).append(value.strip().strip("\"'"))
    told = explore.facets(found, names, refined, wanted)
    return as_json(running, {"links": [], "facets": told})


@get(
    f"{ROOT}/catalog/exports",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        "may": May.ANYONE,
        "operation": described("catalog_exports", "Formats of the catalogue.", [], JSON),
    },
)
def exports(running: Running) -> Response[bytes]:
    """The formats that there are, as links."""
    own = f"{running.url}{ROOT}/catalog/exports"
    links = [{"rel": name, "href": f"{own}/{name}"} for name in ("json", "csv", *_ELSEWHERE)]
    return as_json(running, {"links": [{"rel": "self", "href": own}, *links]})


@get(
    f"{ROOT}/catalog/exports/{{format:str}}",
    sync_to_thread=True,
    exception_handlers=ERRORS,
    opt={
        "may": May.ANYONE,
        "operation": described(
            "catalog_export",
            "The whole catalogue as a file.",
            [parameter("format", "json or csv.", where="path", example="json"), *_ASKED],
            {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
        ),
    },
)
def exported(running: Running, format: FromPath[str]) -> Response[Any]:
    """All datasets that the question finds."""
    sign_in(running)
    if format in _ELSEWHERE:
        return running.see(_ELSEWHERE[format])
    if format not in ("json", "csv"):
        raise NotFound("There is no such format.")
    with running.work(channel=Channel.OPENDATASOFT) as work:
        found = list(_entries(running, work))
        told = [_told(running, work, one) for one in found]
    headers = {"content-disposition": attachment(f"catalog.{format}")}
    if format == "json":
        return Response(orjson.dumps(told), media_type="application/json", headers=headers)
    return Response(explore.lines(told), media_type="text/csv", headers=headers)


def _entries(running: Running, work: Work) -> Iterator[Entry]:
    """All entries that the question finds, a page at a time."""
    offset = 0
    while (found := _find(running, work, MOST, offset)).entries:
        yield from found.entries
        offset += len(found.entries)
        if offset >= found.total:
            return


HANDLERS = [datasets, dataset, attachments, facets, exports, exported]
