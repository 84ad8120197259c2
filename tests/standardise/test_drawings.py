"""DXF, GPX, KMZ, TopoJSON, MapInfo, file geodatabases and GeoParquet in a plane."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyproj import CRS
from tests.standardise.parcels import parcel, parcel_of, read_text

from citycommons.core.errors import Invalid
from citycommons.core.tables import fields_of
from citycommons.core.types import FieldType, Plan, Position
from citycommons.standardise.read import read, standardised
from citycommons.standardise.sheets import sheets

GPX = """<?xml version="1.0"?>
<gpx version="1.1" creator="hand" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="51.96" lon="7.62"><name>Dom</name></wpt>
<trk><name>tour</name><trkseg>
<trkpt lat="51.96" lon="7.62"><ele>60</ele><time>2026-03-01T10:00:00Z</time></trkpt>
<trkpt lat="51.97" lon="7.63"><ele>61</ele><time>2026-03-01T10:01:00Z</time></trkpt>
</trkseg></trk></gpx>"""

KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
    "<name>Dom</name><Point><coordinates>7.62,51.96</coordinates></Point></Placemark>"
    "</Document></kml>"
)
TOPOLOGY = {
    "type": "Topology",
    "objects": {
        "wards": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0]], "properties": {"name": "North"}},
            ],
        }
    },
    "arcs": [[[7.0, 51.0], [7.1, 51.0], [7.1, 51.1], [7.0, 51.0]]],
}


def written(path: Path, driver: str, crs: str | None, shapes: list[str], **options) -> Path:
    """A vector file with a column of names, by GDAL."""
    geometry = np.array([shapely.to_wkb(shapely.from_wkt(text)) for text in shapes], object)
    names = np.array([f"n{i}" for i in range(len(shapes))], object)
    pyogrio.raw.write(
        path,
        geometry,
        [names],
        ["name"],
        geometry_type=shapely.from_wkt(shapes[0]).geom_type,
        crs=crs,
        driver=driver,
        **options,
    )
    return path


def zipped(path: Path, *members: Path, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.write(member, f"{folder}{member.name}")
    return path


def test_a_track_has_its_points_and_the_other_layers_are_named(tmp_path):
    table, report = read_text(tmp_path, GPX, "tour.gpx")
    assert table.num_rows == 2
    assert table["ele"].to_pylist() == [60.0, 61.0]
    assert "layer track_points" in report.steps
    way, _ = read_text(tmp_path, GPX, "tour.gpx", sheet="waypoints")
    assert way["name"].to_pylist() == ["Dom"]
    assert "waypoints" in sheets(parcel(tmp_path, GPX, "tour.gpx"))


def test_a_kmz_is_the_kml_inside(tmp_path):
    inner = tmp_path / "doc.kml"
    inner.write_text(KML)
    table, _ = read(parcel_of(zipped(tmp_path / "places.kmz", inner)))
    assert shapely.from_wkb(table["geometry"][0].as_py()).wkt.startswith("POINT (7.62 51.96")


def test_topojson_shapes_are_put_together(tmp_path):
    table, _ = read_text(tmp_path, json.dumps(TOPOLOGY), "wards.json")
    assert table["name"].to_pylist() == ["North"]
    assert shapely.from_wkb(table["geometry"][0].as_py()).area == pytest.approx(0.005)


def test_metres_without_a_system_are_no_degrees(tmp_path):
    path = tmp_path / "plan.dxf"
    geometry = np.array(
        [shapely.to_wkb(shapely.from_wkt("LINESTRING (405000 5757000, 405100 5757050)"))], object
    )
    pyogrio.raw.write(
        path,
        geometry,
        [np.array(["axis"], object)],
        ["Layer"],
        geometry_type="LineString",
        crs="EPSG:25832",  # which DXF cannot keep
        driver="DXF",
    )
    table, report = read(parcel_of(path))
    assert table["Layer"].to_pylist() == ["axis"]
    assert table["geometry"].type == pa.string()
    assert table["geometry"][0].as_py().startswith("LINESTRING")
    assert any("no reference system named" in step for step in report.steps)


def test_mapinfo_in_a_zip_is_read_with_its_parts(tmp_path):
    folder = tmp_path / "t"
    folder.mkdir()
    written(folder / "stops.tab", "MapInfo File", "EPSG:25832", ["POINT (405000 5757000)"] * 3)
    path = zipped(tmp_path / "stops.zip", *sorted(folder.iterdir()))
    table, report = read(parcel_of(path))
    assert table["name"].to_pylist() == ["n0", "n1", "n2"]
    assert shapely.from_wkb(table["geometry"][0].as_py()).x == pytest.approx(7.617, abs=0.01)
    assert "stops.tab taken out of stops.zip" in report.steps


def test_a_file_geodatabase_in_a_zip_is_read_by_layer(tmp_path):
    folder = written(tmp_path / "city.gdb", "OpenFileGDB", "EPSG:25832", ["POINT (405000 5757000)"])
    path = zipped(tmp_path / "city.zip", *sorted(folder.iterdir()), folder="data/city.gdb/")
    table, _ = read(parcel_of(path))
    assert table["name"].to_pylist() == ["n0"]
    assert shapely.from_wkb(table["geometry"][0].as_py()).y == pytest.approx(51.95, abs=0.02)
    assert sheets(parcel_of(path)) == ("city",)


def test_geoparquet_in_a_plane_comes_to_degrees(tmp_path):
    point = shapely.to_wkb(shapely.Point(405000, 5757000))
    about = {
        "version": "1.0.0",
        "primary_column": "geom",
        "columns": {
            "geom": {"encoding": "WKB", "geometry_types": [], "crs": CRS(25832).to_json_dict()}
        },
    }
    table = pa.table({"n": [1], "geom": pa.array([point], pa.binary())})
    table = table.replace_schema_metadata({"geo": json.dumps(about)})
    pq.write_table(table, tmp_path / "g.parquet")
    found, report = read(parcel_of(tmp_path / "g.parquet"))
    assert shapely.from_wkb(found["geom"][0].as_py()).x == pytest.approx(7.617, abs=0.01)
    assert "positions of geom brought from ETRS89 / UTM zone 32N to CRS84" in report.steps


def asked_and_answered(path, shape, expected):
    """The shape waits as text, the reference system is asked, and the answer places it."""
    first = standardised([parcel_of(path)])
    column = first.table["geometry"]
    assert shapely.from_wkt(column[0].as_py()).normalize() == shapely.from_wkt(shape).normalize()
    (question,) = [q for q in first.report.questions if q.kind == "crs"]
    assert question.id == "crs:geometry"
    assert "EPSG:25832" in [choice.value for choice in question.choices]
    said = Position(kind="text", columns=("geometry",), crs="EPSG:25832")
    placed = standardised([parcel_of(path)], plan=Plan(position=said))
    name = next(f.name for f in fields_of(placed.table) if f.type is FieldType.GEOMETRY)
    found = shapely.from_wkb(placed.table[name][0].as_py())
    assert found.geom_type == shapely.from_wkt(shape).geom_type
    assert found.bounds == pytest.approx(expected, abs=1e-4)


LINE = "LINESTRING (405000 5757000, 405100 5757050)"
SQUARE = (
    "POLYGON ((405000 5757000, 405100 5757000, 405100 5757050, 405000 5757050, 405000 5757000))"
)


def _box():
    from pyproj import Transformer

    to = Transformer.from_crs("EPSG:25832", "OGC:CRS84", always_xy=True)
    corners = [to.transform(x, y) for x in (405000, 405100) for y in (5757000, 5757050)]
    xs, ys = zip(*corners, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def test_a_drawing_without_reference_system_is_asked_about_and_placed(tmp_path):
    geometry = np.array([shapely.to_wkb(shapely.from_wkt(LINE))], object)
    path = tmp_path / "plan.dxf"
    layer = [np.array(["axis"], object)]
    pyogrio.raw.write(
        path, geometry, layer, ["Layer"], geometry_type="LineString", crs="EPSG:25832", driver="DXF"
    )
    asked_and_answered(path, LINE, _box())


def test_a_shapefile_without_prj_is_asked_about_and_keeps_its_shapes(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    written(folder / "plots.shp", "ESRI Shapefile", "EPSG:25832", [SQUARE])
    parts = [part for part in sorted(folder.iterdir()) if part.suffix != ".prj"]
    asked_and_answered(zipped(tmp_path / "plots.zip", *parts), SQUARE, _box())


def test_a_drawing_in_small_numbers_is_not_taken_for_degrees(tmp_path):
    geometry = np.array([shapely.to_wkb(shapely.from_wkt("LINESTRING (2 3, 40 30)"))], object)
    path = tmp_path / "room.dxf"
    layer = [np.array(["wall"], object)]
    pyogrio.raw.write(
        path, geometry, layer, ["Layer"], geometry_type="LineString", crs="EPSG:25832", driver="DXF"
    )
    found = standardised([parcel_of(path)])
    assert found.table["geometry"].to_pylist() == ["LINESTRING (2 3, 40 30)"]
    assert not [f for f in fields_of(found.table) if f.type is FieldType.GEOMETRY]


def geoparquet(path, wkt, **said):
    shapes = pa.array([shapely.to_wkb(shapely.from_wkt(wkt), output_dimension=3)], pa.binary())
    about = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": said}}
    table = pa.table({"name": ["a"], "geometry": shapes})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(about)}), path)
    return path


def test_geoparquet_that_names_no_system_is_asked_about(tmp_path):
    path = geoparquet(tmp_path / "a.parquet", LINE, encoding="WKB", geometry_types=[], crs=None)
    asked_and_answered(path, LINE, _box())


def test_geoparquet_keeps_heights_on_its_way_to_degrees(tmp_path):
    crs = CRS.from_epsg(25832).to_json_dict()
    wkt = "POINT Z (405000 5757000 61.5)"
    path = geoparquet(tmp_path / "a.parquet", wkt, encoding="WKB", geometry_types=[], crs=crs)
    table, _ = read(parcel_of(path))
    assert shapely.from_wkb(table["geometry"][0].as_py()).z == 61.5


def test_geoparquet_in_its_native_encoding_is_refused_in_words(tmp_path):
    path = geoparquet(tmp_path / "a.parquet", LINE, encoding="linestring", geometry_types=[])
    with pytest.raises(Invalid, match="“geometry” is encoded as linestring"):
        read(parcel_of(path))
