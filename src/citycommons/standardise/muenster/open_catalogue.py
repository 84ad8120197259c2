"""The city's own catalogue of 204 datasets, as catalogue entries that link to where the data lie.

One sheet of 78 columns: a row for each dataset and its first file, further files below it. Texts
are HTML with the remains of a spreadsheet, and two columns speak of licences: one for the dataset,
one for each file. Where they differ, the one that asks more of the reader is named, and the
description says what the other one says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from citycommons.core.errors import Invalid
from citycommons.core.ids import slug
from citycommons.core.tables import Report
from citycommons.core.types import (
    Category,
    Dataset,
    DatasetId,
    Link,
    Parcel,
    Publisher,
    PublisherId,
)
from citycommons.standardise.faults import Faults
from citycommons.standardise.muenster.rows import Parcels, Row, only
from citycommons.standardise.records.texts import plain_text

_NEEDS: tuple[str, ...] = (
    "Dataset-ID",
    "Title",
    "Groups",
    "Tags",
    "Description",
    "License",
    "Resource-Url",
    "Format",
    "HTTP-Responsecode",
    "DD License",
    "Resource-Name",
)

# Strictest last: whoever keeps to a later one has kept to the earlier ones.
_LICENSES = (
    ("dl-zero", "dl-de/zero-2.0"),
    ("zero – version 2.0", "dl-de/zero-2.0"),
    ("cc-zero", "CC0-1.0"),
    ("pddl", "PDDL-1.0"),
    ("officialwork", "official-work"),
    ("by-nc", "CC-BY-NC-4.0"),
    ("gfdl", "GFDL-1.2"),
    ("gnu free documentation", "GFDL-1.2"),
    ("by-sa", "CC-BY-SA-4.0"),
    ("odbl", "ODbL-1.0"),
    ("dl-by-de", "dl-de/by-2.0"),
    ("datenlizenz deutschland – namensnennung", "dl-de/by-2.0"),
    ("namensnennung 3.0 de", "CC-BY-3.0-DE"),
    ("cc-by-de/3.0", "CC-BY-3.0-DE"),
    ("cc-by", "CC-BY-4.0"),
)
_STRICTNESS = (
    ("official-work", "PDDL-1.0", "CC0-1.0", "dl-de/zero-2.0"),
    ("dl-de/by-2.0", "CC-BY-3.0-DE", "CC-BY-4.0"),
    ("ODbL-1.0", "CC-BY-SA-4.0", "GFDL-1.2"),
    ("CC-BY-NC-4.0",),
)
_THEMES = {
    "Transport und Verkehr": "TRAN",
    "Umwelt und Klima": "ENVI",
    "Politik und Wahlen": "GOVE",
    "Kultur, Freizeit, Sport und Tourismus": "EDUC",
    "Infrastruktur, Bauen und Wohnen": "REGI",
    "Bevölkerung": "SOCI",
    "Verwaltung, Haushalt und Steuern": "GOVE",
    "Geographie, Geologie und Geobasisdaten": "REGI",
    "Gesundheit": "HEAL",
    "Bildung und Wissenschaft": "EDUC",
    "Wirtschaft und Arbeit": "ECON",
    "Soziales": "SOCI",
    "Verbraucher Schutz": "SOCI",
}
_TRANSPARENCY = {"GOVE", "SOCI", "ECON"}
_FREQUENCIES = {
    "R/PT1S": "CONT",
    "R/P1D": "DAILY",
    "R/P1W": "WEEKLY",
    "R/P1M": "MONTHLY",
    "R/P1Y": "ANNUAL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Catalogue entries, those who publish them, and what was wrong with the delivery."""

    publishers: tuple[Publisher, ...]
    datasets: tuple[Dataset, ...]
    report: Report


def open_catalogue(parcels: Parcels, publisher: PublisherId) -> Entries:
    """All datasets of the catalogue; `publisher` stands for the city itself."""
    faults = Faults()
    publishers: dict[PublisherId, Publisher] = {}
    datasets: dict[DatasetId, Dataset] = {}
    for line, rows in _groups(only(parcels, "open-data-catalogue")):
        who = _publisher(rows[0], publisher)
        publishers.setdefault(who.id, who)
        dataset = _dataset(line, rows, who.id, faults)
        number = 2
        while dataset.id in datasets:
            dataset = _renamed(dataset, number)
            number += 1
        datasets[dataset.id] = dataset
    publishers.pop(publisher, None)  # the manifest describes it better
    steps = (
        f"{len(datasets)} datasets with {sum(len(d.links) for d in datasets.values())} links",
        "HTML and remains of a spreadsheet taken out of the texts",
    )
    return Entries(
        publishers=tuple(publishers.values()),
        datasets=tuple(datasets.values()),
        report=faults.report(steps),
    )


def _groups(parcel: Parcel) -> Iterator[tuple[int, list[Row]]]:
    """The rows of each dataset together: the first names it, the others are further files."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(str(parcel.path)).get_sheet_by_index(0)
    header, *lines = ([_cell(cell) for cell in row] for row in sheet.to_python())
    if missing := [name for name in _NEEDS if name not in header]:
        raise Invalid(f"{parcel.name} has no column {', '.join(missing)}.")
    group: list[Row] = []
    begun = 2
    for number, cells in enumerate(lines, start=2):
        row = dict(zip(header, cells, strict=True))
        if row["Dataset-ID"] and group:
            yield begun, group
            group = []
        if not group:
            begun = number
        group.append(row)
    if group:
        yield begun, group


def _cell(value: object) -> str:
    return re.sub(r"_x000D_", "", str(value)).strip() if value is not None else ""


def _dataset(line: int, rows: list[Row], publisher: PublisherId, faults: Faults) -> Dataset:
    row = rows[0]
    tags = _quoted(row["Tags"])
    theme = next((_THEMES[tag] for tag in tags if tag in _THEMES), "")
    license, note = _license(line, rows, faults)
    title = row["Title"]
    links = tuple(link for one in rows if (link := _link(one)))
    for link in links:
        if link.status is not None and link.status >= 400:
            faults.add(
                "dead-link",
                f"The link answered {link.status} when the city checked it.",
                line=line,
                column="Resource-Url",
                value=link.url,
            )
    if not links:
        faults.add("no-files", "The dataset names no file.", line=line, value=title)
    description = plain_text(row["Description"])
    return Dataset(
        id=DatasetId(f"od-{slug(title, 80)}"),
        title={"de": title},
        description={"de": f"{description}\n\n{note}".strip()},
        publisher=publisher,
        steward=row["Extra-Quelle"] or row["Contact Name"],
        license=license,
        attribution=next(filter(None, (plain_text(r["DD Licensetext"]) for r in rows)), ""),
        category=Category.TRANSPARENCY if theme in _TRANSPARENCY else Category.ENVIRONMENTAL,
        theme=theme,
        keywords=tuple(dict.fromkeys((*tags, *_quoted(row["Schlagworte"])))),
        place=row["Geographical Location"] or "Münster",
        temporal=(_day(row["Temporal Coverage Start"]), _day(row["Temporal Coverage End"])),
        frequency=_FREQUENCIES.get(row["Frequency"], ""),
        landing_page=row["URL"],
        source=row["Homepage URL"],
        identifier=row["Dataset-ID"],
        links=links,
    )


def _license(line: int, rows: list[Row], faults: Faults) -> tuple[str, str]:
    """The licence that asks most, and a sentence where the columns say different things."""
    said = rows[0]["License"]
    of_files = [one for row in rows for one in _quoted(row["DD License"])]
    found = [known_license(text) for text in (said, *of_files)]
    known = [id for id in found if id != "unspecified"]
    license = max(known, key=_strictness) if known else "unspecified"
    others = sorted({text for text in of_files if known_license(text) != license})
    if found[0] not in (license, "unspecified"):
        others.append(said)
    if not others and (found[0] == license or not known):
        return license, ""
    message = "The licence of the dataset and those of its files differ."
    faults.add("licence", message, line=line, column="License", value=f"{said} | {of_files}")
    named = said if said and said != "notspecified" else "nicht angegeben"
    listed = ", ".join(sorted(set(of_files))) or "nicht angegeben"
    return license, (
        f"Lizenz: Der Katalog nennt für den Datensatz „{named}“, für Dateien „{listed}“. "
        "Hier steht die Lizenz, die mehr verlangt."
    )


def known_license(text: str) -> str:
    """The short name of a licence the catalogue writes in words; “unspecified” for none."""
    folded = re.sub(r"\s+", " ", text.casefold()).strip()
    if "public domain dedication" in folded:
        return "PDDL-1.0"
    if "weitergabe unter gleichen" in folded:
        return "CC-BY-SA-4.0"
    written = folded.replace("cc by", "cc-by").replace("cc-by-sa", "by-sa")
    return next((id for part, id in _LICENSES if part in written), "unspecified")


def _strictness(license: str) -> int:
    return next(n for n, group in enumerate(_STRICTNESS) if license in group)


def _link(row: Row) -> Link | None:
    if not row["Resource-Url"]:
        return None
    status = row["HTTP-Responsecode"]
    return Link(
        url=row["Resource-Url"],
        title=row["Resource-Name"],
        format=row["Format"],
        status=int(float(status)) if status else None,
    )


def _publisher(row: Row, city: PublisherId) -> Publisher:
    name = next(iter(_quoted(row["Groups"])), "Stadt Münster")
    id = city if name == "Stadt Münster" else PublisherId(slug(name, 80))
    return Publisher(id=id, name=name)


def _renamed(dataset: Dataset, number: int) -> Dataset:
    from dataclasses import replace

    base = dataset.id.removesuffix(f"-{number - 1}") if number > 2 else dataset.id
    return replace(dataset, id=DatasetId(f"{base}-{number}"))


def _quoted(text: str) -> list[str]:
    """`"Verkehr" (195), "Umwelt" (194)` as its names."""
    return [name.strip() for name in re.findall(r'"([^"]*)"\s*\(', text) if name.strip()]


def _day(text: str) -> date | None:
    return datetime.fromisoformat(text).date() if text else None
