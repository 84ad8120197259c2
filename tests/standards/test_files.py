"""Files at their addresses: the tools people have read them over HTTP, and validators agree."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from jsonschema import Draft7Validator
from tests.serving import serving

from citycommons.core.settings import Settings
from citycommons.core.tables import with_fields
from citycommons.core.types import (
    SYSTEM,
    Dataset,
    DatasetId,
    Field,
    FieldType,
    Parcel,
    Publisher,
    PublisherId,
)
from citycommons.share import exports, packed
from citycommons.share import open as door
from citycommons.share import publish as publishing
from citycommons.standardise.read import read
from citycommons.store import catalogue
from citycommons.store.work import City

ROWS = 300
FIELDS = (
    Field(name="id", type=FieldType.INTEGER),
    Field(name="name", type=FieldType.STRING, title={"en": "Name", "de": "Name"}),
    Field(name="share_of_traffic", type=FieldType.NUMBER, unit="%"),
    Field(name="share_of_tram", type=FieldType.NUMBER),
    Field(name="is_open", type=FieldType.BOOLEAN),
    Field(name="day", type=FieldType.DATE),
    Field(name="at", type=FieldType.DATETIME),
    Field(name="opens", type=FieldType.TIME),
    Field(name="geometry", type=FieldType.GEOMETRY),
)


def table() -> pa.Table:
    """Every type, with gaps; points and areas in turn."""
    n = range(ROWS)
    shapes = [
        shapely.Point(7.6 + i / 1000, 51.9) if i % 3 else shapely.box(7, 51, 7.001 + i / 1e4, 51.01)
        for i in n
    ]
    return pa.table(
        {
            "id": list(n),
            "name": [None if i % 7 == 0 else f'Straße {i}, "Nord"' for i in n],
            "share_of_traffic": [None if i % 5 == 0 else i / 8 for i in n],
            "share_of_tram": [i / 3 for i in n],
            "is_open": [None if i % 11 == 0 else i % 2 == 0 for i in n],
            "day": [date(2026, 1, 1 + i % 28) for i in n],
            "at": pa.array(
                [datetime(2026, 3, 1 + i % 28, 8, i % 60, tzinfo=UTC) for i in n],
                pa.timestamp("us", "UTC"),
            ),
            "opens": pa.array([time(8, i % 60) for i in n], pa.time64("us")),
            "geometry": shapely.to_wkb(shapes).tolist(),
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("files") / "home"
    city = City.create(Settings(home=home, name="Testville"))
    dataset = Dataset(
        id=DatasetId("places"),
        title={"en": "Places", "de": "Orte"},
        description={"en": "All that there is."},
        publisher=PublisherId("roads"),
        license="CC-BY-4.0",
        attribution="City of Testville",
        keywords=("place", "traffic"),
        source="https://data.example/places",
        key=("id",),
    )
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
        publishing.describe(work, dataset)
    prepared = publishing.prepare(city.lake, dataset, with_fields(table(), FIELDS))
    with city.work(SYSTEM) as work:
        publishing.publish(work, dataset, prepared)
    city.close()
    return home


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    with serving(home) as base:
        yield f"{base}/data/places@1"


@pytest.fixture(scope="module")
def folder(home: Path) -> Path:
    """One file of each format."""
    city = City.open(Settings(home=home))
    with city.work(SYSTEM) as work:
        opened = door.open(work, DatasetId("places"))
    folder = home.parent / "files"
    folder.mkdir()
    for one in exports.formats(opened.version):
        made = exports.export(opened, one.id)
        (folder / f"places.{one.suffix}").write_bytes(b"".join(made.chunks))
    city.close()
    return folder


def test_duckdb_reads_parquet_and_csv_over_http(base: str) -> None:
    duckdb = pytest.importorskip("duckdb")
    extension = pytest.importorskip(
        "duckdb_extension_httpfs", reason="needs DuckDB's httpfs from its package"
    )
    file = next(Path(next(iter(extension.__path__))).rglob("httpfs.duckdb_extension"))
    link = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    link.execute(f"LOAD '{file}'")
    for format in ("parquet", "geoparquet"):
        (found,) = link.execute(
            f"SELECT sum(id), count(*) FILTER (is_open) FROM read_parquet('{base}.{format}')"
        ).fetchall()
        assert found[0] == sum(range(ROWS))
    (found,) = link.execute(
        f"SELECT count(*), max(\"at\")::TEXT FROM read_csv('{base}.csv')"
    ).fetchall()
    assert found[0] == ROWS
    (found,) = link.execute(f"SELECT count(*), max(id) FROM read_json('{base}.ndjson')").fetchall()
    assert found == (ROWS, ROWS - 1)


def test_pandas_and_arrow_read_over_http(base: str) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(f"{base}.csv", parse_dates=["at"])
    assert len(frame) == ROWS
    assert frame["share_of_traffic"].sum() == sum(i / 8 for i in range(ROWS) if i % 5)
    assert str(frame["at"].dtype).endswith("UTC]")
    assert pandas.read_parquet(f"{base}.parquet")["id"].sum() == sum(range(ROWS))
    assert len(pandas.read_json(f"{base}.ndjson", lines=True)) == ROWS
    assert len(pandas.read_feather(f"{base}.arrow")) == ROWS
    assert pandas.read_excel(f"{base}.xlsx", engine="calamine").shape == (ROWS, 9)


@pytest.mark.parametrize("format", ["geojson", "fgb", "gpkg", "shp.zip", "kml"])
def test_gdal_reads_over_http(base: str, format: str) -> None:
    import pyogrio

    path = (
        f"/vsizip//vsicurl/{base}.{format}" if format == "shp.zip" else f"/vsicurl/{base}.{format}"
    )
    layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    assert len(layers) == (2 if format == "shp.zip" else 1)
    found = [pyogrio.raw.read_arrow(path, layer=one)[1] for one in layers]
    assert sum(one.num_rows for one in found) == ROWS
    within = [pyogrio.read_info(path, layer=one)["total_bounds"] for one in layers]
    assert min(one[0] for one in within) == pytest.approx(7.0)


def test_gdal_fetches_a_box_of_flatgeobuf_by_its_index(base: str) -> None:
    import pyogrio

    found = pyogrio.raw.read_arrow(f"/vsicurl/{base}.fgb", bbox=(7.7, 51.89, 7.71, 51.91))[1]
    assert 0 < found.num_rows < 12


def test_geopandas_reads_geoparquet_and_geoarrow(folder: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.read_parquet(folder / "places.parquet")
    assert frame.crs.to_string() == "OGC:CRS84"
    assert set(frame.geom_type) == {"Point", "Polygon"}
    with pa.ipc.open_file(folder / "places.arrow") as file:
        other = geopandas.GeoDataFrame.from_arrow(file.read_all())
    assert other.crs is not None
    assert other.geometry.geom_equals(frame.geometry).all()


READ_BACK = ["csv", "xlsx", "json", "ndjson", "parquet", "geojson", "gpkg", "fgb", "kml"]
LOST = {  # what a format cannot say, column by column
    "xlsx": {"geometry"},
    "json": {"geometry"},
    "ndjson": {"geometry"},
    "kml": {"id"},  # a placemark has an id of its own, which readers take for the column
}


@pytest.mark.parametrize("format", READ_BACK)
def test_our_own_reader_reads_back_what_we_wrote(folder: Path, format: str) -> None:
    path = folder / f"places.{format}"
    found, _ = read(Parcel(path=path, name=path.name, received=datetime(2026, 3, 31, tzinfo=UTC)))
    was, found = table().sort_by("share_of_tram"), found.sort_by("share_of_tram")
    for name in was.column_names:
        if name in LOST.get(format, ()):
            continue
        named = next(one for one in found.column_names if one.casefold() == name)
        column, kind = found.column(named), was.column(name).type
        if name == "geometry":
            again = shapely.from_wkb(column.to_pylist())
            asked = shapely.from_wkb(was.column(name).to_pylist())
            assert shapely.equals_exact(
                shapely.normalize(again), shapely.normalize(asked), 1e-7
            ).all()
        elif pa.types.is_floating(kind):
            assert column.to_pylist() == pytest.approx(was.column(name).to_pylist())
        else:
            assert [_plain(one) for one in column.to_pylist()] == [
                _plain(one) for one in was.column(name).to_pylist()
            ], name


def _plain(value: Any) -> str:
    return "" if value is None else str(value).removesuffix("+00:00").removesuffix("Z")


def test_the_shapefile_says_what_became_of_the_columns(folder: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(folder / "places.shp.zip", tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    kinds = [".cpg", ".dbf", ".prj", ".shp", ".shx"]
    assert names == [
        "fields.csv",
        *(f"places-areas{kind}" for kind in kinds),
        *(f"places-points{kind}" for kind in kinds),
    ]
    lines = (tmp_path / "fields.csv").read_text().splitlines()
    assert "share_of_traffic,share_of_t,number,%,0" in lines
    assert "share_of_tram,share_of_2,number,,0" in lines or any(
        line.startswith("share_of_tram,share_") for line in lines
    )


def test_frictionless_finds_the_package_valid(folder: Path, base: str, tmp_path: Path) -> None:
    frictionless = _program("frictionless")
    answer = subprocess.run(
        [frictionless, "validate", str(folder / "places.datapackage.zip"), "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    report = json.loads(answer.stdout)
    assert report["valid"], report
    assert report["tasks"][0]["stats"]["rows"] == ROWS
    answer = subprocess.run(
        [frictionless, "validate", f"{base}.datapackage.json", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert json.loads(answer.stdout)["valid"], answer.stdout


def test_csvw_finds_the_metadata_and_the_table_valid(base: str, tmp_path: Path) -> None:
    answer = subprocess.run(
        [_program("csvwvalidate"), f"{base}.csv-metadata.json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "FAIL" not in answer.stdout + answer.stderr, answer.stdout
    assert answer.returncode == 0, answer.stderr


def _program(name: str) -> str:
    # Both bring older versions of what we use, so they live in an environment of their own.
    if (found := shutil.which(name)) is None:
        pytest.skip(f"needs {name} on the path: pipx install frictionless csvw")
    return found


def test_geojson_is_valid_against_the_published_schema(folder: Path, conformance: Path) -> None:
    schemas = sorted((conformance / "geojson" / "schema").rglob("FeatureCollection*.json"))
    if not schemas:
        pytest.skip("needs the built schemas of GeoJSON")
    body = json.loads((folder / "places.geojson").read_bytes())
    Draft7Validator(json.loads(schemas[0].read_bytes())).validate(body)
    assert len(body["features"]) == ROWS


def test_geoparquet_says_what_the_published_schema_wants(folder: Path, conformance: Path) -> None:
    schema = json.loads((conformance / "geoparquet" / "schema-dev.json").read_bytes())
    meta = json.loads(pq.read_schema(folder / "places.parquet").metadata[b"geo"])
    schema["properties"]["version"] = {"type": "string"}  # ours is 1.1.0, the schema's is in work
    Draft7Validator(schema).validate(meta)


def test_the_packed_collection_is_the_download(home: Path, folder: Path) -> None:
    city = City.open(Settings(home=home))
    with city.work(SYSTEM) as work:
        opened = door.open(work, DatasetId("places"))
    assert (folder / "places.geojson").read_bytes() == packed.geojson(opened).read_bytes()
    city.close()
