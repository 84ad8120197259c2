"""Connector `gbfs`: shared bicycles, scooters and cars by the General Bikeshare Feed Specification.

GBFS 2.x names its feeds by language, 3.0 once (github.com/MobilityData/gbfs, gbfs.json).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Parcel

FEEDS = (
    *("station_information", "station_status", "vehicle_types", "vehicle_status"),
    *("free_bike_status", "vehicle_availability", "system_regions", "system_pricing_plans"),
    *("system_alerts", "geofencing_zones"),
)
"""Feeds that are tables; the others describe the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gbfs:
    """The feeds of one system, one part each."""

    url: str = field(metadata={"says": "Address of gbfs.json"})
    feeds: tuple[str, ...] = field(
        default=(), metadata={"says": "Feeds to bring; empty brings all tables", "choices": FEEDS}
    )
    language: str = field(default="", metadata={"says": "Language, where there are several: en"})
    headers: Mapping[str, str] = field(
        default_factory=dict, metadata={"says": "Headers the operator asks for", "secret": True}
    )
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One parcel a feed.

        Raises `Invalid` for an address that is no GBFS, `NotFound` for a feed it does not have.
        """
        with self.client as client:
            index = client.json(self.url, headers=self.headers)
            there = self._feeds(index)
            for name in self.feeds or [name for name in FEEDS if name in there]:
                if name not in there:
                    raise NotFound(
                        f"{self.url} has no feed “{name}”; it has {', '.join(there)}.",
                        column="feeds",
                    )
                yield client.file(
                    there[name],
                    headers=self.headers if _is_same(there[name], self.url) else {},
                    name=f"{name}.json",
                    part=name,
                    profile="gbfs",
                )

    def _feeds(self, index: Any) -> dict[str, str]:
        try:
            data = index["data"]
            if "feeds" not in data:  # 2.x: by language
                data = data[self.language] if self.language else next(iter(data.values()))
            return {str(feed["name"]): str(feed["url"]) for feed in data["feeds"]}
        except (KeyError, TypeError, StopIteration, AttributeError) as cause:
            raise Invalid(
                f"{self.url} is no gbfs.json{f' in {self.language}' if self.language else ''}. "
                "Look the address up in the operator's documentation."
            ) from cause


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses are of one host: a key for it is nobody else's business."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]
