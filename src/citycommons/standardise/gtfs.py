"""GTFS Schedule tables: types by the reference, so that stop 0815 keeps its nought.

Field types after gtfs.org, Schedule Reference. Times of service days may pass 24:00:00 and stay
texts; dates are YYYYMMDD.
"""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.standardise import objects
from citycommons.standardise.delimited import Delimited
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.vector import checked

_HEADERS = re.compile(
    rb"^(?:\xef\xbb\xbf)?(?=[^\n]*\b(?:stop_id|trip_id|route_id|service_id|agency_name|shape_id|"
    rb"fare_id|from_stop_id|feed_publisher_name)\b)[\"a-z_, ]+\r?\n"
)
_INTEGERS = re.compile(
    r"^(?:(?!currency_)\w+_type|\w+_sequence|sequence|\w+day|direction_id|exact_times|"
    r"headway_secs|timepoint|"
    r"wheelchair_\w+|bikes_allowed|cars_allowed|payment_method|transfers|transfer_duration|"
    r"min_transfer_time|continuous_\w+|traversal_time|stair_count|is_\w+|min_width|\w+_sort_order)$"
)
_NUMBERS = re.compile(r"^(?:\w+_lat|\w+_lon|shape_dist_traveled|price|length|max_slope|amount)$")
_DATES = re.compile(r"^(?:date|\w*start_date|\w*end_date)$")
_SHAPES = {
    pa.int64(): (r"^[+-]?\d{1,18}$", "“{value}” is no whole number; left empty."),
    pa.float64(): (r"^[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?$", "“{value}” is no number; left empty."),
    pa.date32(): (r"^\d{8}$", "“{value}” is no date YYYYMMDD; left empty."),
}


class Gtfs:
    """One table of a GTFS feed."""

    def recognises(self, source: Source) -> float:
        if source.profile == "gtfs":
            return 1.0
        return 0.97 if source.suffix == ".txt" and _HEADERS.match(source.head) else 0.0

    def read(self, source: Source) -> Draft:
        draft = Delimited().read(source)
        lines = draft.lines
        columns: dict[str, pa.Array | pa.ChunkedArray] = {}
        for name in draft.table.column_names:
            columns[name] = _typed(name, draft)
        table = pa.table(columns)
        if axes := _axes(table.column_names):
            made = checked(_points(table, *axes), draft.faults)
            table = table.append_column(objects.GEOMETRY, made)
            draft.geometries = (objects.GEOMETRY,)
        draft.table, draft.is_typed, draft.lines = table, True, lines
        draft.steps.insert(0, "format GTFS")
        return draft


def _typed(name: str, draft: Draft) -> pa.Array | pa.ChunkedArray:
    values = pc.utf8_trim_whitespace(pc.cast(draft.table[name], pa.string()))
    values = pc.if_else(pc.equal(values, ""), None, values)
    kind = next(
        (
            kind
            for pattern, kind in (
                (_INTEGERS, pa.int64()),
                (_NUMBERS, pa.float64()),
                (_DATES, pa.date32()),
            )
            if pattern.match(name)
        ),
        None,
    )
    if kind is None:
        return values
    pattern, message = _SHAPES[kind]
    wrong = pc.fill_null(pc.invert(pc.match_substring_regex(values, pattern)), False)
    rows = np.flatnonzero(np.asarray(wrong))
    if len(rows):
        shown = rows[: draft.faults.left]
        texts = values.take(pa.array(shown)).to_pylist()
        found = zip(draft.lines(shown).tolist(), texts, strict=True)
        rule = {pa.int64(): "integer", pa.float64(): "number", pa.date32(): "date"}[kind]
        draft.faults.add_many(rule, message, column=name, found=found, total=len(rows))
        values = pc.if_else(wrong, None, values)
    if kind == pa.date32():
        return pc.cast(pc.strptime(values, format="%Y%m%d", unit="s", error_is_null=True), kind)
    return pc.cast(values, kind)


def _axes(names: list[str]) -> tuple[str, str] | None:
    for stem in ("stop", "shape_pt"):
        if f"{stem}_lon" in names and f"{stem}_lat" in names:
            return f"{stem}_lon", f"{stem}_lat"
    return None


def _points(table: pa.Table, lon: str, lat: str) -> pa.ChunkedArray:
    import shapely

    x, y = (np.asarray(pc.fill_null(table[name], np.nan), dtype=np.float64) for name in (lon, lat))
    made: Any = shapely.points(x, y)
    made[np.isnan(x) | np.isnan(y)] = None
    return pa.chunked_array([pa.array(shapely.to_wkb(made), pa.binary())])
