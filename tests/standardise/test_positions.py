"""Columns of degrees become a geometry; positions that cannot be are faults."""

import pytest
import shapely
from tests.standardise.parcels import fields, read_text, rules


def places(table):
    found = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    return [None if p is None else (p.x, p.y) for p in found]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("lat", "lon"),
        ("Latitude", "Longitude"),
        ("Breitengrad", "Längengrad"),
        ("latitudine", "longitudine"),
        ("YGCSWGS84", "XGCSWGS84"),
        ("y", "x"),
        ("Lat", "Long"),
        ("geo.lat", "geo.lng"),
    ],
)
def test_names_of_degrees_make_points_and_stay(tmp_path, lat, lon):
    table, _ = read_text(tmp_path, f"n;{lat};{lon}\na;51,96;7,62\nb;51,95;\nc;51,94;7,60\n")
    assert places(table) == [(7.62, 51.96), None, (7.6, 51.94)]
    assert table[lat].to_pylist() == [51.96, 51.95, 51.94]
    assert fields(table)["geometry"].evidence == f"from the columns {lon} and {lat}"


def test_metres_and_pixels_are_no_degrees(tmp_path):
    assert "geometry" not in read_text(tmp_path, "x;y\n405000;5757000\n1;2\n")[0].column_names
    assert "geometry" not in read_text(tmp_path, "x;y\n10;20\n30;40\n")[0].column_names


def test_impossible_positions_are_faults_without_geometry(tmp_path):
    good = "".join(f"{51.9 + i / 1000:.3f},{7.6 + i / 1000:.3f}\n" for i in range(40))
    bad = "519.6,7.62\n0,0\n7.62,51.96\n51.96,\n"
    table, report = read_text(tmp_path, f"lat,lon\n{good}{bad}")
    assert places(table)[-4:] == [None] * 4
    assert table["lat"].to_pylist()[-4] == 519.6
    assert [(f.rule, f.line) for f in report.faults] == [
        ("position-outside", 42),
        ("position-zero", 43),
        ("position-far", 44),
        ("position-half", 45),
    ]


@pytest.mark.parametrize("text", ["48.82, 2.19", "[48.82,2.19]", "POINT (2.19 48.82)"])
def test_a_position_in_one_cell_is_read(tmp_path, text):
    table, _ = read_text(tmp_path, f'n;place\n1;"{text}"\n2;"{text}"\n')
    assert places(table) == [(2.19, 48.82)] * 2


def test_an_open_ring_is_closed(tmp_path):
    text = "POLYGON ((7.5 51.8, 7.5 52.0, 7.7 52.0, 7.7 51.8))"
    table, _ = read_text(tmp_path, f"n;area\n1;{text}\n2;{text}\n")
    assert shapely.from_wkb(table["geometry"][0].as_py()).area > 0


def test_an_unreadable_shape_among_many_is_a_fault(tmp_path):
    rows = "".join(f"{i};POINT ({i} {i})\n" for i in range(20)) + "20;POINT (broken)\n"
    table, report = read_text(tmp_path, f"n;place\n{rows}")
    assert table["geometry"].null_count == 1
    assert rules(report) == {("geometry", "place"): 1}
