"""Text with columns at fixed places, and what only looks like it."""

from datetime import date

import pytest
from tests.standardise.parcels import fields, read_text

STATIONS = (
    "STATION  DATE     TMAX TMIN AIR_TEMP\n"
    "-------- -------- ---- ---- --------\n"
    "BOLOGNA  20230101  101  -12     0,5\n"
    "BOLOGNA  20230102   99   -5   123,0\n"
    "S MARINO 20230101   85  -30\n"
    "MILANO   20230102       -10    45,2\n"
    "TORINO   20230103   60  -99  9999,9\n"
)


def test_columns_at_the_same_places_are_cut_there(tmp_path):
    table, report = read_text(tmp_path, STATIONS, "s.txt")
    assert table.to_pydict() == {
        "STATION": ["BOLOGNA", "BOLOGNA", "S MARINO", "MILANO", "TORINO"],
        "DATE": [date(2023, 1, n) for n in (1, 2, 1, 2, 3)],
        "TMAX": [101, 99, 85, None, 60],
        "TMIN": [-12, -5, -30, -10, -99],
        "AIR_TEMP": [0.5, 123.0, None, 45.2, 9999.9],
    }
    assert "no delimiter; 5 columns cut at the same places" in report.steps
    assert report.faults == ()


def test_a_word_across_an_edge_is_kept_whole_and_told(tmp_path):
    rows = "".join(f"S{i:03d}  {i * 7:5d}  {i}.25\n" for i in range(1, 3001))
    text = f"code  count  level\n{rows}STATION-NORTH 12 3.5\n"
    table, report = read_text(tmp_path, text, "s.txt")
    assert table["code"].to_pylist()[-2:] == ["S3000", "STATION-NORTH"]
    assert table["count"].to_pylist()[:3] == [7, 14, 21]
    assert [(f.rule, f.line, f.value) for f in report.faults if f.rule == "fixed-width"][-1] == (
        "fixed-width",
        3002,
        "STATION-NORTH 12 3.5",
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("time\n2023-01-01 10:00\n2023-01-02 11:00\n2023-01-03 12:00\n2023-01-04 13:00\n", "time"),
        ("Date Time\n2023-01-01 10:00\n2023-01-02 11:00\n2023-01-03 12:00\n", "Date Time"),
        ("street\nWeg 10\nWeg 11\nWeg 12\nWeg 13\n", "street"),
    ],
)
def test_blanks_inside_the_values_of_one_column_cut_nothing(tmp_path, text, name):
    table, _ = read_text(tmp_path, text)
    assert table.column_names == [name]


def test_one_column_with_wide_blanks_is_told(tmp_path):
    table, report = read_text(tmp_path, "about\nred   house\nblue green  door\nx  y\n", "t.csv")
    assert table["about"].to_pylist() == ["red   house", "blue green  door", "x  y"]
    assert [(f.rule, f.line) for f in report.faults] == [("one-column", 1)]


def test_the_head_of_a_logger_gives_names_units_and_processing(tmp_path):
    text = (
        '"TOA5","CR1000","CR1000","1234","CR1000.Std.32","prog.CR1","999","Table1"\n'
        '"TIMESTAMP","RECORD","AirTC_Avg","BattV_Min","WS_ms"\n'
        '"TS","RN","Deg C","Volts","meters/second"\n'
        '"","","Avg","Min","Smp"\n'
        '"2023-01-01 00:00:00",1,5.123,12.6,0\n'
        '"2023-01-01 00:10:00",2,"NAN",12.5,1.5\n'
        '"2023-01-01 00:20:00",3,5.3,12.4,2\n'
    )
    table, report = read_text(tmp_path, text, "CR1000_Table1.dat")
    assert table["RECORD"].to_pylist() == [1, 2, 3]
    assert table["AirTC_Avg"].to_pylist() == [5.123, None, 5.3]
    told = fields(table)
    assert [told[n].unit for n in ("AirTC_Avg", "BattV_Min", "WS_ms")] == ["Cel", "V", "m/s"]
    assert told["TIMESTAMP"].type.value == "datetime"
    assert told["AirTC_Avg"].description["und"] == "[Deg C] Avg"
    assert report.rejected == 0
