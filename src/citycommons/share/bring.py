"""The data of a harvested entry: the first of its files that can be read, as its next version."""

from collections.abc import Iterator

from citycommons.collect.connect import own_hosts
from citycommons.collect.polite import Polite
from citycommons.core.errors import CityError
from citycommons.core.types import Dataset, Fault, Link
from citycommons.share.holding import Holding, Lost
from citycommons.share.incoming import take_one

READABLE = (
    "parquet",
    "geojson",
    "gpkg",
    "csv",
    "tsv",
    "xlsx",
    "ods",
    "xls",
    "json",
    "shp",
    "kml",
    "gml",
    "zip",
)
"""Formats by their usual names; of an entry's files the first of any of these is taken."""


def bring(holding: Holding, dataset: Dataset) -> None:
    """Fetch the file if it changed, and publish or hold it. A failure is told and stays its own."""
    link = next(_readable(dataset), None)
    if link is None:
        return
    settings = holding.city.settings
    client = Polite(
        cache=settings.home / "parcels",
        allow_hosts=own_hosts(holding.source.options, settings.allow_hosts),
        most_bytes=settings.upload_limit_mb << 20,
        progress=lambda *_: holding.alive(),
    )
    try:
        with client:
            parcel = client.file(link.url)
        take_one(holding, dataset.id, [parcel])
    except Lost:
        raise
    except CityError as error:
        holding.count(data_failed=1)
        holding.blame(
            Fault(rule="data", message=error.message, value=dataset.identifier, column=link.url)
        )


def _readable(dataset: Dataset) -> Iterator[Link]:
    for link in dataset.links:
        said = link.format.casefold().rpartition("/")[2].lstrip(".")
        ending = link.url.partition("?")[0].rpartition(".")[2].casefold()
        if link.url.startswith(("http://", "https://")) and {said, ending} & {*READABLE}:
            yield link
