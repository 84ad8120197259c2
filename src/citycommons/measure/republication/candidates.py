"""Which entries of another catalogue may be copies of ours: by their titles, before any file.

References
----------
rapidfuzz: `token_sort_ratio`, the normalised Indel similarity of words in alphabetical order.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from rapidfuzz import fuzz

from citycommons.collect.ckan import Ckan
from citycommons.collect.opendatasoft_catalogue import OpendatasoftCatalogue
from citycommons.collect.polite import Polite
from citycommons.collect.udata import Udata
from citycommons.core.copies import Portal, PortalKind
from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.ids import slug
from citycommons.core.types import Dataset, Link, Parcel, PublisherId
from citycommons.measure.republication import iris
from citycommons.share.bring import READABLE
from citycommons.standardise import records

MOST_LISTED = 20_000  # entries of one portal
ALIKE_TITLE = 85.0  # of 100

# Portals that speak our protocol are not among them: they announce their copies.
CATALOGUES: dict[PortalKind, Callable[[str, Polite], Any]] = {
    PortalKind.CKAN: lambda url, client: Ckan(url=url, client=client),
    PortalKind.UDATA: lambda url, client: Udata(url=url, client=client),
    PortalKind.OPENDATASOFT: lambda url, client: OpendatasoftCatalogue(url=url, client=client),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entry of the other catalogue, and which of ours it may be a copy of."""

    iri: str
    link: Link | None  # the file to compare
    alike: tuple[Dataset, ...]  # the most alike first; none: it only lists files of ours


def candidates(
    portal: Portal, parcels: Iterable[Parcel], ours: Iterable[Dataset], own_url: str
) -> Iterator[Candidate | None]:
    """One for each listed entry: a candidate, or None.

    Raises `TooMuch` past `MOST_LISTED`, and what the listing raises.
    """
    titled = [(_titles(one), one) for one in ours]
    own_host = iris.host_of(own_url)
    for number, parcel in enumerate(parcels):
        if number >= MOST_LISTED:
            raise TooMuch(f"{portal.name} lists more than {MOST_LISTED} entries.")
        yield None if parcel.is_deleted else _candidate(portal, parcel, titled, own_host)


def _candidate(
    portal: Portal,
    parcel: Parcel,
    titled: list[tuple[tuple[str, ...], Dataset]],
    own_host: str,
) -> Candidate | None:
    content = parcel.path.read_bytes()
    try:
        entry = records.described(content, parcel, publisher=PublisherId("elsewhere"))
    except Invalid:
        return None  # one bad record is no reason to stop
    iri = _address(portal, content, parcel)
    hosts = {iris.host_of(one.url) for one in entry.links}
    if own_host and hosts == {own_host}:
        return Candidate(iri=iri, link=None, alike=())
    alike = _alike(_titles(entry), titled)
    return Candidate(iri=iri, link=_file(entry.links), alike=alike) if alike else None


def _titles(one: Dataset) -> tuple[str, ...]:
    words = (slug(text, 200).replace("-", " ") for text in one.title.values())
    return tuple(text for text in words if text)


def _alike(
    titles: tuple[str, ...], ours: list[tuple[tuple[str, ...], Dataset]]
) -> tuple[Dataset, ...]:
    """At most three of ours whose title is like one of these, the most alike first."""
    scored = [
        (max((_likeness(a, b) for a in titles for b in mine), default=0.0), number)
        for number, (mine, _) in enumerate(ours)
    ]
    best = sorted((one for one in scored if one[0] >= ALIKE_TITLE), reverse=True)[:3]
    return tuple(ours[number][1] for _, number in best)


def _likeness(a: str, b: str) -> float:
    return float(fuzz.token_sort_ratio(a, b, score_cutoff=ALIKE_TITLE))


def _file(links: tuple[Link, ...]) -> Link | None:
    """The file that is compared: plain tables before what takes longer to read."""
    ranks = {name: place for place, name in enumerate(("csv", *READABLE))}
    found: list[tuple[int, int, Link]] = []
    for one in links:
        said = one.format.casefold().rpartition("/")[2].lstrip(".")
        ending = one.url.partition("?")[0].rpartition(".")[2].casefold()
        rank = min(ranks.get(said, 99), ranks.get(ending, 99))
        if rank < 99 and one.url.startswith(("http://", "https://")):
            found.append((rank, len(found), one))
    return min(found)[2] if found else None


def _address(portal: Portal, content: bytes, parcel: Parcel) -> str:
    """The address of the entry's page there, which is the copy's identity."""
    try:
        record = orjson.loads(content)
    except orjson.JSONDecodeError:
        record = {}
    said = record if isinstance(record, dict) else {}
    base = re.sub(r"/(api(/.*)?|explore(/.*)?)?$", "", portal.url)
    if portal.kind is PortalKind.UDATA:
        return f"{base}/datasets/{said.get('slug') or parcel.identifier}/"
    if portal.kind is PortalKind.OPENDATASOFT:
        return f"{base}/explore/dataset/{parcel.identifier}/"
    return f"{base}/dataset/{said.get('name') or parcel.identifier}"
