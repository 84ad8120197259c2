"""The quality score of udata, the software of data.gouv.fr: nine criteria of equal weight.

References
----------
udata, `Dataset.quality` and `compute_quality_score` in `udata/core/dataset/models.py`: licence,
temporal coverage, spatial coverage, update frequency, updated in time, description of 100 signs or
more, an open format, all files available, files documented; the score is their share.
"""

from citycommons.core.types import Dataset, Link, Version
from citycommons.govern.licenses import LICENSES
from citycommons.understand.scores import Score, yes

SOURCE = "https://github.com/opendatateam/udata"
LONG_ENOUGH = 100
CLOSED_FORMATS = frozenset(("pdf", "doc", "docx", "word", "xls", "excel", "xlsx"))
"""What udata takes for closed; any other format that is stated is open."""


def udata(dataset: Dataset, version: Version | None, *, is_timely: bool) -> Score:
    """The nine criteria; `is_timely` says whether the data are as fresh as their frequency says."""
    known = LICENSES.get(dataset.license)
    length = max((len(text.strip()) for text in dataset.description.values()), default=0)
    has_period = any(dataset.temporal) or bool(version and version.period)
    has_place = bool(dataset.place or (version and version.bounds))
    has_rhythm = bool(dataset.frequency) and dataset.frequency not in ("UNKNOWN", "OTHER")
    metrics = (
        yes(
            "license",
            "A licence is stated",
            known is not None and known.id != "unspecified",
            1,
            "Choose a licence, so that people know what they may do with the data.",
        ),
        yes(
            "temporal-coverage",
            "The period is stated",
            has_period,
            1,
            "Say which period the data cover, or mark the column that holds the time.",
        ),
        yes(
            "spatial-coverage",
            "The place is stated",
            has_place,
            1,
            "Say which place the data cover, or mark the columns that hold positions.",
        ),
        yes(
            "update-frequency",
            "The rhythm of updates is stated",
            has_rhythm,
            1,
            "Say how often the data are updated.",
        ),
        yes(
            "updated-in-time",
            "The data are as fresh as was promised",
            has_rhythm and is_timely,
            1,
            "Publish a new version, or state the rhythm that you can keep.",
        ),
        yes(
            "description",
            "The description is long enough",
            length >= LONG_ENOUGH,
            1,
            f"Describe the data in {LONG_ENOUGH} signs or more; there are {length}.",
        ),
        yes(
            "open-format",
            "A file has an open format",
            version is not None or any(is_open(link) for link in dataset.links),
            1,
            "Publish the data here, or name a file in an open format such as CSV or GeoJSON.",
        ),
        yes(
            "available",
            "All files can be reached",
            version is not None or _all_alive(dataset.links),
            1,
            "Mend or remove the links that do not answer.",
        ),
        yes(
            "documented",
            "The files are documented",
            _is_documented(dataset, version),
            1,
            "Say what the columns mean.",
        ),
    )
    return Score(method="udata", title="Nine criteria of udata", metrics=metrics, source=SOURCE)


def is_open(link: Link) -> bool:
    """Whether a link leads to a file in an open format."""
    name = link.format.casefold().strip(" .")
    return bool(name) and name not in CLOSED_FORMATS


def _all_alive(links: tuple[Link, ...]) -> bool:
    return bool(links) and all(link.status is None or link.status < 400 for link in links)


def _is_documented(dataset: Dataset, version: Version | None) -> bool:
    fields = version.fields if version else dataset.fields
    if any(field.description or field.title for field in fields):
        return True
    return any(link.title.strip() for link in dataset.links)
