"""Positions of nested objects, of devices, and in columns that mix their spellings."""

import json

import pytest
import shapely
from tests.standardise.parcels import fields, parcel, read_text, rules

from citycommons.core.types import FieldType, Plan
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised


def places(table):
    found = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    return [None if p is None else (round(p.x, 4), round(p.y, 4)) for p in found]


@pytest.mark.parametrize(
    "position",
    [
        {"pos": {"lat": 51.96, "lon": 7.62}},
        {"location": {"latitude": 51.96, "longitude": 7.62}},
        {"station": {"position": {"x": 7.62, "y": 51.96}}},
        {"geo": {"type": "Point", "coordinates": [7.62, 51.96]}},
        {"place": {"geo": {"coordinates": [7.62, 51.96]}}},
    ],
)
def test_positions_inside_objects_are_found(tmp_path, position):
    text = json.dumps([{"id": 1, **position}, {"id": 2, **position}])
    table, _ = read_text(tmp_path, text, "stations.json")
    assert places(table) == [(7.62, 51.96)] * 2


def test_axes_are_taken_of_one_object(tmp_path):
    text = "a.lat;n;b.lat;b.lon\n1.5;x;51.96;7.62\n2.5;y;51.97;7.63\n"
    table, _ = read_text(tmp_path, text)
    assert places(table) == [(7.62, 51.96), (7.63, 51.97)]


def test_degrees_in_several_spellings_in_one_column(tmp_path):
    text = "n;lat;lon\nA;51,9607;7,6261\nB;51°57'36\"N;7°37'12\"E\nC;51.95;7.62\n"
    table, report = read_text(tmp_path, text)
    assert places(table) == [(7.6261, 51.9607), (7.62, 51.96), (7.62, 51.95)]
    assert table["lat"].to_pylist()[0] == "51,9607"
    assert rules(report) == {}


def test_degrees_as_whole_numbers_of_tiny_parts_are_asked(tmp_path):
    text = "id,latitude,longitude\n1,519607000,76261000\n2,519608000,76262000\n"
    found = standardised([parcel(tmp_path, text)], bounds=(7.4, 51.8, 7.8, 52.1))
    (question,) = found.report.questions
    assert question.choices[0].value == "EPSG:4326 1e-7"
    assert question.choices[0].sample == "7.62610, 51.96070"
    plan = answered(Plan(), question, "EPSG:4326 1e-7")
    after = standardised([parcel(tmp_path, text)], plan=plan).table
    assert places(after) == [(7.6261, 51.9607), (7.6262, 51.9608)]


def test_one_broken_shape_leaves_the_others_their_geometry(tmp_path):
    text = "id;geom\n1;POINT (11.34 44.49)\n2;LINESTRING (11.3 44.4, 11.4 44.5)\n4;POINT EMPTY\n"
    table, report = read_text(tmp_path, text)
    assert [shape is None for shape in table["geometry"].to_pylist()] == [False, False, True]
    assert [(fault.rule, fault.line) for fault in report.faults] == [("geometry", 4)]


def test_milliseconds_since_1970_are_times_and_durations_are_not(tmp_path):
    table, _ = read_text(
        tmp_path, "ms,run_ms\n1672531200000,1200000000\n1672534800000,1300000000\n"
    )
    assert [at.year for at in table["ms"].to_pylist()] == [2023, 2023]
    assert fields(table)["run_ms"].type is FieldType.INTEGER
