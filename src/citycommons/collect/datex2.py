"""Connector `datex2`: road situations, traffic measurements and parking of a DATEX II publisher."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from citycommons.collect.polite import Polite
from citycommons.core.types import Parcel

LAYERS = (
    *("situations", "measurements", "measurement_sites", "parking_sites", "parking_status"),
    *("regulations", "charging_sites"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Datex2:
    """A publication by snapshot pull (DATEX II Exchange 2020), once for each layer wanted of it."""

    url: str = field(metadata={"says": "Address of the publication (XML, or XML in gzip)"})
    layers: tuple[str, ...] = field(
        default=("situations",), metadata={"says": "What it holds", "choices": LAYERS}
    )
    user: str = field(default="", metadata={"says": "User name, where the publisher asks for one"})
    password: str = field(default="", metadata={"says": "Password", "secret": True})
    headers: Mapping[str, str] = field(
        default_factory=dict, metadata={"says": "Headers the publisher asks for", "secret": True}
    )
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The publication, asked for only if it changed (If-Modified-Since, as pull defines it)."""
        headers = dict(self.headers)
        if self.user:
            words = b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {words}"
        with self.client as client:
            for layer in self.layers:
                yield client.file(self.url, headers=headers, part=layer, profile="datex2")
