"""Cycle counters: hourly sums since 2019, their places, and counts with weather of 2015/16."""

import csv
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from citycommons.core.errors import Invalid
from citycommons.core.tables import Report
from citycommons.core.types import Parcel
from citycommons.standardise.faults import Faults
from citycommons.standardise.muenster.clock import to_utc
from citycommons.standardise.muenster.rows import (
    UTC_TIME,
    Columns,
    Parcels,
    only,
    point,
    rows_of,
    whole,
)


def cycle_counts(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Cyclists by counter and hour, with what is doubtful about the hour."""
    faults = Faults()
    read = hourly(parcels.get("cycle-counts", ()))
    local = read["t"].to_numpy().astype("datetime64[us]")
    utc, left_out, twice = to_utc(local)
    quarters = read["quarters"].to_numpy()
    flagged = read["flagged"].to_numpy() > 0
    empty = np.asarray(read["count"].is_null()) | np.isnan(
        read["count"].fill_null(np.nan).to_numpy()
    )
    _note(faults, "no-such-hour", "The clock leaves this hour out.", left_out, is_rejected=True)
    _note(faults, "empty", "No quarter hour was counted.", empty & ~left_out)
    _note(faults, "incomplete", "Some quarter hours are missing.", (quarters < 4) & ~empty)
    _note(faults, "doubtful", "The counter marked a quarter hour as doubtful.", flagged)
    _note(faults, "clock-change", "Two hours of the autumn night in one.", twice & ~empty)
    flag = np.select(
        [empty, flagged, twice, quarters < 4],
        ["empty", "doubtful", "clock-change", "incomplete"],
        default="",
    )
    cyclists = read["count"].fill_null(0).to_numpy()
    cyclists = np.where(empty, 0, cyclists).round().astype(np.int32)
    table = pa.table(
        {
            "counter": _names(parcels.get("cycle-counters", ()), read["site"]),
            "counter_id": read["site"].cast(pa.string()),
            "phenomenon_time": pa.array(utc).cast(UTC_TIME),
            "cyclists": pa.array(cyclists, mask=empty),
            "quarters": pa.array(quarters.astype(np.int16)),
            "flag": pa.array(flag.astype(str), pa.string()),
        }
    )
    steps = ("local time (Europe/Berlin) to UTC; a row is the hour that begins then",)
    return table.filter(pa.array(~left_out)), faults.report(steps)


def _names(parcels: Sequence[Parcel], sites: pa.ChunkedArray) -> pa.ChunkedArray:
    """The counters' names, shape of `sites`; the number itself where none is known."""
    ids = sites.combine_chunks().cast(pa.string()).dictionary_encode()
    known: dict[str, str] = {}
    if parcels:
        table, _report = cycle_counters({"cycle-counters": parcels})
        known = dict(zip(*(table[n].to_pylist() for n in ("counter_id", "name")), strict=True))
    named = pa.array([known.get(id, id) for id in ids.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([named.take(ids.indices)])


def hourly(parcels: Sequence[Parcel]) -> pa.Table:
    """Hourly sums: as the mirror holds them, or made of the quarter hours as published.

    Columns site, t (clock time), count (null if no quarter hour was counted), quarters (how many
    were), flagged (how many the counter marked as doubtful).

    Raises `Invalid` for a file that is neither.
    """
    if not parcels:
        raise Invalid("The cycle counters brought no file.")
    if len(parcels) == 1 and parcels[0].path.read_bytes()[:4] == b"PAR1":
        return pq.read_table(parcels[0].path)
    return pa.concat_tables([_month(parcel) for parcel in parcels]).sort_by(
        [("site", "ascending"), ("t", "ascending")]
    )


def _month(parcel: Parcel) -> pa.Table:
    """One counter's month: `Datetime`, the sum, its channels, and a status for each."""
    with parcel.path.open(encoding="utf-8-sig") as file:
        header = next(csv.reader(file), [])
    site = header[1].partition(" ")[0] if len(header) > 1 else ""
    if header[:1] != ["Datetime"] or not site.isdigit():
        raise Invalid(f"{parcel.name} is no month of a cycle counter.")
    status = f"{site}-status"
    read = pyarrow.csv.read_csv(
        parcel.path,
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=[header[0], header[1], status],
            include_missing_columns=True,
            column_types={
                header[0]: pa.timestamp("us"),
                header[1]: pa.float64(),
                status: pa.float64(),
            },
            timestamp_parsers=["%Y-%m-%d %H:%M"],
        ),
    )
    hours, at = np.unique(read[0].to_numpy().astype("datetime64[h]"), return_inverse=True)
    count = read[1].to_numpy()
    there = ~np.isnan(count)
    doubtful = read[2].fill_null(0).to_numpy() != 0
    quarters = np.bincount(at, there, len(hours)).astype(np.int64)
    sums = np.bincount(at, np.nan_to_num(count), len(hours))
    return pa.table(
        {
            "site": pa.repeat(pa.scalar(site), len(hours)),
            "t": pa.array(hours.astype("datetime64[us]")),
            "count": pa.array(sums, mask=quarters == 0),
            "quarters": quarters,
            "flagged": np.bincount(at, doubtful, len(hours)).astype(np.int64),
        }
    )


def _note(
    faults: Faults,
    rule: str,
    message: str,
    where: "np.typing.NDArray[np.bool_]",
    *,
    is_rejected: bool = False,
) -> None:
    total = int(where.sum())
    if not total:
        return
    if is_rejected:
        for line in np.flatnonzero(where).tolist():
            faults.add(rule, message, line=line + 1, column="phenomenon_time", is_rejected=True)
    else:
        faults.add_many(rule, message, column="cyclists", found=(), total=total)


def cycle_counters(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Where the counters stand; a place found by the name of the street says so."""
    columns = Columns(
        counter_id=pa.string(),
        name=pa.string(),
        is_approximate=pa.bool_(),
        geometry=pa.binary(),
    )
    needs = ("station_id", "name", "lat", "lon", "is_approximated")
    for line, row in rows_of(only(parcels, "cycle-counters"), needs, columns.faults):
        columns.add(
            counter_id=row["station_id"],
            name=row["name"],
            is_approximate=row["is_approximated"] == "True",
            geometry=point(
                columns.parse(line, "lon", row["lon"], float),
                columns.parse(line, "lat", row["lat"], float),
            ),
        )
    return columns.table("places found by the street's name (geocoded), not surveyed")


_WEATHER = {
    "Klarer Himmel": "clear",
    "teilweise bewölkt": "partly cloudy",
    "wolkig": "cloudy",
    "Nebel": "fog",
    "Regen": "rain",
    "Schnee": "snow",
    "Gewitter": "thunderstorm",
}
_HOURLY = {
    "cycle-weather-neutor-2015": "Neutor",
    "cycle-weather-neutor-2016": "Neutor",
    "cycle-weather-wolbecker-2016": "Wolbecker Straße",
}


def cycle_weather(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Hourly cyclists in both directions with temperature, wind and weather, 2015 and 2016."""
    columns = Columns(
        counter=pa.string(),
        phenomenon_time=UTC_TIME,
        cyclists=pa.int64(),
        inward=pa.int64(),
        outward=pa.int64(),
        temperature_celsius=pa.float64(),
        wind_speed_kmh=pa.float64(),
        weather=pa.string(),
        flag=pa.string(),
    )
    for source, counter in _HOURLY.items():
        _hourly(parcels, source, counter, columns)
    return columns.table(
        "month/day/year and local time to UTC", "sums over the year at the end left out"
    )


def _hourly(parcels: Parcels, source: str, counter: str, columns: Columns) -> None:
    needs = ("Stunden", "FR stadteinwärts", "FR stadtauswärts", "Temperatur (°C)")
    kept: list[tuple[int, dict[str, str], datetime]] = []
    for line, row in rows_of(only(parcels, source), needs, columns.faults):
        try:
            at = datetime.strptime(row["Stunden"], "%m/%d/%Y %H:%M")  # noqa: DTZ007 - made UTC below
        except ValueError:
            continue  # the sum at the end
        kept.append((line, row, at))
    times = np.array([at for *_, at in kept], dtype="datetime64[us]")
    utc, _, twice = to_utc(times)
    for number, (line, row, at) in enumerate(kept):
        if number + 1 < len(kept) and kept[number + 1][2] == at:
            # 2:00 on the spring day was written as a second 3:00, and holds nothing.
            columns.faults.add(
                "no-such-hour", "The clock leaves this hour out.", line=line, is_rejected=True
            )
            continue
        total = row[next(name for name in row if name.startswith(("Zählung", "Neutor", "Wolb")))]
        is_out = "Störung" in total
        if is_out:
            columns.faults.add("out-of-order", total, line=line, column="cyclists", value=total)
        cyclists = None if is_out else columns.parse(line, "cyclists", total, whole)
        sky = row.get("Wetter", "")
        columns.add(
            counter=counter,
            phenomenon_time=utc[number],
            cyclists=cyclists,
            inward=columns.parse(line, "inward", row["FR stadteinwärts"], whole),
            outward=columns.parse(line, "outward", row["FR stadtauswärts"], whole),
            temperature_celsius=columns.parse(line, "temperature", row["Temperatur (°C)"], float),
            wind_speed_kmh=columns.parse(line, "wind", row["Windstärke (km/h)"], float),
            weather=_WEATHER.get(sky, sky) or None,
            flag="out-of-order"
            if is_out
            else "empty"
            if cyclists is None
            else "clock-change"
            if twice[number]
            else "",
        )
