"""Files and datasets of works → the register: DATEX II, WZDx, and tables of any kind."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from citycommons.act.roadworks import arrivals
from citycommons.act.roadworks.arrivals import Received
from citycommons.act.roadworks.streets import streets
from citycommons.collect.cache import Cache
from citycommons.core.errors import Invalid
from citycommons.core.settings import Settings
from citycommons.core.types import DatasetId, Fault, Parcel, PublisherId, Version
from citycommons.core.works import Line, Party, Works
from citycommons.share.open import look
from citycommons.share.works import datex2, table, wzdx
from citycommons.share.works.edition import Reader
from citycommons.standardise.gazetteer import plain
from citycommons.standardise.read import read as read_table
from citycommons.store import catalogue
from citycommons.store.work import Work

FORMATS = ("datex2", "wzdx", "table")
_READS = {"datex2": datex2.read, "wzdx": wzdx.read}
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Who delivers, by which name, and what a feed or table does not say of itself."""

    source: str
    owner: PublisherId
    party: Party = Party.UTILITY
    language: str = "en"
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Works of a file or dataset, read and not taken in yet."""

    delivery: Delivery
    works: tuple[Works, ...]
    format: str
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came of a file: what the register did, and what had to be guessed."""

    received: Received
    format: str
    remarks: tuple[str, ...] = ()


def read_file(
    work: Work, settings: Settings, path: Path, delivery: Delivery, *, format: str = ""
) -> Read:
    """Read works of a file; its format is seen in its content where nobody says it.

    Nothing is written: no writer has to wait while a large file is read.
    Raises `Invalid` for a file in which there are no works to be read.
    """
    data = path.read_bytes()
    kind = format or format_of(data)
    reader = _reader(work, settings, delivery, path.name)
    if kind not in FORMATS:
        raise Invalid(f"“{kind}” is no format of works. Formats are {', '.join(FORMATS)}.")
    if kind == "table":
        rows = _rows(path, settings, reader)
        return _of_table(delivery, _table(work, settings, rows, reader, delivery.language))
    feed = _READS[kind](data, reader)
    return Read(delivery=delivery, works=feed.works, format=kind, remarks=feed.remarks)


def read_dataset(
    work: Work, settings: Settings, id: DatasetId, *, language: str, party: Party | None = None
) -> Read:
    """Read works of the newest version of a published dataset; nothing is written.

    Its publisher owns the works unless a column says otherwise.
    """
    opened = look(work, id)
    delivery = Delivery(
        source=f"dataset:{id}",
        owner=opened.dataset.publisher,
        party=party or Party.MUNICIPALITY,
        language=language,
    )
    reader = _reader(work, settings, delivery, id)
    if feeds := _feeds(settings, opened.version):
        found = [_READS[kind](data, reader) for kind, data in feeds]
        return Read(
            delivery=delivery,
            works=tuple(one for feed in found for one in feed.works),
            format=feeds[0][0],
            remarks=tuple(said for feed in found for said in feed.remarks),
        )
    rows = opened.query(f"SELECT * FROM rows LIMIT {_MOST_ROWS}").to_pylist()
    return _of_table(delivery, _table(work, settings, rows, reader, language))


def take(work: Work, found: Read) -> Brought:
    """Take what was read into the register."""
    given = found.delivery
    done = arrivals.receive(work, given.source, found.works, is_complete=given.is_complete)
    both = replace(done, faults=(*found.faults, *done.faults))
    return Brought(received=both, format=found.format, remarks=found.remarks)


def _of_table(delivery: Delivery, found: table.FromTable) -> Read:
    return Read(
        delivery=delivery,
        works=found.works,
        format="table",
        faults=found.faults,
        remarks=found.remarks,
    )


def format_of(data: bytes) -> str:
    """By the first signs and the words of the file."""
    head = data[:200_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<") and b"datex2.eu" in head:
        return "datex2"
    if head.startswith(b"{") and (b"road_event_feed_info" in head or b'"feed_info"' in head):
        return "wzdx"
    return "table"


def _feeds(settings: Settings, version: Version) -> list[tuple[str, bytes]]:
    """The files that the version was made of, if all of them are still here and are feeds.

    A feed says more of works than a table of its rows keeps.
    """
    cache = Cache(settings.home / "parcels")
    digests = version.provenance.parcels
    if not digests or not all(cache.has(digest) for digest in digests):
        return []
    found = [cache.path(digest).read_bytes() for digest in digests]
    kinds = [format_of(data) for data in found]
    return list(zip(kinds, found, strict=True)) if all(kind in _READS for kind in kinds) else []


def _reader(work: Work, settings: Settings, delivery: Delivery, name: str) -> Reader:
    return Reader(
        owner=delivery.owner,
        by=work.actor.id,
        zone=ZoneInfo(settings.timezone),
        now=work.now,
        party=delivery.party,
        name=name,
    )


def _rows(path: Path, settings: Settings, reader: Reader) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="citycommons-works-") as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        parcel = Parcel(path=copy, name=path.name, received=reader.now)
        read, _report = read_table(parcel, zone=settings.timezone)
        rows: list[dict[str, Any]] = read.slice(0, _MOST_ROWS).to_pylist()
    return rows


def _table(
    work: Work, settings: Settings, rows: Sequence[table.Row], reader: Reader, language: str
) -> table.FromTable:
    known = streets(work, settings)

    def locate(street: str, meeting: Sequence[str]) -> tuple[Line, str] | None:
        found = known.find(street, meeting)
        return None if found is None else (found.line, found.how)

    owners = {plain(one.id): one.id for one in catalogue.publishers(work.db)}
    owners |= {plain(one.name): one.id for one in catalogue.publishers(work.db)}
    return table.owned(table.read(rows, reader, language=language, locate=locate), owners)
