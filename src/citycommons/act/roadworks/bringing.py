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
from citycommons.core.errors import Invalid
from citycommons.core.settings import Settings
from citycommons.core.types import DatasetId, Fault, Parcel, PublisherId
from citycommons.core.works import Line, Party, Works
from citycommons.share.open import look
from citycommons.share.works import datex2, table, wzdx
from citycommons.share.works.edition import Reader
from citycommons.standardise.gazetteer import plain
from citycommons.standardise.read import read as read_table
from citycommons.store import catalogue
from citycommons.store.work import Work

FORMATS = ("datex2", "wzdx", "table")
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came of a file: what the register did, and what had to be guessed."""

    received: Received
    format: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Who delivers, by which name, and what a feed or table does not say of itself."""

    source: str
    owner: PublisherId
    party: Party = Party.UTILITY
    language: str = "en"
    is_complete: bool = True


def bring_file(
    work: Work, settings: Settings, path: Path, delivery: Delivery, *, format: str = ""
) -> Brought:
    """Take a file into the register; its format is seen in its content where nobody says it.

    Raises `Invalid` for a file in which there are no works to be read.
    """
    data = path.read_bytes()
    kind = format or format_of(data)
    reader = _reader(work, settings, delivery, path.name)
    if kind not in FORMATS:
        raise Invalid(f"“{kind}” is no format of works. Formats are {', '.join(FORMATS)}.")
    if kind == "table":
        found = _table(work, settings, _rows(path, settings, reader), reader, delivery.language)
        return _received(work, delivery, found.works, found.faults, found.remarks, kind)
    feed = datex2.read(data, reader) if kind == "datex2" else wzdx.read(data, reader)
    return _received(work, delivery, feed.works, (), feed.remarks, kind)


def bring_dataset(
    work: Work, settings: Settings, id: DatasetId, *, language: str, party: Party | None = None
) -> Brought:
    """Take the newest version of a published dataset of works into the register.

    Its publisher owns the works unless a column says otherwise.
    """
    opened = look(work, id)
    delivery = Delivery(
        source=f"dataset:{id}",
        owner=opened.dataset.publisher,
        party=party or Party.MUNICIPALITY,
        language=language,
    )
    rows = opened.query(f"SELECT * FROM rows LIMIT {_MOST_ROWS}").to_pylist()
    reader = _reader(work, settings, delivery, id)
    found = _table(work, settings, rows, reader, language)
    return _received(work, delivery, found.works, found.faults, found.remarks, "table")


def format_of(data: bytes) -> str:
    """By the first signs and the words of the file."""
    head = data[:200_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<") and b"datex2.eu" in head:
        return "datex2"
    if head.startswith(b"{") and (b"road_event_feed_info" in head or b'"feed_info"' in head):
        return "wzdx"
    return "table"


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


def _received(
    work: Work,
    delivery: Delivery,
    works: Sequence[Works],
    faults: Sequence[Fault],
    remarks: Sequence[str],
    format: str,
) -> Brought:
    done = arrivals.receive(work, delivery.source, works, is_complete=delivery.is_complete)
    both = replace(done, faults=(*faults, *done.faults))
    return Brought(received=both, format=format, remarks=tuple(remarks))
