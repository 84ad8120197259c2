"""The data of a harvested entry: the best of its files that can be read, as its next version."""

from urllib.parse import urlsplit

from citycommons.collect.connect import own_hosts
from citycommons.collect.polite import Polite
from citycommons.core.errors import CityError
from citycommons.core.types import Dataset, Fault, Link
from citycommons.share.holding import Holding, Lost
from citycommons.share.incoming import take_one

READABLE = (
    "geoparquet",
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
"""Formats by their usual names, those that lose least first."""


def bring(holding: Holding, dataset: Dataset) -> None:
    """Fetch the file if it changed, and publish or hold it. A failure is told and stays its own."""
    link = _best(dataset)
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


def _best(dataset: Dataset) -> Link | None:
    """A file of the origin itself before one that it only links to, then by format."""
    host = urlsplit(dataset.source).netloc
    ranked = [
        (urlsplit(link.url).netloc != host, rank, number)
        for number, link in enumerate(dataset.links)
        if (rank := _rank(link)) is not None
    ]
    return dataset.links[min(ranked)[2]] if ranked else None


def _rank(link: Link) -> int | None:
    """Which format it is, by what is said of it or by its ending; None where it cannot be read."""
    if not link.url.startswith(("http://", "https://")):
        return None
    said = link.format.casefold().rpartition("/")[2].lstrip(".")
    ending = link.url.partition("?")[0].rpartition(".")[2].casefold()
    return min((READABLE.index(one) for one in (said, ending) if one in READABLE), default=None)
