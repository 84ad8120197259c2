"""Connector `gtfs-realtime`: where vehicles are, how late trips run, what travellers are told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from citycommons.collect.polite import Polite
from citycommons.core.types import Parcel

PARTS = ("vehicle_positions", "trip_updates", "alerts")


@dataclass(frozen=True, slots=True, kw_only=True)
class GtfsRealtime:
    """One GTFS-Realtime feed (gtfs.org, Realtime Reference 2.0), as one part for each kind."""

    url: str = field(metadata={"says": "Address of the feed (protocol buffers)"})
    kinds: tuple[str, ...] = field(
        default=("vehicle_positions",),
        metadata={"says": "What the feed holds", "choices": PARTS},
    )
    headers: Mapping[str, str] = field(
        default_factory=dict, metadata={"says": "Headers the operator asks for", "secret": True}
    )
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The feed, once for each kind of table that is wanted of it."""
        with self.client as client:
            for kind in self.kinds:
                yield client.file(
                    self.url,
                    headers=self.headers,
                    name=f"{kind}.pb",
                    part=kind,
                    profile="gtfs-realtime",
                )
