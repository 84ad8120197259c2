"""Files too large for memory: the same table, faults and lines as when they fit."""

import numpy as np
import pyarrow as pa
import pytest
from tests.standardise.parcels import parcel

from citycommons.standardise.read import standardised
from citycommons.store import spill

_ROWS = 500


@pytest.fixture
def in_files(monkeypatch):
    """Every CSV counts as large, and is worked on seven rows at a time."""

    def turn_on():
        monkeypatch.setattr(spill, "LARGE", 0)
        monkeypatch.setattr(spill, "PIECE", 7)

    return turn_on


def _csv(line):
    head = "id;opened;day;amount;kind;is_open;note"
    return "\n".join([head, *(line(number) for number in range(_ROWS))]) + "\n"


def _plain(number):
    when = f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    day = f"{number % 28 + 1}.{number % 12 + 1}.2025"
    return (
        f"{number};{when}T10:00:00;{day};{number % 17},{number % 10}5;"
        f"{'ab'[number % 2]};{'ja' if number % 3 else 'nein'};text {number}"
    )


def _faulty(number):
    if number == 20:
        return "20;x;y"  # short
    if number == 21:
        return _plain(number) + ";one;two"  # long
    if number == 300:
        return _plain(number).replace("300;", "ohne;", 1)
    if number == 333:
        return '333;2025-01-01T00:00:00;1.1.2025;1,5;a;ja;"two\nlines"'
    return _plain(number)


@pytest.mark.parametrize("line", [_plain, _faulty])
def test_a_large_file_gives_the_same_as_a_small_one(tmp_path, in_files, line):
    file = parcel(tmp_path, _csv(line), "counts.csv")
    small = standardised([file], zone="Europe/Berlin")
    in_files()
    large = standardised([file], zone="Europe/Berlin")
    assert spill.is_large(large.table)
    assert not spill.is_large(small.table)
    assert large.table.schema.equals(small.table.schema, check_metadata=True)
    assert large.table.equals(small.table)
    assert large.lines == small.lines
    assert large.report.faults == small.report.faults
    assert large.report.summary == small.report.summary


def test_faults_of_a_large_file_name_their_lines(tmp_path, in_files):
    in_files()
    found = standardised([parcel(tmp_path, _csv(_faulty), "counts.csv")])
    lines = {(fault.rule, fault.line) for fault in found.report.faults}
    assert {("short-row", 22), ("long-row", 23), ("integer", 302)} <= lines
    assert found.table.num_rows == _ROWS - 1


def test_a_quote_that_never_closes_spoils_one_line_of_a_large_file(tmp_path, in_files):
    in_files()
    text = _csv(_plain).replace("text 40\n", '"text 40\n')
    found = standardised([parcel(tmp_path, text, "counts.csv")])
    assert found.table.num_rows == _ROWS
    assert [(f.rule, f.line) for f in found.report.faults if f.rule == "quotes"] == [("quotes", 42)]


def test_rows_that_stand_twice_in_a_large_file_are_found(tmp_path, in_files):
    in_files()
    lines = [f"{n % 90};{n % 90 / 2};w{n % 90}" for n in range(200)]
    text = "\n".join(["a;b;c", *lines])
    found = standardised([parcel(tmp_path, text, "twice.csv")])
    doubles = [fault.line for fault in found.report.faults if fault.rule == "duplicate-row"]
    assert doubles == [row + 2 for row in range(90, 200)]


def test_numbers_become_fractions_when_a_late_piece_has_one(tmp_path, in_files):
    in_files()
    text = "n\n" + "".join(f"{n}\n" for n in range(60)) + "0.5\n"
    table = standardised([parcel(tmp_path, text, "n.csv")]).table
    assert table["n"].type == pa.float64()
    assert table["n"].to_pylist() == [*map(float, range(60)), 0.5]


def test_a_code_in_a_late_piece_makes_the_column_text(tmp_path, in_files):
    in_files()
    text = "n\n" + "".join(f"{n}\n" for n in range(100, 160)) + "007\n"
    table = standardised([parcel(tmp_path, text, "n.csv")]).table
    assert table["n"].to_pylist()[-1] == "007"


def test_a_doubled_hour_over_the_border_of_pieces_is_two_hours(tmp_path, in_files):
    minutes = np.datetime64("2025-10-25T22:00") + np.arange(0, 60 * 8, 10).astype("timedelta64[m]")
    local = [str(m).replace("T", " ") for m in minutes]
    summer = local.index("2025-10-26 03:00")
    again = [f"2025-10-26 02:{m:02d}" for m in range(0, 60, 10)]
    text = "\n".join(["at", *local[:summer], *again, *local[summer:]])
    file = parcel(tmp_path, text, "hours.csv")
    small = standardised([file], zone="Europe/Berlin").table
    in_files()
    large = standardised([file], zone="Europe/Berlin").table
    steps = np.diff(large["at"].cast(pa.timestamp("us")).to_numpy())
    assert (steps == np.timedelta64(10, "m")).all()
    assert large.equals(small)
