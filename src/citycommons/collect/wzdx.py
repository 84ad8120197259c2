"""Connector `wzdx`: road works by the Work Zone Data Exchange."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from citycommons.collect.polite import Polite
from citycommons.core.types import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Wzdx:
    """A WorkZoneFeed or DeviceFeed (USDOT WZDx 4.2)."""

    url: str = field(metadata={"says": "Address of the feed (GeoJSON)"})
    headers: Mapping[str, str] = field(
        default_factory=dict, metadata={"says": "Headers the publisher asks for", "secret": True}
    )
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The feed, asked for only if it changed."""
        with self.client as client:
            yield client.file(self.url, headers=self.headers, profile="wzdx")
