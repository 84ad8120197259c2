"""Car parks: where they are and how many spaces they have, and hour by hour how many were free."""

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import Report
from citycommons.standardise.faults import Faults
from citycommons.standardise.muenster.clock import to_utc
from citycommons.standardise.muenster.rows import (
    UTC_TIME,
    Columns,
    Parcels,
    features_of,
    folded,
    only,
    rows_of,
    whole,
)

_KINDS = {"PH": "garage", "TG": "underground garage", "PP": "car park", "Busparkplatz": "coaches"}
_FLAGS = {"ges": "closed", "bes": "full", "kei": "no-data"}
_LONG = {"PH": "Parkhaus", "PP": "Parkplatz", "TG": "Tiefgarage"}


def car_parks(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Each car park of the guidance system with its capacity, and its outline where it is known."""
    columns = Columns(
        car_park=pa.string(),
        name=pa.string(),
        kind=pa.string(),
        capacity=pa.int64(),
        announced_capacities=pa.string(),
        geometry=pa.binary(),
    )
    outlines = {
        folded(said["name"]): (said["name"], geometry)
        for said, geometry in features_of(only(parcels, "car-park-outlines"))
    }
    needs = ("car_park", "capacity_most_common", "capacity_values_seen")
    for line, row in rows_of(only(parcels, "car-park-capacity"), needs, columns.faults):
        short, _, rest = row["car_park"].partition(" ")
        long = f"{_LONG.get(short, short)} {rest}".strip()
        name, geometry = outlines.pop(folded(long), (long, None))
        if geometry is None:
            columns.faults.add(
                "no-place", "No outline of this car park was published.", line=line, value=long
            )
        columns.add(
            car_park=row["car_park"],
            name=name,
            kind=_KINDS.get(short, "car park"),
            capacity=columns.parse(line, "capacity", row["capacity_most_common"], whole),
            announced_capacities=row["capacity_values_seen"].replace(";", " "),
            geometry=geometry,
        )
    return columns.table("capacity: the one announced most often since 2025")


def parking_occupancy(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Free spaces by car park and hour; `flag` says why a value is missing or doubtful."""
    faults = Faults()
    read = pq.read_table(only(parcels, "parking-occupancy").path)
    names = np.array(read["car_park"].cast(pa.string()).to_pylist(), dtype=object)
    local = read["hour"].to_numpy().astype("datetime64[us]")
    utc, left_out, twice = to_utc(local)
    free = read["free"].fill_null(-1).to_numpy()
    words = np.array(read["flag"].cast(pa.string()).to_pylist(), dtype=object)
    capacities = _capacities(parcels)
    unique, codes = np.unique(names.astype(str), return_inverse=True)
    most = np.array([capacities.get(name, np.iinfo(np.int32).max) for name in unique])[codes]
    nameless = names == ""
    # Longest first: a closed car park that reports a number is closed above all.
    rules = [
        ("no-name", "The feed gave no name: a fault of the feed.", nameless),
        *(
            (_FLAGS[word], f"The feed says “{word}” instead of a number.", words == word)
            for word in _FLAGS
        ),
        ("above-capacity", "More free spaces than any capacity announced.", free > most),
        ("clock-change", "Either of two hours of the autumn night.", twice),
    ]
    for rule, message, where in rules:
        if total := int(where.sum()):
            faults.add_many(rule, message, column="free", found=(), total=total)
    for line in np.flatnonzero(left_out).tolist():
        faults.add(
            "no-such-hour", "The clock leaves this hour out.", line=line + 1, is_rejected=True
        )
    flag = np.select([w for *_, w in rules], [rule for rule, *_ in rules], default="").astype(str)
    table = pa.table(
        {
            "car_park": pa.array(names, pa.string()),
            "phenomenon_time": pa.array(utc).cast(UTC_TIME),
            "free": pa.array(free.astype(np.int32), mask=free < 0),
            "readings": read["snapshots"].cast(pa.int16()),
            "flag": pa.array(flag, pa.string()),
        }
    )
    steps = ("local time (Europe/Berlin) to UTC", "last reading of each hour")
    return table.filter(pa.array(~left_out)), faults.report(steps)


def _capacities(parcels: Parcels) -> dict[str, int]:
    """The largest believable capacity announced for each car park."""
    with only(parcels, "car-park-capacity").path.open(encoding="utf-8", newline="") as file:
        found = {}
        for row in csv.DictReader(file):
            usual = int(row["capacity_most_common"])
            seen = [int(text) for text in row["capacity_values_seen"].split(";")]
            # A number many times the usual one is a fault of the feed (30196 spaces in one garage).
            found[row["car_park"]] = max(n for n in (*seen, usual) if n <= 3 * max(usual, 1))
        return found
