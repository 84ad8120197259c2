"""Air quality of two stations by the hour, and the indicators of the climate dashboard."""

import csv
import io
import re
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from citycommons.core.errors import Invalid
from citycommons.core.tables import Report
from citycommons.core.types import Parcel
from citycommons.standardise.muenster.clock import to_utc
from citycommons.standardise.muenster.rows import (
    UTC_TIME,
    Columns,
    Parcels,
    decimal,
    only,
    rows_of,
    text_of,
)

_MEASURES = {"Particulate matter (PM₁₀)": "pm10", "Ozone": "ozone", "Nitrogen dioxide": "no2"}
_MEASURES |= {"Particulate matter (PM₂,₅)": "pm25", "Air quality index": "index"}


def air_quality(parcels: Parcels) -> tuple[pa.Table, Report]:
    """PM10, PM2.5, NO2, ozone in µg/m³ and the index, by station and hour."""
    columns = Columns(
        station_id=pa.string(),
        phenomenon_time=UTC_TIME,
        pm10=pa.float64(),
        pm25=pa.float64(),
        no2=pa.float64(),
        ozone=pa.float64(),
        index=pa.string(),
    )
    seen: set[tuple[str, np.datetime64]] = set()
    for parcel in sorted(parcels["air-quality"], key=lambda parcel: parcel.name):
        _station(parcel, columns, seen)
    return columns.table(
        "time of the end of each hour, on the clock, to its beginning in UTC",
        "“-” is no value; notes of the source at the end left out",
    )


def _station(parcel: Parcel, columns: Columns, seen: set[tuple[str, np.datetime64]]) -> None:
    reader = csv.reader(io.StringIO(text_of(parcel), newline=""), delimiter=";")
    header = next(reader, [])
    names = [next((n for t, n in _MEASURES.items() if title.startswith(t)), "") for title in header]
    if header[:2] != ["Station code", "Date"] or not set(_MEASURES.values()) <= set(names):
        raise Invalid(f"{parcel.name} is no export of air data of the German Environment Agency.")
    rows = [(reader.line_num, row) for row in reader if len(row) >= len(names)]
    local = np.array([_begin(row[1]) for _, row in rows], dtype="datetime64[us]")
    is_second = np.zeros(len(rows), np.bool_)
    is_second[1:] = local[1:] == local[:-1]
    utc, _, _ = to_utc(local, is_second)
    for (line, row), at in zip(rows, utc, strict=True):
        if (row[0], at) in seen:  # a file begins with the last hour of the one before
            columns.faults.add(
                "twice", "The hour is in two files.", line=line, value=row[1], is_rejected=True
            )
            continue
        seen.add((row[0], at))
        cells = dict(zip(names, row, strict=False))
        values = {n: columns.parse(line, n, cells[n], float) for n in names if n and n != "index"}
        columns.add(
            station_id=row[0], phenomenon_time=at, index=cells["index"].strip() or None, **values
        )


def _begin(text: str) -> datetime:
    """`'2020-01-01 24:00'`, with its quotes, is the end of the hour that begins at 23:00."""
    day, _, clock = text.strip("'\" ").partition(" ")
    return datetime.fromisoformat(day) + timedelta(hours=int(clock[:2]) - 1)


def _year(text: str) -> int:
    """`2021`, the year of a month `2020-12`, or the first year of a season `2002/2003`."""
    if not re.fullmatch(r"\d{4}([/-]\d+)?", text):
        raise ValueError(text)
    return int(text[:4])


def climate_indicators(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Indicators of the climate dashboard by year, with their unit."""
    columns = Columns(
        area=pa.string(),
        theme_id=pa.int64(),
        indicator=pa.string(),
        period=pa.string(),
        year=pa.int64(),
        value=pa.float64(),
        unit=pa.string(),
        source=pa.string(),
    )
    needs = ("RAUM", "DATENQUELLE", "THEMENBEREICH", "MERKMAL", "ZEIT", "WERT", "WERTEEINHEIT")
    for line, row in rows_of(
        only(parcels, "climate-indicators"), needs, columns.faults, delimiter=";"
    ):
        columns.add(
            area=row["RAUM"],
            theme_id=columns.parse(line, "THEMENBEREICH", row["THEMENBEREICH"], int),
            indicator=row["MERKMAL"],
            period=row["ZEIT"],
            year=columns.parse(line, "ZEIT", row["ZEIT"], _year),
            value=columns.parse(line, "WERT", row["WERT"], decimal),
            unit=row["WERTEEINHEIT"],
            source=row["DATENQUELLE"],
        )
    return columns.table("decimal commas; control characters inside lines removed")
