"""Waiting at the citizen office, the household travel survey, and the use of the city's portal."""

import csv
import re
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.tables import Report
from citycommons.standardise.muenster.clock import to_utc
from citycommons.standardise.muenster.rows import (
    UTC_TIME,
    Columns,
    Parcels,
    decimal,
    only,
    rows_of,
    whole,
)

_WAITING = "Anzahl wartender Personen"
_MINUTES = "durchschnittliche Wartezeit in Minuten"


def waiting_times(parcels: Parcels) -> tuple[pa.Table, Report]:
    """People waiting at the citizen office and how long they wait, every five minutes."""
    columns = Columns(
        phenomenon_time=UTC_TIME,
        people_waiting=pa.int64(),
        waiting_min=pa.float64(),
        next_number=pa.int64(),
        updated=pa.string(),
        flag=pa.string(),
    )
    needs = ("Datum und Uhrzeit", _WAITING, _MINUTES, "letzte Aktualisierung")
    kept: list[tuple[int, dict[str, str], datetime]] = []
    for parcel in sorted(parcels["waiting-times"], key=lambda parcel: parcel.name):
        for line, row in rows_of(parcel, needs, columns.faults):
            at = columns.parse(
                line, "phenomenon_time", row["Datum und Uhrzeit"], datetime.fromisoformat
            )
            if at is not None:
                kept.append((line, row, at))
    utc, _, _ = to_utc(np.array([at for *_, at in kept], dtype="datetime64[us]"))
    seen: set[np.datetime64] = set()
    for (line, row, at), moment in zip(kept, utc, strict=True):
        if moment in seen:
            columns.faults.add(
                "twice", "The moment was read already.", line=line, value=str(at), is_rejected=True
            )
            continue
        seen.add(moment)
        updated = row["letzte Aktualisierung"]
        is_old = _age_min(updated, at) > 30
        if is_old:
            columns.faults.add(
                "not-updated",
                "The display was not updated for more than half an hour.",
                line=line,
                column="updated",
                value=updated,
            )
        columns.add(
            phenomenon_time=moment,
            people_waiting=columns.parse(line, _WAITING, row[_WAITING], whole),
            waiting_min=columns.parse(line, _MINUTES, row[_MINUTES], decimal),
            next_number=columns.parse(line, "nächste Nummer", row.get("nächste Nummer", ""), int),
            updated=updated,
            flag="not-updated" if is_old else "",
        )
    return columns.table("local time (Europe/Berlin) to UTC")


def _age_min(updated: str, at: datetime) -> int:
    hours, _, minutes = updated.partition(":")
    return (at.hour * 60 + at.minute - int(hours) * 60 - int(minutes)) % (24 * 60)


_SURVEY: dict[str, str] = {
    "Pers./Haush.": "people_per_household",
    "Pkw/100 EW": "cars_per_100_people",
    "Pkw/Haush.": "cars_per_household",
    "Rad/100 EW": "bicycles_per_100_people",
    "Rad/Haush.": "bicycles_per_household",
    "Durchschnittsalter (Jahre)": "mean_age",
    "Anteil Azubi": "share_apprentices",
    "Anteil Schüler": "share_pupils",
    "Anteil Studenten": "share_students",
    "Anteil in Ausbildung": "share_in_education",
    "Anteil Vollzeit": "share_full_time",
    "Anteil Teilzeit": "share_part_time",
    "Anteil Erwerbst.": "share_employed",
    "Wege/P*T": "trips_per_person_day",
    "Wege/mP*T": "trips_per_mobile_person_day",
    "min/mP": "minutes_per_mobile_person_day",
    "min/Weg": "minutes_per_trip",
    "Gesamt": "trips_counted",
}
_MODES = {
    "Fuß": "walking",
    "Rad": "cycling",
    "E-Bike": "e_bike",
    "MIV": "car",
    "MIV-F": "car_driver",
    "MIV-MF": "car_passenger",
    "Krad": "motorcycle",
    "ÖPNV": "public_transport",
    "Bahn": "train",
    "Bus": "bus",
    "Sonstige": "other",
}
# The same eleven names head four blocks, in this order.
_BLOCKS = ("share_{}", "share_detailed_{}", "trips_{}", "trips_detailed_{}")
_COARSE = ("walking", "cycling", "car", "public_transport", "other")


def survey_columns(header: list[str]) -> list[str]:
    """Names for the columns of the survey, whose header names the modes of travel four times."""
    names = []
    block = -1
    for title in header:
        mode = _MODES.get(title)
        if mode == "walking":
            block += 1
        if mode and 0 <= block < len(_BLOCKS):
            names.append(_BLOCKS[block].format(mode))
        else:
            names.append(_SURVEY.get(title, title))
    return names


def mobility_survey(parcels: Parcels) -> tuple[pa.Table, Report]:
    """The household travel survey by area: households, people, trips and modes of travel."""
    header, rows = _semicolons(parcels, "mobility-survey")
    names = survey_columns(header)
    if names[:2] != ["Zeile", "Stadtteil"] or names[-1] != "trips_counted":
        raise Invalid("The survey has other columns than in 2022; its recipe must be renewed.")
    measures = names[2:]
    counted = {name for name in measures if name.startswith("trips_") and "per" not in name}
    types = {name: pa.int64() if name in counted else pa.float64() for name in measures}
    columns = Columns(area=pa.string(), level=pa.string(), **types)
    for line, row in rows:
        area = row[1].removeprefix("Teilbereich ")
        is_part = row[1].startswith(("Teilbereich", "Münster-"))
        values = {
            name: columns.parse(line, name, cell, whole if name in counted else decimal)
            for name, cell in zip(measures, row[2:], strict=True)
        }
        columns.add(area=area, level="part of the city" if is_part else "district", **values)
    return columns.table("decimal commas; four blocks of modes told apart")


def mobility_survey_blocks(parcels: Parcels) -> tuple[pa.Table, Report]:
    """The same survey as first delivered, with trips by mode under each area, made long.

    Each area has two lines: its shares, and above the shares of each column the number of trips.
    """
    header, rows = _semicolons(parcels, "mobility-survey-blocks", has_header=False)
    del header
    columns = Columns(
        area=pa.string(), position=pa.int64(), measure=pa.string(), value=pa.float64()
    )
    for number in range(0, len(rows) - 1, 2):
        (line, values), (_, titles) = rows[number], rows[number + 1]
        if not values[0] or titles[0]:
            columns.faults.add(
                "no-pair", "The line has no line of titles below it.", line=line, is_rejected=True
            )
            continue
        for at, (cell, title) in enumerate(zip(values[1:], titles[1:], strict=True), start=1):
            if not cell and not title.isdigit():
                continue
            columns.add(
                area=values[0].removeprefix("Teilbereich "),
                position=at,
                measure="trips" if title.isdigit() else _SURVEY.get(title, title),
                value=columns.parse(line, title, cell, decimal) if cell else float(title),
            )
    return columns.table("one row for each area and column")


def portal_visits(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Visits to the city's open-data portal by month."""
    columns = Columns(
        month=pa.date32(),
        visits=pa.int64(),
        unique_visitors=pa.int64(),
        mean_duration_s=pa.int64(),
        page_views=pa.int64(),
        unique_page_views=pa.int64(),
        most_used=pa.string(),
        flag=pa.string(),
    )
    needs = ("Monat", "Besuche", "BesEindeutig", "Dauer", "Seitenansichten", "SeitenEind")
    for line, row in rows_of(only(parcels, "portal-visits"), needs, columns.faults):
        visits = columns.parse(line, "visits", row["Besuche"], whole)
        unique = columns.parse(line, "unique_visitors", row["BesEindeutig"], whole)
        flag = ""
        if visits is None:
            flag = "empty"
            columns.faults.add("empty", "The month has no numbers.", line=line, value=row["Monat"])
        elif unique is not None and unique > visits:
            flag = "columns-moved"
            columns.faults.add(
                "columns-moved",
                "More unique visitors than visits: page views stand in this column.",
                line=line,
                column="unique_visitors",
                value=str(unique),
            )
        columns.add(
            month=columns.parse(line, "month", row["Monat"], _month),
            visits=visits,
            unique_visitors=unique,
            mean_duration_s=columns.parse(line, "duration", row["Dauer"], _seconds),
            page_views=columns.parse(line, "page_views", row["Seitenansichten"], whole),
            unique_page_views=columns.parse(line, "unique_pages", row["SeitenEind"], whole),
            most_used=" | ".join(
                row[name] for name in ("Top-Datensatz", "Top2", "Top3", "Top4", "Top5") if row[name]
            )
            or None,
            flag=flag,
        )
    return columns.table("months written as 23.11.2023 mean November 2023")


def portal_favourites(parcels: Parcels) -> tuple[pa.Table, Report]:
    """The most used datasets of 2023."""
    columns = Columns(rank=pa.int64(), name=pa.string(), address=pa.string())
    for line, row in rows_of(
        only(parcels, "portal-favourites"), ("Platzierung", "Name", "Link"), columns.faults
    ):
        columns.add(
            rank=columns.parse(line, "rank", row["Platzierung"], int),
            name=row["Name"],
            address=row["Link"],
        )
    return columns.table()


def portal_categories(parcels: Parcels) -> tuple[pa.Table, Report]:
    """How many datasets each category held in 2023."""
    return _counted(parcels, "portal-categories", "kategorie", "anzahl", "category", ";")


def portal_formats(parcels: Parcels) -> tuple[pa.Table, Report]:
    """How many files each format had in 2023."""
    return _counted(parcels, "portal-formats", "Format", "Anzahl", "format", ",")


def _counted(
    parcels: Parcels, source: str, title: str, count: str, name: str, delimiter: str
) -> tuple[pa.Table, Report]:
    columns = Columns(**{name: pa.string(), "datasets": pa.int64()})
    needs = (title, count)
    for line, row in rows_of(only(parcels, source), needs, columns.faults, delimiter=delimiter):
        columns.add(**{name: row[title], "datasets": columns.parse(line, count, row[count], whole)})
    return columns.table()


def _month(text: str) -> date:
    """`23.11.2023`: what a spreadsheet made of “23.11” (year and month)."""
    _, month, year = (int(part) for part in text.split("."))
    return date(year, month, 1)


def _seconds(text: str) -> int:
    """`2 Minuten 40s`, or `3`, which are minutes."""
    if text.isdigit():
        return 60 * int(text)
    if (match := re.fullmatch(r"(?:(\d+) Minuten?)?\s*(?:(\d+)s)?", text)) is None:
        raise ValueError(text)
    return 60 * int(match[1] or 0) + int(match[2] or 0)


def _semicolons(
    parcels: Parcels, source: str, *, has_header: bool = True
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with only(parcels, source).path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        header = next(reader, []) if has_header else []
        return header, [(reader.line_num, row) for row in reader if any(row)]
