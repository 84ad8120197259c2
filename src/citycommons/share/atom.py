"""Atom: what is new, as programs and readers of feeds take it.

References
----------
RFC 4287, The Atom Syndication Format. RFC 5005, Feed Paging and Archiving, section 3 (paged
feeds). GeoRSS-Simple 1.1 (`box`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from citycommons.core.types import Bbox

MEDIA = "application/atom+xml"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # of a feed in which nothing happened yet
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACES = 'xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where something related lies (`atom:link`)."""

    href: str
    rel: str = "alternate"
    media: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that is new (`atom:entry`)."""

    id: str  # an IRI that stays when title, text or address change
    title: str
    updated: datetime
    published: datetime | None = None
    summary: str = ""
    author: str
    rights: str = ""
    links: tuple[Link, ...] = ()
    categories: tuple[str, ...] = ()
    bounds: Bbox | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One page of entries, newest first (`atom:feed`)."""

    id: str
    title: str
    subtitle: str = ""
    author: str
    language: str
    generator: str
    icon: str = ""
    links: tuple[Link, ...]
    entries: tuple[Entry, ...]
    since: datetime = NEVER  # when there are no entries

    @property
    def updated(self) -> datetime:
        """When anything in it last changed."""
        return max((one.updated for one in self.entries), default=self.since)


def urn(*parts: object) -> str:
    """The same name for the same parts, for ever (RFC 9562, version 5)."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, chr(0).join(map(str, parts)))}"


def packed(feed: Feed) -> bytes:
    """The feed as an XML document."""
    return "".join(_document(feed)).encode()


def _document(feed: Feed) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f"<feed {_NAMESPACES} xml:lang={_quoted(feed.language)}>\n"
    yield _element("id", feed.id)
    yield _element("title", feed.title)
    yield _element("subtitle", feed.subtitle)
    yield _element("updated", _time(feed.updated))
    yield f"<author>{_element('name', feed.author)}</author>\n"
    yield _element("generator", feed.generator)
    yield _element("icon", feed.icon)
    yield from map(_link, feed.links)
    for one in feed.entries:
        yield from _entry(one)
    yield "</feed>\n"


def _entry(one: Entry) -> Iterator[str]:
    yield "<entry>\n"
    yield _element("id", one.id)
    yield _element("title", one.title)
    yield _element("updated", _time(one.updated))
    yield _element("published", _time(one.published) if one.published else "")
    yield f"<author>{_element('name', one.author)}</author>\n"
    yield from map(_link, one.links)
    for term in one.categories:
        yield f"<category term={_quoted(term)}/>\n"
    yield _element("summary", one.summary)
    yield _element("rights", one.rights)
    if one.bounds is not None:
        west, south, east, north = one.bounds
        yield _element("georss:box", f"{south:.6f} {west:.6f} {north:.6f} {east:.6f}")
    yield "</entry>\n"


def _link(one: Link) -> str:
    more = f" type={_quoted(one.media)}" if one.media else ""
    more += f" title={_quoted(one.title)}" if one.title else ""
    return f"<link rel={_quoted(one.rel)}{more} href={_quoted(one.href)}/>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(_clean(text))}</{name}>\n" if text else ""


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold (section 2.2)."""
    return _UNWRITABLE.sub("", text)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
