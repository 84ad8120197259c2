"""The table that `collect` measures with: twelve columns as a city's office exports them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

PIECE = 250_000
_ROADS = ("Hauptstraße", "Via Roma", "Rue de la Paix", "High Street")
_STREETS = [f"{name} {number}" for name in _ROADS for number in range(1, 400)]
_KINDS = ["lamp", "tree", "waste bin", "bench", "parking meter", "drinking fountain"]
_TEXT = """broken cover missing light flickers root lifts pavement cleaned again by the crew after
rain needs new paint reported twice near school checked in spring no access bicycle leans"""
_WORDS = _TEXT.split()


def write_csv(path: Path, rows: int, *, comma: bool = False, places: bool = False) -> int:
    """Write so many rows from a fixed seed; answers the bytes.

    With `comma` cells are parted by semicolons and numbers have a decimal comma; with `places` the
    last two columns are longitude and latitude in place of two measures.
    """
    options = pacsv.WriteOptions(delimiter=";" if comma else ",", quoting_style="none")
    with path.open("wb") as file:
        writer = None
        for part in _pieces(rows, comma=comma, places=places):
            writer = writer or pacsv.CSVWriter(file, part.schema, write_options=options)
            writer.write(part)
        if writer:
            writer.close()
    return path.stat().st_size


def _pieces(rows: int, *, comma: bool, places: bool) -> Iterator[pa.Table]:
    for first in range(0, rows, PIECE):
        yield _piece(first, min(PIECE, rows - first), comma=comma, places=places)


def _piece(first: int, rows: int, *, comma: bool, places: bool) -> pa.Table:
    rng = np.random.default_rng([2018, first])
    seconds = np.datetime64("2019-01-01T00:00:00") + (first + np.arange(rows)) * 37
    columns = {
        "id": pa.array(first + np.arange(rows) + 100_000),
        "asset_code": _codes(rng.integers(0, 50_000, rows)),
        "observed_at": pa.array(seconds.astype("datetime64[s]")),
        "inspected_on": pa.array(
            np.datetime64("2015-01-01") + rng.integers(0, 4000, rows).astype("timedelta64[D]")
        ),
        "kind": pa.array(_KINDS).take(pa.array(rng.integers(0, len(_KINDS), rows))),
        "street": pa.array(_STREETS).take(pa.array(rng.integers(0, len(_STREETS), rows))),
        "is_open": pa.array(rng.random(rows) > 0.2),
        "visits": pa.array(rng.integers(0, 5000, rows), mask=rng.random(rows) < 0.03),
        "height_m": _decimal(rng.gamma(3, 2, rows).round(2), comma),
        "remark": _remarks(rng, rows),
    }
    if places:
        columns["lon"] = _decimal(rng.normal(7.62, 0.04, rows).round(6), comma)
        columns["lat"] = _decimal(rng.normal(51.96, 0.03, rows).round(6), comma)
    else:
        columns["cost_eur"] = _decimal(rng.lognormal(5, 1, rows).round(2), comma)
        columns["temperature"] = _decimal(rng.normal(12, 8, rows).round(1), comma)
    return pa.table(columns)


def _codes(numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(
        "MS", pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 6, "0"), "-"
    )


def _decimal(values: np.ndarray, comma: bool) -> pa.Array:
    column = pa.array(values)
    return pc.replace_substring(column.cast(pa.string()), ".", ",") if comma else column


def _remarks(rng: np.random.Generator, rows: int) -> pa.Array:
    """Free text of three to five words; a third of the rows have none."""
    words = [pa.array(_WORDS).take(pa.array(rng.integers(0, len(_WORDS), rows))) for _ in range(4)]
    number = pa.array(rng.integers(0, 10**6, rows)).cast(pa.string())
    text = pc.binary_join_element_wise(*words, number, " ")
    return pc.if_else(pa.array(rng.random(rows) < 0.33), pa.scalar(None, pa.string()), text)
