"""Vector files come out as WKB in CRS84, whatever came in."""

import gzip
import json
import zipfile

import pyarrow as pa
import pyogrio
import pytest
import shapely
from tests.standardise.parcels import fields, parcel, parcel_of, read_text, rules

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import FieldType
from citycommons.standardise.read import read

# Two containers as the city of Münster published them, in metres of UTM 32 and in degrees.
POINTS = [shapely.Point(409166.411, 5765040.423), shapely.Point(409166.411, 5765040.423)]
DEGREES = (7.675999317162115, 52.028544490726482)


def written(path, driver, *, crs="EPSG:25832", shapes=POINTS, kind="Point", layer=None):
    table = pa.table(
        {
            "geometry": pa.array(shapely.to_wkb(shapes)),
            "name": ["Aa", "Bröl"],
            "code": ["007", "012"],
            "n": [1, 2],
        }
    )
    pyogrio.write_arrow(
        table,
        path,
        geometry_name="geometry",
        geometry_type=kind,
        crs=crs,
        driver=driver,
        layer=layer,
        append=path.exists(),
    )
    return path


def assert_points(table):
    found = shapely.from_wkb(table["geometry"].to_numpy())
    assert shapely.get_x(found) == pytest.approx([DEGREES[0]] * 2, abs=1e-8)
    assert shapely.get_y(found) == pytest.approx([DEGREES[1]] * 2, abs=1e-8)
    # FlatGeobuf keeps features in an order of its own.
    assert sorted(table["name"].to_pylist()) == ["Aa", "Bröl"]
    assert sorted(table["code"].to_pylist()) == ["007", "012"]
    assert fields(table)["geometry"].type is FieldType.GEOMETRY


@pytest.mark.parametrize(
    ("name", "driver"),
    [("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf"), ("a.gml", "GML")],
)
def test_a_projected_layer_is_brought_to_crs84(tmp_path, name, driver):
    table, report = read(parcel_of(written(tmp_path / name, driver)))
    assert_points(table)
    assert any("to CRS84" in step for step in report.steps)


def test_a_shapefile_is_read_out_of_its_zip(tmp_path):
    written(tmp_path / "roads.shp", "ESRI Shapefile")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("roads.*"):
            archive.write(part, f"folder [1]/{part.name}")
    table, report = read(parcel_of(tmp_path / "a.zip"))
    assert_points(table)
    assert "folder [1]/roads.shp taken out of a.zip" in report.steps


def test_kml_is_read(tmp_path):
    text = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
    <Placemark><name>Dom</name><Point><coordinates>7.62,51.96,0</coordinates></Point></Placemark>
    </Document></kml>"""
    table, _ = read_text(tmp_path, text, "a.kml")
    assert shapely.from_wkb(table["geometry"][0].as_py()) == shapely.Point(7.62, 51.96)
    assert not shapely.has_z(shapely.from_wkb(table["geometry"][0].as_py()))


def features(*shapes):
    members = [{"type": "Feature", "properties": {"n": 1}, "geometry": shape} for shape in shapes]
    return json.dumps({"type": "FeatureCollection", "features": members})


def point(x, y):
    return {"type": "Point", "coordinates": [x, y]}


def test_geojson_is_known_by_its_content_and_read_when_packed(tmp_path):
    content = gzip.compress(features(point(7.6, 51.9), point(7.7, 51.9)).encode())
    table, report = read_text(tmp_path, content, "a.json.gz")
    assert table.num_rows == 2
    assert "format GeoJSON" in report.steps


def test_geojson_in_an_old_encoding_is_read(tmp_path):
    text = features(point(7.6, 51.9)).replace('"n": 1', '"n": "Süd"')
    table, report = read_text(tmp_path, text.encode("cp1252"), "a.geojson")
    assert table["n"].to_pylist() == ["Süd"]
    assert "encoding cp1252" in report.steps


def test_shapes_outside_the_world_and_empty_ones_are_faults(tmp_path):
    text = features(point(7.6, 51.9), point(405000, 5757000), None)
    table, report = read_text(tmp_path, text, "a.geojson")
    assert table["geometry"].null_count == 2
    assert [(f.rule, f.line, f.value) for f in report.faults] == [
        ("position-outside", 2, "405000, 5.757e+06")
    ]


def test_a_crossed_polygon_is_mended_and_said(tmp_path):
    ring = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    text = features({"type": "Polygon", "coordinates": [ring]})
    table, report = read_text(tmp_path, text, "a.geojson")
    assert shapely.is_valid(shapely.from_wkb(table["geometry"][0].as_py()))
    assert rules(report) == {("geometry-crossed", "geometry"): 1}


def test_layers_are_chosen_by_name(tmp_path):
    path = tmp_path / "a.gpkg"
    written(path, "GPKG", layer="one")
    written(path, "GPKG", layer="two", crs="OGC:CRS84", shapes=[shapely.Point(1, 2)] * 2)
    table, _ = read(parcel_of(path), sheet="two")
    assert shapely.from_wkb(table["geometry"][0].as_py()) == shapely.Point(1, 2)
    with pytest.raises(NotFound, match="one, two"):
        read(parcel_of(path), sheet="three")


def test_a_damaged_vector_file_is_invalid_and_names_no_path(tmp_path):
    given = parcel(tmp_path, b"SQLite format 3\0" + b"\1" * 500, "a.gpkg")
    with pytest.raises(Invalid) as caught:
        read(given)
    assert str(tmp_path) not in caught.value.message
