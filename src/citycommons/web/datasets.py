"""The dataset as a resource: a page, JSON, or JSON-LD, at its latest version or a given one."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.types import Channel, Dataset, DatasetId, Use, Version
from citycommons.engage import reuses
from citycommons.engage.wanted import missing
from citycommons.govern.access import Action
from citycommons.share import catalogue, linked, meaning
from citycommons.share.open import Withdrawn
from citycommons.share.open import find as find_version
from citycommons.share.open import open as open_version
from citycommons.store import catalogue as entries
from citycommons.store.search import FACETS
from citycommons.store.work import Work
from citycommons.web import pages
from citycommons.web.addresses import (
    caching,
    dataset_path,
    distributions,
    is_pinned,
    number,
    parse_name,
)
from citycommons.web.linking import as_linked, links_of, portal_here
from citycommons.web.negotiate import LINKED, Kind, as_json, wanted
from citycommons.web.page_quality import as_json as scores_json
from citycommons.web.page_quality import measured
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

_USAGES = 100  # of a dataset, in its linked data
_OPT = {"may": Action.DISCOVER, "of": "dataset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the resource shows: a catalogue entry, with the version there is (or its tombstone)."""

    dataset: Dataset
    version: Version | None


def looked_at(work: Work, id: DatasetId, version: str | None) -> Shown:
    """Open the description, and leave the usage fact where there is a version.

    Raises `NotFound` for a dataset that is not there or may not be discovered, or has no such
    version. A withdrawn version is shown as the tombstone that it is.
    """
    try:
        opened = open_version(work, id, version, use=Use.INVESTIGATION)
    except Withdrawn:
        dataset, found = find_version(work, id, version)
        return Shown(dataset=dataset, version=found)
    except NotFound:
        if is_pinned(version):
            raise
        return Shown(dataset=catalogue.get(work, id), version=None)
    except Forbidden:  # may know of it, but not read it
        return Shown(dataset=catalogue.get(work, id), version=None)
    return Shown(dataset=opened.dataset, version=opened.version)


@get("/datasets", sync_to_thread=True, opt={"may": May.ANYONE})
def search(running: Running) -> Response[Any]:
    """The catalogue, searched and narrowed by facets; what one may not discover is not counted."""
    kind = wanted(running)
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(pages.search(work, running.view(), _missed(running)))
        asked = asked_search(running)
        found = catalogue.find(work, asked)
        near = () if kind in LINKED else meaning.related(work, asked, found)
    if kind in LINKED:
        return as_linked(running, _found_linked(running, found), kind)
    return as_json(running, _found_json(running, found, near))


def _missed(running: RunningRequest) -> Callable[[str], None]:
    """Counts a search that found nothing, once a day of each person."""
    visitor = f"{running.address}\n{running.headers.get('user-agent', '')}"

    def note(text: str) -> None:
        missing.note(running.city.missed, text, client=running.client, visitor=visitor)

    return note


def asked_search(running: Running) -> catalogue.Search:
    """The search that an address asks for. Raises `Invalid` that names a wrong parameter."""
    known = {"q", "has_data", "sort", "limit", "offset", "lang", *FACETS}
    if unknown := sorted({name for name, _ in running.query} - known):
        raise Invalid(
            f"“{unknown[0]}” is no parameter here. Parameters are {', '.join(sorted(known))}.",
            parameter=unknown[0],
        )
    sort, has_data = running.get("sort", "relevance"), running.get("has_data").lower()
    if sort not in set(catalogue.Sort):
        raise Invalid(f"“sort” is one of {', '.join(catalogue.Sort)}.", parameter="sort")
    if has_data not in ("", "true", "false"):
        raise Invalid("“has_data” is true or false.", parameter="has_data")
    chosen: dict[str, tuple[str, ...]] = {}
    for name, value in running.query:
        if name in FACETS and value:
            chosen[name] = (*chosen.get(name, ()), value)
    return catalogue.Search(
        text=running.get("q"),
        chosen=chosen,
        has_data={"true": True, "false": False}.get(has_data),
        sort=catalogue.Sort(sort),
        limit=number(running, "limit", 20, most=catalogue.MOST),
        offset=number(running, "offset", 0),
    )


def _found_json(
    running: Running, found: catalogue.Found, near: tuple[catalogue.Entry, ...]
) -> bytes:
    after = found.offset + len(found.entries)
    before = max(0, found.offset - found.limit)
    links = {
        "self": _page_link(running, found.offset, found.limit),
        "next": _page_link(running, after, found.limit) if after < found.total else None,
        "prev": _page_link(running, before, found.limit) if found.offset else None,
    }
    return msgspec.json.encode(
        {
            "total": found.total,
            "with_data": found.with_data,
            "limit": found.limit,
            "offset": found.offset,
            "corrected": found.corrected or None,
            "is_loose": found.is_loose,
            "facets": found.facets,
            "datasets": [_entry_json(one, running.url) for one in found.entries],
            "related": [_entry_json(one, running.url) for one in near],
            "links": links if found.limit else {},
        }
    )


def _found_linked(running: Running, found: catalogue.Found) -> dict[str, Any]:
    """The page of entries as a DCAT catalogue, with each entry as its own resource says it."""
    modified = max(
        (one.dataset.modified for one in found.entries if one.dataset.modified), default=None
    )
    return linked.catalog(portal_here(running), found.entries, modified=modified, owner=None)


def _page_link(running: Running, offset: int, limit: int) -> str:
    rest = [pair for pair in running.query if pair[0] not in ("limit", "offset", "lang")]
    return f"{running.url}/datasets.json?{urlencode([*rest, ('limit', limit), ('offset', offset)])}"


def _entry_json(entry: catalogue.Entry, base: str) -> dict[str, Any]:
    version = entry.version
    summary = version and {
        "number": version.number,
        "rows": version.rows,
        "created": version.created,
        "bounds": version.bounds,
        "period": version.period,
    }
    one = entry.dataset
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "publisher": {"id": entry.publisher.id, "name": entry.publisher.name},
        "license": one.license,
        "access": one.access,
        "category": one.category,
        "theme": one.theme,
        "keywords": one.keywords,
        "modified": one.modified,
        "version": summary,
        "url": base + dataset_path(one.id),
    }


@get("/datasets/{name:str}/quality", sync_to_thread=True, opt={"may": Action.READ, "of": "dataset"})
def quality(running: Running, name: FromPath[str]) -> Response[Any]:
    """How good the data and their description are by three methods, and what to do next."""
    id, version = parse_name(name)
    kind = wanted(running, offered=(Kind.HTML, Kind.JSON))
    with running.work() as work:
        if kind is Kind.HTML:
            return running.page(pages.quality(work, running.view(), id, version))
        found = measured(work, id, version)
    body = scores_json(found, running.url)
    return as_json(running, body, cache=caching(found.dataset, None))  # rhythms run out


@get("/datasets/{name:str}", sync_to_thread=True, opt=_OPT)
def dataset(running: Running, name: FromPath[str]) -> Response[Any]:
    """A dataset: its description, its latest (or the named) version, and where its files are."""
    id, version = parse_name(name)
    kind = wanted(running)
    channel = Channel.PAGE if kind is Kind.HTML else Channel.API
    with running.work(channel=channel) as work:
        if kind is Kind.HTML:
            page = pages.dataset(work, running.view(), id, version)
            status = 410 if _is_gone(work, id, version) else 200
            return running.page(page, status, link=links_of(running.url))
        shown = looked_at(work, id, version)
        answer = _linked(running, work, shown, kind) if kind in LINKED else None
    if answer is None:
        cache = caching(shown.dataset, None)  # a description may change, the version's never
        answer = as_json(running, dataset_json(shown, running.url), cache=cache)
    answer.headers["link"] = links_of(running.url)
    if shown.dataset.removed and not is_pinned(version) and answer.status_code != 304:
        answer.status_code = 410
    return answer


def _is_gone(work: Work, id: DatasetId, version: str | None) -> bool:
    """Taken away: what stands at its address is a tombstone; its versions stay as they were."""
    return not is_pinned(version) and entries.dataset(work.db, id).removed is not None


def _linked(running: Running, work: Work, shown: Shown, kind: Kind) -> Response[bytes]:
    publisher = catalogue.publisher(work, shown.dataset.publisher)
    made = reuses.confirmed(work, (shown.dataset.id,), limit=_USAGES)
    document = linked.jsonld(
        portal_here(running),
        shown.dataset,
        shown.version,
        publisher,
        usages=[f"{running.url}/reuses/{one.id}" for one in made],
    )
    return as_linked(running, document, kind, cache=caching(shown.dataset, None))


def dataset_json(shown: Shown, base: str) -> bytes:
    """The dataset's own fields, with `version`, `distributions` and `links` beside them."""
    dataset, version = shown.dataset, shown.version
    head = msgspec.json.encode(dataset)[:-1]
    path = base + dataset_path(dataset.id)
    links = {
        "html": path,
        "json": f"{path}.json",
        "jsonld": f"{path}.jsonld",
        "versions": f"{path}/versions",
        "quality": f"{path}/quality.json",
        "usage": f"{path}/usage.json",
        "rows": f"{path}/rows" if version else None,
        "features": f"{path}/features" if version and version.geometry else None,
    }
    has_files = version is not None and version.withdrawn is None
    rest = {
        "distributions": distributions(version, base) if version and has_files else [],
        "api": links,
    }
    told = msgspec.json.encode(version) if version else b"null"
    return head + b',"version":' + told + b"," + msgspec.json.encode(rest)[1:]


def entity_tag(dataset: Dataset) -> str:
    """Names the state of a description, for `If-Match`."""
    return f'"{hashlib.blake2b(msgspec.json.encode(dataset), digest_size=12).hexdigest()}"'


HANDLERS = [search, dataset, quality]
