"""Connector `osm`: the streets, places and areas of an OpenStreetMap extract (.osm.pbf)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from citycommons.collect.polite import Polite
from citycommons.core.types import Parcel

LAYERS = ("lines", "points", "areas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Osm:
    """An extract, as one part for each layer; ask only for what is used (ODbL, © contributors)."""

    url: str = field(metadata={"says": "Address of the extract (.osm.pbf)"})
    layers: tuple[str, ...] = field(
        default=("lines",), metadata={"says": "Layers to bring", "choices": LAYERS}
    )
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The extract once for each layer; it is downloaded once, and only if it changed."""
        with self.client as client:
            for layer in self.layers:
                yield client.file(self.url, part=layer, profile="osm")
