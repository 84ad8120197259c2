"""Closures the press told of, and breaks found in the counts."""

import re

import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.standardise.muenster.network import junction_points
from citycommons.standardise.muenster.rows import Columns, Parcels, day, only, rows_of, whole

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def closures(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Documented closures with dates, section and published diversion."""
    columns = Columns(
        closure_id=pa.string(),
        street=pa.string(),
        section=pa.string(),
        description=pa.string(),
        start=pa.date32(),
        end=pa.date32(),
        end_certainty=pa.string(),
        diversion=pa.string(),
        published_on=pa.string(),
        source=pa.string(),
        source_address=pa.string(),
    )
    needs = ("id", "street", "section", "what", "start", "end", "published_diversion")
    for line, row in rows_of(only(parcels, "closures"), needs, columns.faults):
        columns.add(
            closure_id=row["id"],
            street=row["street"],
            section=row["section"],
            description=row["what"],
            start=columns.parse(line, "start", row["start"], day),
            end=columns.parse(line, "end", row["end"], day),
            end_certainty=row["end_certainty"],
            diversion=row["published_diversion"] or None,
            published_on=row["published_on"],
            source=row["source_title"],
            source_address=f"https://{row['source_address']}",
        )
    return columns.table()


def disruptions(parcels: Parcels) -> tuple[pa.Table, Report]:
    """Breaks in the counts, at the place of their junction; no cause of them is documented."""
    columns = Columns(
        disruption_id=pa.string(),
        first_day=pa.date32(),
        last_day=pa.date32(),
        is_over=pa.bool_(),
        junction_id=pa.string(),
        junction=pa.string(),
        detector=pa.string(),
        vehicles_before=pa.int64(),
        vehicles_during=pa.int64(),
        description=pa.string(),
        geometry=pa.binary(),
    )
    places = junction_points(parcels)
    needs = ("id", "first_day", "last_day", "junction_id", "junction", "detector")
    for line, row in rows_of(only(parcels, "disruptions"), needs, columns.faults):
        last = _DAY.search(row["last_day"])
        before, during = row["weekday_vehicles_before"], row["weekday_vehicles_during"]
        columns.add(
            disruption_id=row["id"],
            first_day=columns.parse(line, "first_day", row["first_day"], day),
            last_day=columns.parse(line, "last_day", last.group() if last else "", day),
            is_over=not row["last_day"].startswith("after"),
            junction_id=row["junction_id"],
            junction=row["junction"],
            detector=row["detector"],
            vehicles_before=columns.parse(line, "before", before, whole),
            vehicles_during=columns.parse(line, "during", during, whole),
            description=row["what_the_counts_show"],
            geometry=places.get(row["junction_id"], ("", None))[1],
        )
    return columns.table("place: that of the junction")
