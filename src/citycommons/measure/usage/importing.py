"""Monthly statistics of another system become a dataset: the headings of several tongues are known.

Nothing is computed of them: what the file says is kept, what contradicts itself is marked.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

import pyarrow as pa

from citycommons import __version__
from citycommons.core.errors import Invalid
from citycommons.core.tables import Report
from citycommons.core.types import (
    Actor,
    Category,
    Dataset,
    DatasetId,
    Field,
    FieldRole,
    FieldType,
    Parcel,
    Provenance,
    PublisherId,
    Version,
)
from citycommons.measure.usage.before import COUNTS
from citycommons.share import publish
from citycommons.standardise.faults import Faults
from citycommons.standardise.read import read
from citycommons.store import catalogue
from citycommons.store.work import City

ID = DatasetId("portal-statistics-before")
MOVED = "columns-moved"
_TITLE = {
    "en": "Use of the portal before this one",
    "de": "Nutzung des Portals vor diesem",
    "fr": "Utilisation du portail précédent",
    "it": "Uso del portale precedente",
}
_MEANINGS = {
    "visits": "Visits in the month, as the portal before counted them",
    "unique_visitors": "Different visitors in the month, as it told them apart",
    "page_views": "Pages that were shown",
    "unique_page_views": "Pages that were shown, each once a visit",
    "downloads": "Files that were taken",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A table by month, and what was wrong with the file."""

    table: pa.Table
    report: Report


@cache
def headings() -> Mapping[str, str]:
    """Which column of ours a heading stands for."""
    file = resources.files("citycommons.measure.usage") / "facts" / "headings.toml"
    known = tomllib.loads(file.read_text("utf-8"))
    return {word: name for name, told in known.items() for word in told["words"]}


def statistics(parcel: Parcel) -> Statistics:
    """Read monthly statistics of a table in any format that the portal reads.

    Raises `Invalid` for a table without a month or without a count, and for a month that stands
    there twice; months without any number are left out, and told.
    """
    given, report = read(parcel)
    columns = _columns(given.column_names)
    faults = Faults()
    rows: dict[date, dict[str, Any]] = {}
    for line, row in enumerate(given.select(list(columns.values())).to_pylist(), start=2):
        one = {name: row[column] for name, column in columns.items()}
        counts = {name: _whole(one.get(name), name, line, faults) for name in COUNTS}
        if not any(count is not None for count in counts.values()):
            faults.add("empty", "The month has no numbers.", line=line)
            continue
        month = _month(one["month"], line)
        if month in rows:
            raise Invalid(f"Row {line}: {month:%Y-%m} stands there twice.", row=line)
        rows[month] = {"month": month, **counts, "flag": _flag(counts, line, faults)}
    if not rows:
        raise Invalid("No row has a month with a number.")
    ordered = [rows[month] for month in sorted(rows)]
    return Statistics(
        table=pa.Table.from_pylist(ordered, SCHEMA), report=faults.report(report.steps)
    )


SCHEMA = pa.schema(
    [("month", pa.date32()), *((name, pa.int64()) for name in COUNTS), ("flag", pa.string())]
)


def _columns(names: Iterable[str]) -> dict[str, str]:
    """Our names, each with the column of the file that has it."""
    known = headings()
    found: dict[str, str] = {}
    for column in names:
        word = " ".join(column.replace("_", " ").casefold().split())
        if ours := known.get(word) or known.get(word.replace(" ", "_")):
            found.setdefault(ours, column)
    if "month" not in found or not found.keys() & {*COUNTS}:
        listed = ", ".join(names)
        raise Invalid(
            f"These are no monthly statistics: a month and a number of visits, visitors or page "
            f"views are needed; the columns are {listed}. Publish other tables with "
            "“citycommons publish”."
        )
    return found


def _whole(value: Any, name: str, line: int, faults: Faults) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if number < 0 or number != int(number):
        message = "This is no count; it was left out."
        faults.add("number", message, line=line, column=name, value=str(value)[:80])
        return None
    return int(number)


_WRITTEN = re.compile(
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})([-/.]\d{1,2})?([T ].*)?"
    r"|(\d{1,2}[./])?(?P<m2>\d{1,2})[./](?P<y2>\d{4})"
)


def _month(value: Any, line: int) -> date:
    """2023-11, 2023-11-30, 11/2023, and 23.11.2023, which is November whatever the 23 is."""
    if isinstance(value, date | datetime):
        return date(value.year, value.month, 1)
    if found := _WRITTEN.fullmatch(str(value).strip()):
        try:
            return date(int(found["y"] or found["y2"]), int(found["m"] or found["m2"]), 1)
        except ValueError:
            pass
    raise Invalid(f"Row {line}: “{str(value)[:40]}” is no month. Write it as 2023-11.", row=line)


def _flag(counts: Mapping[str, int | None], line: int, faults: Faults) -> str:
    visits, visitors = counts.get("visits"), counts.get("unique_visitors")
    if visits is None or visitors is None or visitors <= visits:
        return ""
    message = "More different visitors than visits: the columns have moved."
    faults.add(MOVED, message, line=line, column="unique_visitors", value=str(visitors))
    return MOVED


def described(
    id: DatasetId, publisher: PublisherId, license: str, *, source: str = "", attribution: str = ""
) -> Dataset:
    """The entry in the catalogue."""
    columns = tuple(
        Field(
            name=name,
            type=FieldType.INTEGER,
            role=FieldRole.MEASURE,
            description={"en": _MEANINGS[name]},
            evidence="declared",
        )
        for name in COUNTS
    )
    month = Field(
        name="month",
        type=FieldType.DATE,
        role=FieldRole.TIME,
        description={"en": "First day of the month"},
        evidence="declared",
    )
    flag = Field(
        name="flag",
        type=FieldType.STRING,
        role=FieldRole.FLAG,
        description={"en": f"{MOVED}: only the visits of the month can be trusted"},
        evidence="declared",
    )
    return Dataset(
        id=id,
        title=_TITLE,
        description={
            "en": "Monthly statistics as the portal before this one declared them. By which rules "
            "it counted is not known; they are not added to our own counts."
        },
        publisher=publisher,
        license=license,
        attribution=attribution,
        category=Category.TRANSPARENCY,
        theme="GOVE",
        source=source,
        frequency="MONTHLY",
        fields=(month, *columns, flag),
        key=("month",),
    )


def bring(
    city: City,
    actor: Actor,
    parcel: Parcel,
    publisher: PublisherId,
    license: str,
    *,
    id: DatasetId = ID,
    attribution: str = "",
) -> tuple[Version, Statistics, bool]:
    """Publish the statistics; the same file twice makes no new version.

    Answers the version, what was read, and whether it is new. Raises `Forbidden` if the actor may
    not publish for the publisher, `Invalid` for a file that cannot be used.
    """
    found = statistics(parcel)
    source = parcel.origin if parcel.origin.startswith(("http://", "https://")) else ""
    wanted = described(id, publisher, license, source=source, attribution=attribution)
    provenance = Provenance(
        origin=parcel.origin or parcel.name,
        received=parcel.received,
        parcels=(parcel.digest,) if parcel.digest else (),
        steps=(f"monthly statistics of {parcel.name} read by City Commons {__version__}",),
    )
    prepared = publish.prepare(city.lake, wanted, found.table, found.report, provenance=provenance)
    with city.work(actor) as work:
        known = catalogue.find_dataset(work.db, id)
        dataset = known or publish.describe(work, wanted)
        done = publish.publish(work, dataset, prepared, note=f"from {parcel.name}")
    return done.version, found, done.is_new
