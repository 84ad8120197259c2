"""OpenStreetMap extracts: every way with its tags, shapes from nodes, sheets by kind."""

import gzip
import json

import pytest
import shapely
from tests.standardise.parcels import parcel, parcel_of, read_text, rules

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise.read import read
from citycommons.standardise.sheets import sheets

EXTRACT = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6" generator="by hand">
 <node id="1" lat="51.0" lon="7.0"/><node id="2" lat="51.0" lon="7.1"/>
 <node id="3" lat="51.1" lon="7.1"/><node id="4" lat="51.1" lon="7.0">
  <tag k="highway" v="crossing"/><tag k="tactile_paving" v="yes"/></node>
 <way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/>
  <tag k="maxspeed" v="30"/><tag k="name" v="Ring"/></way>
 <way id="11"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/></way>
 <way id="12"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
  <tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></way>
 <way id="13"><nd ref="3"/><nd ref="99"/><tag k="highway" v="path"/></way>
</osm>"""


def test_ways_are_lines_with_their_tags(tmp_path):
    table, report = read_text(tmp_path, EXTRACT, "city.osm")
    assert table["osm_id"].to_pylist() == ["w10", "w12", "w13"]
    assert table["maxspeed"].to_pylist() == ["30", None, None]
    assert json.loads(table["tags"][0].as_py()) == {
        "highway": "residential",
        "maxspeed": "30",
        "name": "Ring",
    }
    line = shapely.from_wkb(table["geometry"][0].as_py())
    assert line.wkt == "LINESTRING (7 51, 7.1 51)"
    assert rules(report)["geometry-empty", ""] == 1


def test_points_and_areas_are_sheets(tmp_path):
    given = parcel(tmp_path, EXTRACT, "city.osm")
    assert sheets(given) == ("lines", "points", "areas")
    points, _ = read(given, sheet="points")
    assert points["highway"].to_pylist() == ["crossing"]
    areas, _ = read(given, sheet="multipolygons")
    assert areas["building"].to_pylist() == ["yes", None]
    assert shapely.from_wkb(areas["geometry"][0].as_py()).area == pytest.approx(0.005)
    with pytest.raises(NotFound, match="lines, points, areas"):
        read(given, sheet="roads")


def test_a_packed_extract_is_unpacked(tmp_path):
    given = parcel(tmp_path, gzip.compress(EXTRACT.encode()), "city.osm.gz")
    assert read(given)[0].num_rows == 3


def test_a_cut_extract_is_invalid(tmp_path, shared):
    whole = (shared / "data/helsinki/Helsinki.osm.pbf").read_bytes()
    with pytest.raises(Invalid, match="damaged OSM extract"):
        read(parcel(tmp_path, whole[: len(whole) // 2], "cut.osm.pbf"))


def test_helsinki_has_its_streets(shared):
    table, report = read(parcel_of(shared / "data/helsinki/Helsinki.osm.pbf"))
    highways = [h for h in table["highway"].to_pylist() if h]
    with_speed = [
        1
        for h, s in zip(table["highway"].to_pylist(), table["maxspeed"].to_pylist(), strict=True)
        if h and s
    ]
    assert (len(highways), len(with_speed)) == (2650, 795)
    assert "layer lines" in report.steps
