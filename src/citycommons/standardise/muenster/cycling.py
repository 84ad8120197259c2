"""Cycle counters: hourly sums since 2019, their places, and counts with weather of 2015/16."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from citycommons.core.tables import Report
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
    read = pq.read_table(only(parcels, "cycle-counts").path)
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
    table = pa.table(
        {
            "counter_id": read["site"].cast(pa.string()),
            "phenomenon_time": pa.array(utc).cast(UTC_TIME),
            "cyclists": pc.round(read["count"]).cast(pa.int32(), safe=False),
            "quarters": pa.array(quarters.astype(np.int16)),
            "flag": pa.array(flag.astype(str), pa.string()),
        }
    )
    column = pa.array(
        np.where(empty, 0, read["count"].fill_null(0).to_numpy()).round().astype(np.int32),
        mask=empty,
    )
    table = table.set_column(2, "cyclists", column)
    steps = ("local time (Europe/Berlin) to UTC; a row is the hour that begins then",)
    return table.filter(pa.array(~left_out)), faults.report(steps)


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
