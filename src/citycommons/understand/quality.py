"""Nine checks of a dataset, each computed from what is published; none is anybody's opinion.

They follow the dimensions of DCAT-AP's quality vocabulary (DQV) and the FAIR principles: findable,
licensed, documented, machine-readable, timely, complete, valid, covered, identifiable.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from citycommons.core.types import Dataset, FieldRole, FieldType, Publisher, Version
from citycommons.govern.licenses import LICENSES
from citycommons.understand.content import content
from citycommons.understand.mqa import mqa
from citycommons.understand.scores import Score
from citycommons.understand.udata import udata


class Criterion(StrEnum):
    """What is checked."""

    DESCRIBED = "described"
    LICENSED = "licensed"
    EXPLAINED = "explained"
    READABLE = "readable"
    TIMELY = "timely"
    COMPLETE = "complete"
    VALID = "valid"
    COVERED = "covered"
    KEYED = "keyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One criterion: whether it holds, and the value that decided (a share 0..1, days, a count)."""

    criterion: Criterion
    holds: bool
    value: float | None = None
    limit: float | None = None


FREQUENCY_DAYS = {
    "CONT": 1,
    "UPDATE_CONT": 1,
    "HOURLY": 1,
    "DAILY": 3,
    "WEEKLY": 14,
    "MONTHLY": 62,
    "QUARTERLY": 184,
    "ANNUAL_2": 366,
    "ANNUAL": 550,
    "BIENNIAL": 1100,
}
"""Days after which data of a frequency (European authority table) are late: twice its step."""
_RHYTHMS = frozenset({*FREQUENCY_DAYS, "NEVER", "AS_NEEDED", "IRREG"})
_ENOUGH_TEXT = 40  # signs of a description
_ENOUGH = 0.95
_OPEN_FORMATS = {
    "csv",
    "json",
    "geojson",
    "xml",
    "parquet",
    "gpkg",
    "gml",
    "kml",
    "gtfs",
    "rdf",
    "wfs",
    "ods",
    "tsv",
    "api",
}


def checks(dataset: Dataset, version: Version | None, now: datetime) -> tuple[Check, ...]:
    """The nine checks, in a fixed order; what cannot be known does not hold."""
    return (
        _described(dataset),
        _licensed(dataset),
        _explained(dataset, version),
        _readable(dataset, version),
        _timely(dataset, version, now),
        _complete(version),
        _valid(version),
        _covered(dataset, version),
        _keyed(dataset, version),
    )


def marks(dataset: Dataset, version: Version | None, now: datetime) -> int:
    """How many of the nine hold."""
    return sum(check.holds for check in checks(dataset, version, now))


def _described(dataset: Dataset) -> Check:
    length = max((len(text) for text in dataset.description.values()), default=0)
    return Check(
        criterion=Criterion.DESCRIBED,
        holds=length >= _ENOUGH_TEXT,
        value=length,
        limit=_ENOUGH_TEXT,
    )


def _licensed(dataset: Dataset) -> Check:
    known = LICENSES.get(dataset.license)
    return Check(criterion=Criterion.LICENSED, holds=known is not None and known.is_open)


def _explained(dataset: Dataset, version: Version | None) -> Check:
    fields = version.fields if version else dataset.fields
    if not fields:
        return Check(criterion=Criterion.EXPLAINED, holds=False)
    share = sum(bool(field.description or field.title) for field in fields) / len(fields)
    return Check(criterion=Criterion.EXPLAINED, holds=share >= _ENOUGH, value=share, limit=_ENOUGH)


def _readable(dataset: Dataset, version: Version | None) -> Check:
    if version is not None:
        return Check(criterion=Criterion.READABLE, holds=True)
    alive = [link for link in dataset.links if link.status is None or link.status < 400]
    found = {link.format.casefold() for link in alive} & _OPEN_FORMATS
    return Check(criterion=Criterion.READABLE, holds=bool(found))


def _timely(dataset: Dataset, version: Version | None, now: datetime) -> Check:
    if version is None:
        return Check(criterion=Criterion.TIMELY, holds=False)
    days = float((now - version.created).days)
    if dataset.frequency in ("NEVER", "AS_NEEDED", "IRREG"):
        return Check(criterion=Criterion.TIMELY, holds=True, value=days)
    limit = FREQUENCY_DAYS.get(dataset.frequency)
    if limit is None:
        return Check(criterion=Criterion.TIMELY, holds=False, value=days)
    if version.period:
        # What counts is how far the data reach, not when they were loaded.
        last = datetime.fromisoformat(version.period[1])
        days = float((now.replace(tzinfo=None) - last.replace(tzinfo=None)).days)
    return Check(criterion=Criterion.TIMELY, holds=days <= limit, value=days, limit=limit)


def _complete(version: Version | None) -> Check:
    if version is None or not version.rows or not version.statistics:
        return Check(criterion=Criterion.COMPLETE, holds=False)
    flags = {field.name for field in version.fields if field.role is FieldRole.FLAG}
    counted = [one for one in version.statistics if one.name not in flags]
    cells = version.rows * len(counted)
    share = 1 - sum(one.nulls for one in counted) / cells if cells else 1.0
    return Check(criterion=Criterion.COMPLETE, holds=share >= _ENOUGH, value=share, limit=_ENOUGH)


def _valid(version: Version | None) -> Check:
    if version is None or not version.rows:
        return Check(criterion=Criterion.VALID, holds=False)
    share = version.rows / (version.rows + version.rejected)
    return Check(criterion=Criterion.VALID, holds=share >= 0.99, value=share, limit=0.99)


def _covered(dataset: Dataset, version: Version | None) -> Check:
    has_place = bool(dataset.place or (version and version.bounds))
    has_time = any(dataset.temporal) or bool(version and version.period)
    return Check(criterion=Criterion.COVERED, holds=has_place and has_time)


def _keyed(dataset: Dataset, version: Version | None) -> Check:
    fields = version.fields if version else ()
    has_identifier = any(
        field.role is FieldRole.IDENTIFIER and field.type is not FieldType.GEOMETRY
        for field in fields
    )
    return Check(criterion=Criterion.KEYED, holds=bool(dataset.key) or has_identifier)


def scores(
    dataset: Dataset,
    version: Version | None,
    now: datetime,
    publisher: Publisher | None = None,
) -> tuple[Score, ...]:
    """The dataset and version by each method, with points and what to do next.

    Nine criteria of udata, the European MQA (405 points) and, where there is a version, its
    measured content (100 points). A withdrawn version counts as none: nobody can read it.
    """
    if version is not None and version.withdrawn:
        version = None
    timely = _timely(dataset, version, now)
    promised = None if dataset.frequency not in _RHYTHMS else timely.holds
    found = (udata(dataset, version, is_timely=timely.holds), mqa(dataset, version, publisher))
    if version is None:
        return found
    return (*found, content(version, is_timely=promised))
