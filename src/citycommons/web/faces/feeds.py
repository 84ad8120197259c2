"""Face `feeds`: what is new in a dataset, at a publisher, in a search or in the city, as Atom.

Feeds tell what anyone may discover, whoever asks: a reader of feeds sends no key, and what it
keeps may be seen by others.

References
----------
RFC 4287 (Atom), RFC 5005 (paging). RFC 9110, section 13 (conditional requests).
"""

import hashlib
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons import __version__
from citycommons.core.errors import CityError
from citycommons.core.types import ANYONE, Channel, Dataset, DatasetId, PublisherId, Use, Version
from citycommons.govern.access import Action
from citycommons.share import atom, catalogue
from citycommons.share.atom import Entry, Feed, Link
from citycommons.share.catalogue import Search, Sort
from citycommons.share.exports import formats
from citycommons.share.open import open as open_version
from citycommons.store.work import Work
from citycommons.web.addresses import dataset_path, file_path, number
from citycommons.web.datasets import asked_search
from citycommons.web.language import N_
from citycommons.web.negotiate import is_known
from citycommons.web.openapi import operation, parameter
from citycommons.web.presentation import Says, says
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

_SIZE = 50  # entries on a page
_SUFFIX = ".atom"
_CONTENT = {atom.MEDIA: {"schema": {"type": "string"}}}
_PAGING = [
    parameter("limit", "How many entries.", "integer", minimum=0, maximum=100, default=_SIZE),
    parameter("offset", "How many to leave out first.", "integer", minimum=0, default=0),
]


def _operation(id: str, summary: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    told = operation(
        f"feeds_{id}", summary, [*parameters, *_PAGING], _CONTENT, "404", "422", tag="faces"
    )
    told["responses"]["304"] = {"description": "Nothing is new."}
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Where a page of a feed lies."""

    total: int
    limit: int
    offset: int

    def links(self, running: RunningRequest, alternate: str) -> tuple[Link, ...]:
        """Itself, the page for people, and the other pages (RFC 5005, section 3)."""
        size = max(1, self.limit)
        last = (max(0, self.total - 1)) // size * size
        places = {"self": self.offset, "first": 0, "last": last}
        if self.offset + size < self.total:
            places["next"] = self.offset + size
        if self.offset:
            places["previous"] = max(0, self.offset - size)
        found = [Link(href=alternate, media="text/html")]
        for rel, offset in places.items():
            found.append(Link(href=self._at(running, offset), rel=rel, media=atom.MEDIA))
        return tuple(found)

    def _at(self, running: RunningRequest, offset: int) -> str:
        pairs = [pair for pair in running.query if pair[0] != "offset"]
        pairs += [("offset", str(offset))] if offset else []
        return running.url + quote(running.path) + (f"?{urlencode(pairs)}" if pairs else "")


def _dataset_urn(one: Dataset) -> str:
    return atom.urn("dataset", one.id, one.created or "")


def _feed(running: RunningRequest, **more: Any) -> Feed:
    return Feed(
        author=running.city.settings.name,
        language=running.language,
        generator=f"City Commons {__version__}",
        icon=f"{running.url}/static/icon.svg",
        **more,
    )


def _answer(running: RunningRequest, feed: Feed) -> Response[bytes]:
    body = atom.packed(feed)
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    changed = feed.updated.astimezone(UTC).replace(microsecond=0)
    headers = {
        "etag": tag,
        "last-modified": format_datetime(changed, usegmt=True),
        "cache-control": "public, no-cache",
        "vary": "accept-language",
    }
    if is_known(running, tag) or _is_unchanged(running, changed):
        return Response(b"", status_code=304, media_type=atom.MEDIA, headers=headers)
    return Response(body, media_type=atom.MEDIA, headers=headers)


def _is_unchanged(running: RunningRequest, changed: datetime) -> bool:
    """Whether nothing is newer than the client's; a tag it sends says more (RFC 9110, 13.1.3)."""
    given = running.headers.get("if-modified-since", "")
    if not given or "if-none-match" in running.headers:
        return False
    with suppress(ValueError):
        moment = parsedate_to_datetime(given)
        return changed <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return False


def _work(running: RunningRequest) -> AbstractContextManager[Work]:
    running.actor = ANYONE
    return running.work(channel=Channel.FEED)


_ID = parameter("dataset", "Id of the dataset, then `.atom`.", where="path", example="bikes.atom")
_OF = {"may": Action.DISCOVER, "of": "dataset"}


@get(
    "/feeds/datasets/{dataset:str}",
    sync_to_thread=True,
    opt=_OF | {"operation": _operation("dataset", "Versions of a dataset, newest first.", _ID)},
)
def dataset(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """Versions of a dataset as they were published, and withdrawn."""
    id = DatasetId(dataset.removesuffix(_SUFFIX))
    limit, offset = number(running, "limit", _SIZE, most=100), number(running, "offset", 0)
    if running.is_signed_in:  # a key may be for less than anyone may
        with running.work() as work:
            catalogue.get(work, id)
    with _work(running) as work:
        entry = catalogue.entry(work, id)
        page = _Page(total=catalogue.count_versions(work, id), limit=limit, offset=offset)
        versions = catalogue.versions(work, id, limit=limit, offset=offset)
        _count(work, id)
    said, one = says(running.language), entry.dataset
    base = Entry(
        id="",
        title=said.text(one.title),
        updated=one.modified or atom.NEVER,
        author=entry.publisher.name,
        rights=said.license(one.license),
    )
    entries = [_version(running, said, base, one, version) for version in versions]
    if one.removed and not offset:
        entries.insert(0, _removed(running, said, base, one))
    feed = _feed(
        running,
        id=atom.urn("versions", _dataset_urn(one)),
        title=base.title,
        subtitle=said.text(one.description)[:500],
        links=page.links(running, running.url + dataset_path(id)),
        entries=tuple(entries),
        since=one.modified or one.created or atom.NEVER,
    )
    return _answer(running, feed)


def _count(work: Work, id: DatasetId) -> None:
    """A look at the description, where there is a version that may be read."""
    with suppress(CityError):
        open_version(work, id, use=Use.INVESTIGATION)


def _version(
    running: RunningRequest, said: Says, base: Entry, one: Dataset, version: Version
) -> Entry:
    place = running.url + dataset_path(one.id, version.number)
    name = said._(N_("Version {number}")).format(number=version.number)
    made = replace(
        base,
        # Of the same content at the same place in the same dataset there is one version.
        id=atom.urn("version", _dataset_urn(one), version.number, version.digest),
        published=version.created,
        links=(Link(href=place, media="text/html"),),
    )
    if version.withdrawn:
        title = said._(N_("Version {number} was withdrawn")).format(number=version.number)
        return replace(
            made,
            title=f"{base.title}: {title}",
            updated=version.withdrawn,
            summary=version.withdrawn_reason,
            categories=("withdrawn",),
        )
    rows = said._(N_("{count} rows")).format(count=said.number(version.rows))
    return replace(
        made,
        title=f"{base.title}: {name}",
        updated=version.created,
        summary=f"{rows}. {version.note}".strip(),
        categories=("published",),
        links=(*made.links, *_files(running, version)),
        bounds=version.bounds,
    )


def _files(running: RunningRequest, version: Version) -> list[Link]:
    return [
        Link(
            href=running.url + file_path(version, one.id),
            rel="enclosure",
            media=one.media_type,
            title=one.title,
        )
        for one in formats(version)
    ]


def _removed(running: RunningRequest, said: Says, base: Entry, one: Dataset) -> Entry:
    title = said._(N_("This dataset was removed"))
    found = [Link(href=running.url + dataset_path(one.id), media="text/html")]
    return replace(
        base,
        id=atom.urn("removed", _dataset_urn(one)),
        title=f"{base.title}: {title}",
        updated=one.removed or base.updated,
        summary=" ".join(filter(None, (one.removed_reason, one.successor))),
        categories=("removed",),
        links=tuple(found),
    )


_SEARCH = [
    parameter("q", "Words to search for."),
    parameter("publisher", "Id of a publisher."),
    parameter("theme", "European theme code.", example="TRAN"),
    parameter("category", "environmental, transparency or personal."),
    parameter("license", "Short name of a licence.", example="CC-BY-4.0"),
    parameter("format", "A file format it can be had in.", example="csv"),
]


@get(
    "/feeds/search.atom",
    sync_to_thread=True,
    opt={
        "may": May.ANYONE,
        "operation": _operation("search", "What a search finds, newest first.", *_SEARCH),
    },
)
def search(running: Running) -> Response[bytes]:
    """What a search finds, newest first: the address of the search page with another path."""
    wanted = asked_search(running)
    rest = [pair for pair in running.query if pair[0] not in ("limit", "offset", "lang")]
    title = wanted.text or ", ".join(value for some in wanted.chosen.values() for value in some)
    path = "/datasets" + (f"?{urlencode(rest)}" if rest else "")
    return _datasets(running, wanted, title, path, atom.urn("search", *sorted(rest)))


@get(
    "/feeds/publishers/{id:str}",
    sync_to_thread=True,
    opt={
        "may": May.ANYONE,
        "operation": _operation(
            "publisher",
            "Datasets of a publisher, newest first.",
            parameter("id", "Id of the publisher, then `.atom`.", where="path"),
        ),
    },
)
def publisher(running: Running, id: FromPath[str]) -> Response[bytes]:
    """Datasets of a publisher, newest first."""
    name = PublisherId(id.removesuffix(_SUFFIX))
    with _work(running) as work:
        found = catalogue.publisher(work, name)
    chosen = {"publisher": (str(name),)}
    path = f"/publishers/{quote(name, safe='')}"
    urn = atom.urn("publisher", name)
    return _datasets(running, Search(chosen=chosen), found.name, path, urn)


@get(
    "/feeds/all.atom",
    sync_to_thread=True,
    opt={"may": May.ANYONE, "operation": _operation("all", "All datasets, newest first.")},
)
def everything(running: Running) -> Response[bytes]:
    """All datasets, newest first."""
    return _datasets(running, Search(), "", "/datasets", atom.urn("all"))


def _datasets(
    running: RunningRequest, wanted: Search, title: str, path: str, urn: str
) -> Response[bytes]:
    limit, offset = number(running, "limit", _SIZE, most=100), number(running, "offset", 0)
    wanted = replace(wanted, sort=Sort.NEWEST, limit=limit, offset=offset)
    with _work(running) as work:
        found = catalogue.find(work, wanted)
    said, city = says(running.language), running.city.settings.name
    # What has only some of the words is help for a reader, and noise for a subscriber.
    total = 0 if found.is_loose else found.total
    entries = () if found.is_loose else found.entries
    feed = _feed(
        running,
        id=atom.urn(running.city.settings.public_url or city, urn),
        title=f"{title} · {city}" if title else city,
        links=_Page(total=total, limit=limit, offset=offset).links(running, running.url + path),
        entries=tuple(_entry(running, said, one) for one in entries),
    )
    return _answer(running, feed)


def _entry(running: RunningRequest, said: Says, entry: catalogue.Entry) -> Entry:
    one, version = entry.dataset, entry.version
    moments = [one.modified, one.removed, version.created if version else None]
    links = [Link(href=running.url + dataset_path(one.id), media="text/html")]
    feed = f"{running.url}/feeds/datasets/{quote(one.id, safe='')}{_SUFFIX}"
    links.append(Link(href=feed, rel="related", media=atom.MEDIA))
    if one.source.startswith(("https://", "http://")):
        links.append(Link(href=one.source, rel="via"))
    return Entry(
        id=_dataset_urn(one),
        title=said.text(one.title),
        updated=max(filter(None, moments), default=atom.NEVER),
        published=one.created,
        summary=said.text(one.description)[:2000],
        author=entry.publisher.name,
        rights=said.license(one.license),
        links=(*links, *(_files(running, version) if version else ())),
        categories=tuple(filter(None, (one.theme, *one.keywords[:20]))),
        bounds=version.bounds if version else None,
    )


class Feeds:
    """The face `feeds`: `/feeds/…`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """One address for each kind of feed."""
        return [dataset, search, publisher, everything]
