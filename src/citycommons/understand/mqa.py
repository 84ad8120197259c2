"""The European metadata quality assessment of data.europa.eu: 405 points in five dimensions.

Measured on what the DCAT description of a dataset says here. DCAT-AP compliance is judged by the
mandatory properties (title, description, an access address for each distribution), not by SHACL. A
metric about files counts where one file has it, as the method takes the best distribution.

References
----------
data.europa.eu, Metadata Quality Assessment Methodology: findability 100, accessibility 100,
interoperability 110, reusability 75, contextuality 20. Ratings: excellent from 351, good from 221,
sufficient from 121, bad below.
"""

from dataclasses import replace

from citycommons.core.types import Dataset, Publisher, Version
from citycommons.govern.licenses import LICENSES
from citycommons.understand.scores import Metric, Score, yes

SOURCE = "https://data.europa.eu/mqa/methodology"
_RATINGS = ((351, "excellent"), (221, "good"), (121, "sufficient"), (0, "bad"))
_MACHINE = frozenset(
    (
        *("csv", "tsv", "json", "ndjson", "geojson", "topojson", "xml", "parquet", "gpkg", "gml"),
        *("kml", "shp", "gtfs", "gtfs-rt", "gbfs", "rdf", "ttl", "jsonld", "ods", "xls", "xlsx"),
        *("osm", "pbf", "fgb", "netcdf", "avro", "datex", "datex2"),
    )
)
_PROPRIETARY = frozenset(("xls", "xlsx", "doc", "docx", "ppt", "pptx", "mdb", "dwg", "shp"))
_THEMES = frozenset(
    (
        *("AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO"),
        *("REGI", "SOCI", "TECH", "TRAN"),
    )
)


def mqa(dataset: Dataset, version: Version | None, publisher: Publisher | None = None) -> Score:
    """All metrics of the methodology; a version published here has distributions of our own."""
    metrics = (
        *_findable(dataset, version),
        *_accessible(dataset, version),
        *_interoperable(dataset, version),
        *_reusable(dataset, publisher),
        *_contextual(dataset, version),
    )
    score = Score(
        method="mqa", title="European metadata quality (MQA)", metrics=metrics, source=SOURCE
    )
    return replace(score, rating=next(words for least, words in _RATINGS if score.points >= least))


def _findable(dataset: Dataset, version: Version | None) -> tuple[Metric, ...]:
    has_place = bool(dataset.place or (version and version.bounds))
    has_period = any(dataset.temporal) or bool(version and version.period)
    where = "findability"
    return (
        yes("keywords", "Keywords", bool(dataset.keywords), 30,
            "Add keywords that people would search for.", where),
        yes("categories", "Theme", dataset.theme in _THEMES, 30,
            "Choose a theme from the European list.", where),
        yes("geo-search", "Place", has_place, 20, "Say which place the data cover.", where),
        yes("time-search", "Period", has_period, 20, "Say which period the data cover.", where),
    )  # fmt: skip


def _accessible(dataset: Dataset, version: Version | None) -> tuple[Metric, ...]:
    """Links count by the share that answered when last checked; unchecked ones do not count."""
    links = dataset.links
    checked = [link for link in links if link.status is not None]
    alive = sum(200 <= (link.status or 0) < 400 for link in checked)
    share = 1.0 if version else alive / len(links) if links else 0.0
    where = "accessibility"
    step = "Mend or remove the links that do not answer, and have the others checked."
    has_download = version is not None or any(link.format for link in links)
    download = share if has_download else 0.0

    def part(name: str, title: str, of: float, reached: float, step: str) -> Metric:
        points = round(of * reached, 2)
        step = "" if reached >= 1 else step
        return Metric(name=name, title=title, dimension=where, points=points, of=of,
                      value=reached, next_step=step)  # fmt: skip

    return (
        part("access-url", "Access address answers", 50, share, step),
        yes("download-url", "Address of a file", has_download, 20,
            "Name a file that can be downloaded, with its format.", where),
        part("download-url-status", "File answers", 30, download, step),
    )  # fmt: skip


def _interoperable(dataset: Dataset, version: Version | None) -> tuple[Metric, ...]:
    links = dataset.links
    has_version = version is not None
    formats = [link.format.casefold().lstrip(".") for link in links]
    has_format = has_version or (bool(links) and all(formats))
    known = _MACHINE | _PROPRIETARY | {"pdf", "html", "txt", "png", "jpeg", "zip"}
    is_listed = has_version or any(one in known for one in formats)
    is_open = has_version or any(one and one not in _PROPRIETARY for one in formats)
    is_readable = has_version or any(one in _MACHINE for one in formats)
    has_core = bool(dataset.title and any(text.strip() for text in dataset.description.values()))
    is_reached = has_version or bool(links)
    where = "interoperability"
    return (
        yes("format", "Format stated", has_format, 20, "State the format of each file.", where),
        yes("media-type", "Media type stated", is_listed, 10,
            "State a format that has a media type, such as CSV.", where),
        yes("format-vocabulary", "Format from the European list", is_listed, 10,
            "Write formats as the European file-type list does, such as CSV or GEOJSON.", where),
        yes("non-proprietary", "Open format", is_open, 20,
            "Offer a format that no company owns, such as CSV or GeoJSON.", where),
        yes("machine-readable", "Readable by programs", is_readable, 20,
            "Offer a table or a feed beside PDF and pictures.", where),
        yes("dcat-ap", "Mandatory DCAT-AP properties", has_core and is_reached, 30,
            "Give title, description and a file or an address.", where),
    )  # fmt: skip


def _reusable(dataset: Dataset, publisher: Publisher | None) -> tuple[Metric, ...]:
    known = LICENSES.get(dataset.license)
    has_license = known is not None and known.id != "unspecified"
    where = "reusability"
    contact = bool(dataset.steward or (publisher and publisher.homepage))
    return (
        yes("license", "Licence stated", has_license, 20, "Choose a licence.", where),
        yes("license-vocabulary", "Known licence", has_license and bool(known and known.url), 10,
            "Choose a licence of the list instead of one of your own.", where),
        # Every dataset here has one of three access rights, from the European list.
        yes("access-rights", "Access rights", bool(dataset.access), 10, "Say who may read.", where),
        yes("access-rights-vocabulary", "Access rights from the European list",
            bool(dataset.access), 5, "Say who may read.", where),
        yes("contact", "Contact", contact, 20, "Name who answers questions about the data.", where),
        yes("publisher", "Publisher", bool(dataset.publisher), 10, "Name the publisher.", where),
    )  # fmt: skip


def _contextual(dataset: Dataset, version: Version | None) -> tuple[Metric, ...]:
    where = "contextuality"
    rights = bool(dataset.attribution) or _names_no_source(dataset)
    return (
        yes("rights", "Rights", rights, 5, "Say how the source is to be named.", where),
        yes("file-size", "File size", version is not None, 5,
            "Publish the data here: the size is then known.", where),
        yes("issued", "Date of issue", dataset.created is not None, 5,
            "Publish the description.", where),
        yes("modified", "Date of change",
            dataset.modified is not None or version is not None, 5,
            "Publish the description.", where),
    )  # fmt: skip


def _names_no_source(dataset: Dataset) -> bool:
    known = LICENSES.get(dataset.license)
    return known is not None and known.is_open and not known.needs_attribution
