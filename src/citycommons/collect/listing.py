"""What connectors of catalogues have in common: records kept as parcels, pages to their end.

A catalogue that is listed whole tells what is gone by what is missing. So a listing that ends too
early must fail, and one that never ends must stop.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import urljoin

import orjson

from citycommons.collect.pages import MOST_PAGES
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, TooMuch, Unavailable
from citycommons.core.ids import slug
from citycommons.core.types import Parcel

Page = TypeVar("Page")

_SUFFIXES = {"application/json": "json", "text/turtle": "ttl", "application/xml": "xml"}


def kept(
    client: Polite,
    record: Any,
    *,
    profile: str,
    identifier: Any,
    origin: str,
    media_type: str = "application/json",
    is_deleted: bool = False,
) -> Parcel:
    """One record as a parcel: bytes as they are, anything else as JSON.

    Keys are sorted, so that a record is the same bytes however its server orders them.
    """
    if not isinstance(record, bytes):
        record = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    name = "" if identifier is None else str(identifier)
    return client.keep(
        record,
        name=f"{slug(name) or 'record'}.{_SUFFIXES[media_type]}",
        origin=origin,
        media_type=media_type,
        profile=profile,
        identifier=name,
        is_deleted=is_deleted,
    )


def once(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    """Each record once, though pages overlap when the catalogue changes while it is listed."""
    seen: set[str] = set()
    for parcel in parcels:
        if not parcel.identifier or parcel.identifier not in seen:
            yield parcel
        seen.add(parcel.identifier)


def followed(first: str, ask: Callable[[str], tuple[Page, str]]) -> Iterator[Page]:
    """Pages one after the other; `ask` gives a page and the next address, empty after the last.

    Raises `Unavailable` for a circle of pages, `TooMuch` for pages without end.
    """
    seen: set[str] = set()
    address = first
    while address:
        if address in seen:
            raise Unavailable(
                f"The pages of {first} go round in a circle at {address}. Tell those who run it; "
                "nothing was taken as deleted.",
                url=address,
            )
        seen.add(address)
        _check_pages(len(seen), first)
        page, following = ask(address)
        yield page
        address = urljoin(address, following) if following else ""


def counted(
    ask: Callable[[int], tuple[list[Any], int | None]], *, most: int | None = None, where: str
) -> Iterator[Any]:
    """Records by offset; `ask(offset)` gives some and how many there are in all, if it is said.

    The next offset follows from what came, because servers give fewer than was asked for. Raises
    `Unavailable` when nothing more comes before the end, or more than `most` would be needed.
    """
    offset = pages = 0
    while True:
        pages += 1
        _check_pages(pages, where)
        records, total = ask(offset)
        yield from records
        offset += len(records)
        if (total is not None and offset >= total) or (total is None and not records):
            return
        if not records:
            raise Unavailable(
                f"{where} says that it has {total} records, but none came after {offset}. "
                "Try again later; nothing was taken as deleted.",
                url=where,
            )
        if most is not None and offset >= most:
            raise Unavailable(
                f"{where} has {total} records but gives no more than the first {most}. "
                "Make several sources of it, each with a filter.",
                url=where,
            )


def _check_pages(count: int, where: str) -> None:
    if count > MOST_PAGES:
        raise TooMuch(
            f"{where} has more than {MOST_PAGES} pages. Ask for larger pages, or make several "
            "sources of it, each with a filter."
        )


def listed(answer: Any, key: str, url: str) -> list[Any]:
    """The list under a key of an answer; `Invalid` says that this is no such catalogue."""
    found = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Invalid(f"{url} answers without a list “{key}”. Check the address.", url=url)
    return found


def link_to(answer: Any, relation: str) -> str:
    """The address of the first link with this relation, as OGC APIs write links."""
    links = answer.get("links") if isinstance(answer, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == relation:
            return str(link.get("href") or "")
    return ""
