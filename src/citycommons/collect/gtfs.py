"""Connector `gtfs`: timetables by the General Transit Feed Specification, a ZIP of tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from citycommons.collect.archives import MOST_BYTES, unpack
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel

REQUIRED = ("agency", "routes", "trips", "stop_times")
"""Files that every feed has (gtfs.org, Schedule Reference, Dataset Files)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gtfs:
    """The tables of a timetable, one part each: stops, routes, trips, stop_times, …"""

    url: str = field(metadata={"says": "Address of the GTFS ZIP"})
    tables: tuple[str, ...] = field(
        default=(), metadata={"says": "Tables to bring: stops, routes; empty brings all"}
    )
    headers: Mapping[str, str] = field(
        default_factory=dict, metadata={"says": "Headers the operator asks for", "secret": True}
    )
    most_unpacked_bytes: int = MOST_BYTES
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One parcel a table.

        Raises `Invalid` for a ZIP that is no GTFS feed, saying which tables are missing.
        """
        with self.client as client:
            feed = client.file(self.url, headers=self.headers)
            into = client.parcels.unpacked(feed.digest)
            members = unpack(feed, into, members="*.txt", most_bytes=self.most_unpacked_bytes)
            found = {PurePosixPath(member.name).stem: member for member in members}
            missing = [name for name in (*REQUIRED, *self.tables) if name not in found]
            if missing:
                raise Invalid(
                    f"{self.url} is no GTFS feed: {', '.join(f'{m}.txt' for m in missing)} missing."
                )
            for name in self.tables or sorted(found):
                # Kept, as what was unpacked goes with the run.
                with found[name].path.open("rb") as stream:
                    kept = client.keep(
                        iter(lambda: stream.read(1 << 20), b""),
                        name=f"{name}.txt",
                        origin=self.url,
                    )
                yield replace(kept, received=feed.received, part=name, profile="gtfs")
