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

from citycommons.standardise.read import read
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
