"""Layers that name no system and hold metres keep their shapes until somebody says which it is."""

import json
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely
from tests.standardise.parcels import parcel, parcel_of

from citycommons.core.types import Plan
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised

POINTS = [(405000.5, 5757000.25), (405010.0, 5757010.0), (405020.0, 5757020.0)]


def geojson(tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": {"n": n},
            "geometry": {"type": "Point", "coordinates": at},
        }
        for n, at in enumerate(POINTS)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    return parcel(tmp_path, text, "trees.geojson")


def written(tmp_path, name, driver):
    path = tmp_path / name
    shapes = shapely.to_wkb(shapely.points(POINTS))
    pyogrio.raw.write(
        path, shapes, [np.arange(3)], ["n"], geometry_type="Point", crs=None, driver=driver
    )
    return path


def shapefile(tmp_path):
    folder = tmp_path / "shp"
    folder.mkdir()
    written(folder, "trees.shp", "ESRI Shapefile")
    with zipfile.ZipFile(tmp_path / "trees.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    return parcel_of(tmp_path / "trees.zip")


def geopackage(tmp_path):
    return parcel_of(written(tmp_path, "trees.gpkg", "GPKG"))


@pytest.mark.parametrize("layer", [geojson, shapefile, geopackage])
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_layer_of_metres_without_a_system_is_asked_and_loses_no_shape(tmp_path, layer):
    file = layer(tmp_path)
    found = standardised([file])
    assert found.table["geometry"].to_pylist()[0] == "POINT (405000.5 5757000.25)"
    assert found.report.summary == ()
    (question,) = found.report.questions
    assert (question.kind, question.columns) == ("crs", ("geometry",))
    plan = answered(Plan(), question, "EPSG:25832")
    after = standardised([file], plan=plan)
    first = shapely.from_wkb(after.table["geometry"].to_pylist()[0])
    # As the series of Krüger gives it by hand (GRS 80, central meridian 9°, scale 0.9996).
    assert (round(first.x, 5), round(first.y, 5)) == (7.61752, 51.95558)
    assert after.report.questions == ()
    assert after.table["geometry"].null_count == 0
