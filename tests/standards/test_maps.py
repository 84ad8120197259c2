"""Map clients as they are installed open WFS, WMS and tiles of a served city."""

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from tests.serving import serving
from tests.web.web_portal import open_portal

from citycommons.collect.polite import Polite
from citycommons.collect.wfs import Wfs
from citycommons.core.settings import Settings
from citycommons.store.work import City


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("maps") / "home"
    city = City.create(Settings(home=home))
    open_portal(city)
    city.close()
    with serving(home) as address:
        yield address


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_gdal_reads_all_features_by_wfs(base: str, version: str) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    if "WFS" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no WFS driver")
    source = f"WFS:{base}/wfs?version={version}"
    assert set(pyogrio.list_layers(source)[:, 0]) == {"city:counts", "city:trees"}
    _, _, shapes, _ = pyogrio.raw.read(source, layer="city:counts")
    assert len(shapes) == 120
    bounds = shapely.total_bounds(shapely.from_wkb(shapes))
    assert bounds == pytest.approx([7.6, 51.9, 7.719, 51.9])
    where = "id > 3 AND street = 'Street 5'"
    _, _, some, _ = pyogrio.raw.read(source, layer="city:counts", where=where)
    assert len(some) == len([n for n in range(4, 120) if n % 7 == 5])
    box = (7.6, 51.8, 7.605, 52)
    _, _, near, _ = pyogrio.raw.read(source, layer="city:counts", bbox=box)
    assert len(near) == 6


def test_gdal_reads_tiles(base: str, tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    import urllib.request

    tile = urllib.request.urlopen(f"{base}/tiles/counts@1/0/0/0.mvt").read()
    path = tmp_path / "0.pbf"
    path.write_bytes(tile)
    if "MVT" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no MVT driver")
    _, _, shapes, _ = pyogrio.raw.read(path, layer="counts")
    assert len(shapes) == 120


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_owslib_reads_wfs(base: str, version: str) -> None:
    owslib = pytest.importorskip("owslib.wfs")
    service = owslib.WebFeatureService(f"{base}/wfs", version=version)
    assert service["city:counts"].boundingBoxWGS84 == pytest.approx((7.6, 51.9, 7.719, 51.9))
    some = service.getfeature(
        typename=["city:counts"], maxfeatures=5, outputFormat="application/json"
    )
    assert len(json.loads(some.read())["features"]) == 5


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_owslib_draws_wms(base: str, version: str) -> None:
    owslib, image = pytest.importorskip("owslib.wms"), pytest.importorskip("PIL.Image")
    service = owslib.WebMapService(f"{base}/wms", version=version)
    given = {"srs": "EPSG:4326", "bbox": (7.6, 51.85, 7.7, 51.95), "size": (200, 200)}
    drawn = service.getmap(
        layers=["city:counts"], styles=["light"], format="image/png", transparent=True, **given
    )
    seen = np.asarray(image.open(io.BytesIO(drawn.read())))
    assert seen[95:105, :, 3].any()
    assert not seen[:80, :, 3].any()
    told = service.getfeatureinfo(
        layers=["city:counts"],
        query_layers=["city:counts"],
        info_format="application/json",
        format="image/png",
        xy=(100, 100),
        **given,
    )
    feature = json.loads(told.read())["features"][0]
    assert feature["properties"]["id"] == pytest.approx(50, abs=12)


def test_our_own_collector_brings_a_layer_home(base: str) -> None:
    source = Wfs(
        url=f"{base}/wfs",
        layer="city:counts",
        page_rows=50,
        client=Polite(allow_hosts=("127.0.0.1",)),
    )
    features = [
        feature
        for parcel in source.fetch()
        for feature in json.loads(parcel.path.read_text())["features"]
    ]
    assert sorted(one["properties"]["id"] for one in features) == list(range(120))
    assert all(7 < one["geometry"]["coordinates"][0] < 8 for one in features)


QGIS = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import *
application = QgsApplication([], False)
application.initQgis()
base = sys.argv[1]
source = f"pagingEnabled='true' typename='city:counts' url='{base}/wfs' version='auto'"
wfs = QgsVectorLayer(source, "counts", "WFS")
near = QgsFeatureRequest().setFilterRect(QgsRectangle(7.6, 51.8, 7.605, 52))
print(len(list(wfs.getFeatures())), len(list(wfs.getFeatures(near))))
source = f"crs=EPSG:4326&format=image/png&layers=city:counts&styles=light&url={base}/wms?"
print(QgsRasterLayer(source, "counts", "wms").isValid())
source = f"type=xyz&url={base}/tiles/counts@latest/{{z}}/{{x}}/{{y}}.mvt&zmax=14&zmin=0"
print(QgsVectorTileLayer(source, "counts").isValid())
"""


def test_qgis_opens_all_three(base: str) -> None:
    python = "/usr/bin/python3"
    there = [python, "-c", "import qgis.core"]
    if not Path(python).exists() or subprocess.run(there, capture_output=True).returncode:
        pytest.skip("needs QGIS and its Python")
    done = subprocess.run(
        [python, "-c", QGIS, base], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["120", "6", "True", "True"], done.stderr[-500:]


def test_styles_are_valid(base: str, tmp_path: Path) -> None:
    import urllib.request

    if (validator := shutil.which("gl-style-validate")) is None:
        pytest.skip("needs the style validator of MapLibre (npm)")
    for paper in ("light", "dark"):
        path = tmp_path / f"{paper}.json"
        path.write_bytes(urllib.request.urlopen(f"{base}/ogc/styles/counts.{paper}").read())
        assert subprocess.run([validator, str(path)], check=False).returncode == 0
