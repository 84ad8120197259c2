"""The dataset as a resource: a page, JSON, or JSON-LD, at its latest version or a given one."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import get
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.core.types import Channel, Dataset, DatasetId, Use, Version
from citycommons.govern.access import Action, require
from citycommons.share.open import Withdrawn
from citycommons.share.open import find as find_version
from citycommons.share.open import open as open_version
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web import pages
from citycommons.web.addresses import caching, dataset_path, distributions, is_pinned, parse_name
from citycommons.web.negotiate import Kind, as_json, wanted
from citycommons.web.running import Running

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
        dataset = catalogue.dataset(work.db, id)
        require(work, Action.DISCOVER, dataset)
        return Shown(dataset=dataset, version=None)
    return Shown(dataset=opened.dataset, version=opened.version)


@get("/datasets/{name:str}", sync_to_thread=True, opt=_OPT)
def dataset(running: Running, name: str) -> Response[Any]:
    """A dataset: its description, its latest (or the named) version, and where its files are."""
    id, version = parse_name(name)
    kind = wanted(running)
    channel = Channel.PAGE if kind is Kind.HTML else Channel.API
    with running.work(channel=channel) as work:
        if kind is Kind.HTML:
            return running.page(pages.dataset(work, running.view(), id, version))
        shown = looked_at(work, id, version)
        if kind is Kind.JSONLD:
            return _linked(running, work, shown)
    cache = caching(shown.dataset, None)  # a description may change, the version's never
    return as_json(running, dataset_json(shown, running.url), cache=cache)


def _linked(running: Running, work: Work, shown: Shown) -> Response[bytes]:
    from citycommons.share import linked

    publisher = catalogue.publisher(work.db, shown.dataset.publisher)
    document = linked.jsonld(shown.dataset, shown.version, publisher, base=running.url)
    return as_json(running, document, kind=Kind.JSONLD, cache=caching(shown.dataset, None))


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


HANDLERS = [dataset]
