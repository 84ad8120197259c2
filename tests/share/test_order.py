"""The order of rows and their numbers are the same in memory and in files."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
import shapely

from citycommons.core.types import Field, FieldRole, FieldType
from citycommons.share import arrange, counts
from citycommons.share.order import is_in_order, ordered
from citycommons.share.statistics import column_statistics
from citycommons.store import spill
from citycommons.store.lake import BBOX, Lake

ROWS = 400


@pytest.fixture
def table():
    """Rows in no order, with empty cells and times that repeat."""
    rng = np.random.default_rng(3)
    numbers = rng.integers(0, 90, ROWS)
    start = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return pa.table(
        {
            "n": pa.array(numbers, mask=rng.random(ROWS) < 0.1),
            "x": pa.array(rng.normal(0, 1, ROWS).round(3)),
            "t": pa.array([f"t{number % 7}" if number % 5 else None for number in numbers]),
            "at": pa.array(
                [start + dt.timedelta(minutes=int(number)) for number in numbers],
                pa.timestamp("us", tz="UTC"),
            ),
            "day": pa.array([start.date()] * ROWS, pa.date32()),
            "clock": pa.array([dt.time(8, int(number) % 60) for number in numbers]),
            "ok": pa.array(numbers % 2 == 0),
        }
    )


def _in_file(table):
    with spill.Spill(table.schema, on_disk=True) as rows:
        for start in range(0, len(table), 50):
            rows.write(table.slice(start, 50))
        return rows.table()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(spill, "PIECE", 37)


@pytest.mark.parametrize("key", [("n", "x"), ("t", "n", "x"), ("at", "x"), ("x", "t")])
def test_a_large_table_is_sorted_as_a_small_one(table, key):
    small = ordered(table, None, key).table
    large = ordered(_in_file(table), None, key).table
    assert spill.is_large(large)
    assert large.equals(small)
    assert is_in_order(large, key)
    assert arrange.content_digest(large) == arrange.content_digest(small)


def test_rows_with_one_key_stay_in_the_order_they_had(table):
    numbered = table.append_column("row", pa.array(np.arange(ROWS)))
    found = ordered(_in_file(numbered), None, ("t",)).table
    rows = found["row"].to_numpy()
    same = np.asarray(pa.compute.equal(found["t"][1:], found["t"][:-1]).fill_null(False))
    assert (np.diff(rows)[same] > 0).all()


def test_what_lies_in_order_is_left_alone(table):
    found = ordered(table, None, ("n",)).table
    assert ordered(found, None, ("n",)).table is found
    assert not is_in_order(table, ("n",))
    assert is_in_order(pa.table({"n": [1, 1, 2, None, None]}), ("n",))
    assert not is_in_order(pa.table({"n": [1, None, 2]}), ("n",))


def test_places_of_a_large_table_follow_the_same_curve(table):
    rng = np.random.default_rng(4)
    points = shapely.to_wkb(shapely.points(rng.uniform(7.5, 7.8, ROWS), rng.uniform(51, 52, ROWS)))
    points[5] = None
    given = table.append_column("place", pa.array(points, pa.binary()))
    small, large = (ordered(one, "place", ()) for one in (given, _in_file(given)))
    assert small.bounds == large.bounds
    assert large.table.equals(small.table)
    assert large.table[BBOX][-1].as_py() == dict.fromkeys(arrange.SIDES)
    assert large.table["place"][-1].as_py() is None


@pytest.mark.parametrize("most_held", [3, 1 << 20])
def test_numbers_about_a_large_column_are_those_of_a_small_one(table, monkeypatch, most_held):
    monkeypatch.setattr(counts, "_MOST_HELD", most_held)
    types = {
        "n": FieldType.INTEGER,
        "x": FieldType.NUMBER,
        "t": FieldType.STRING,
        "at": FieldType.DATETIME,
        "day": FieldType.DATE,
        "clock": FieldType.TIME,
        "ok": FieldType.BOOLEAN,
    }
    fields = [Field(name=n, type=t, role=FieldRole.CATEGORY) for n, t in types.items()]
    small = column_statistics(table, fields)
    assert column_statistics(_in_file(table), fields) == small
    by_name = {one.name: one for one in small}
    assert by_name["t"].distinct == 7
    assert (by_name["t"].minimum, by_name["t"].maximum) == ("t0", "t6")
    assert sum(by_name["x"].histogram) == ROWS
    assert by_name["x"].mean == pytest.approx(np.mean(table["x"].to_numpy()))
    assert by_name["n"].distinct == len(set(table["n"].to_pylist()) - {None})


def test_a_large_table_is_written_whole(table, tmp_path):
    lake = Lake(tmp_path / "lake")
    small, large = lake.write(table), lake.write(_in_file(table))
    assert small == large
    path = str(lake.existing(large.digest))
    assert lake.query("SELECT count(*) AS n FROM read_parquet(?)", [path])["n"][0].as_py() == ROWS
