"""Each format carries the same rows, and the same bytes for ever."""

import csv
import io
import json
import shutil
from datetime import UTC, date, datetime, time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import python_calamine
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import Field, FieldType
from citycommons.share import workbook
from citycommons.share.exports import FORMATS, export, formats
from citycommons.share.query import Query, parse_query
from citycommons.store.lake import Lake

PLACES = [shapely.Point(7.6, 51.9), None, shapely.box(7.0, 51.0, 7.1, 51.1)]


def table(**more) -> pa.Table:
    return pa.table(
        {
            "name": ['Ä "quoted", text', "=1+1", None],
            "free": [-3, None, 2**60],
            "share": [0.1, -2.5e-7, None],
            "open": [True, None, False],
            "day": pa.array([date(2026, 3, 31), None, date(1899, 1, 1)], pa.date32()),
            "at": pa.array(
                [
                    datetime(2026, 3, 31, 8, tzinfo=UTC),
                    None,
                    datetime(2026, 3, 31, 8, 0, 0, 250000, UTC),
                ],
                pa.timestamp("us", "UTC"),
            ),
            "from": pa.array([time(8, 30), None, time(0)], pa.time64("us")),
            **more,
        }
    )


@pytest.fixture
def placed(opened):
    return opened(table(geometry=shapely.to_wkb(PLACES).tolist()))


def taken(opened, format: str, **params: str) -> bytes:
    query = parse_query(params, opened.version.fields, limit=None) if params else None
    return b"".join(export(opened, format, query).chunks)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_whole_version_gives_the_same_bytes_again_even_when_made_anew(placed, format, tmp_path):
    first = taken(placed, format)
    assert first
    assert taken(placed, format) == first
    anew = Lake(tmp_path / "other" / "lake")
    shutil.copytree(placed.lake.root / placed.version.file[:2], anew.root / placed.version.file[:2])
    again = type(placed)(dataset=placed.dataset, version=placed.version, lake=anew)
    assert taken(again, format) == first


def test_csv_is_rfc_4180_and_formulas_sleep(placed):
    lines = list(csv.reader(io.StringIO(taken(placed, "csv").decode(), newline="")))
    assert lines[0] == ["name", "free", "share", "open", "day", "at", "from", "geometry"]
    by_name = {line[0]: line for line in lines[1:]}
    assert by_name['Ä "quoted", text'][1:7] == [
        "-3", "0.1", "true", "2026-03-31", "2026-03-31T08:00:00Z", "08:30:00",
    ]  # fmt: skip
    assert by_name["'=1+1"][1:] == ["", "-2.5e-7", "", "", "", "", ""]
    assert by_name[""][5] == "2026-03-31T08:00:00.25Z"
    assert by_name['Ä "quoted", text'][7] == "POINT (7.6 51.9)"
    assert taken(placed, "csv").count(b"\r\n") == 4


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | st.text(max_size=6), st.none() | st.floats(width=32)), max_size=8
    )
)
def test_csv_and_json_come_back_as_they_went(opened, some):
    one = opened(
        pa.table(
            {
                "s": pa.array([s for s, _ in some], pa.string()),
                "f": pa.array([f for _, f in some], pa.float64()),
            }
        )
    )

    def awake(text: str) -> str:
        return text[1:] if text[:1] == "'" and text[1:2] in "=+-@\t\r" and text[1:] else text

    lines = list(csv.reader(io.StringIO(taken(one, "csv").decode(), newline="")))[1:]
    sent = [("" if s is None else awake(s), "" if f is None else f) for s, f in some]
    back = [(awake(s), "" if f == "" else float(f)) for s, f in lines]
    assert str(back) == str([(s, f if f == "" else float(f)) for s, f in sent])
    records = json.loads(taken(one, "json"))
    assert [r["s"] for r in records] == [s for s, _ in some]
    assert [r["f"] for r in records] == [
        f if f is not None and np.isfinite(f) else None for _, f in some
    ]
    assert [json.loads(line) for line in taken(one, "ndjson").splitlines()] == records


def test_a_single_empty_cell_is_a_record_and_no_blank_line(opened):
    one = opened(pa.table({"s": pa.array([None, "a"])}))
    assert taken(one, "csv") == b's\r\n""\r\na\r\n'


def test_geojson_is_a_feature_collection_with_right_handed_rings(placed):
    collection = json.loads(taken(placed, "geojson"))
    assert collection["type"] == "FeatureCollection"
    assert [f["id"] for f in collection["features"]] == [0, 1, 2]
    kinds = {f["geometry"]["type"] if f["geometry"] else None for f in collection["features"]}
    assert kinds == {"Point", "Polygon", None}
    ring = next(
        f["geometry"]["coordinates"][0]
        for f in collection["features"]
        if f["geometry"] and f["geometry"]["type"] == "Polygon"
    )
    assert shapely.LinearRing(ring).is_ccw
    assert all("geometry" not in f["properties"] for f in collection["features"])


def test_a_workbook_holds_texts_as_texts_and_days_as_days(placed):
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(taken(placed, "xlsx")))
    header, *lines = book.get_sheet_by_name("Data").to_python()
    assert header[:3] == ["name", "free", "share"]
    by_name = {line[0]: line for line in lines}
    assert by_name["=1+1"][0] == "=1+1"
    assert by_name['Ä "quoted", text'][1:6] == [
        -3.0, 0.1, True, date(2026, 3, 31), datetime(2026, 3, 31, 8),  # noqa: DTZ001
    ]  # fmt: skip
    assert by_name[""][1] == str(2**60)
    assert by_name[""][4] == "1899-01-01"
    about = dict(line[:2] for line in book.get_sheet_by_name("About").to_python())
    assert about["Digest"] == placed.version.digest


def test_more_rows_than_a_workbook_holds_names_the_other_formats(placed, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    with pytest.raises(TooMuch, match=r"csv, json, ndjson"):
        export(placed, "xlsx")
    assert "xlsx" not in [one.id for one in formats(placed.version)]
    assert taken(placed, "xlsx", free="-3")


def test_geopackage_opens_in_gdal_with_all_rows(placed, tmp_path):
    path = tmp_path / "things.gpkg"
    path.write_bytes(taken(placed, "gpkg"))
    info = pyogrio.read_info(path)
    assert info["features"] == 3
    assert info["layer_name"] == "things"
    frame = pyogrio.raw.read_arrow(path)[1]
    assert sorted(str(v) for v in frame.column("from").to_pylist()) == [
        "00:00:00",
        "08:30:00",
        "None",
    ]
    assert set(frame.column("name").to_pylist()) == {'Ä "quoted", text', "=1+1", None}


def test_parquet_is_the_file_of_the_lake_itself(placed):
    whole = export(placed, "geoparquet")
    assert whole.path == placed.path
    assert whole.filename == "things@1.parquet"
    assert taken(placed, "parquet") == placed.path.read_bytes()


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_selection_carries_only_what_was_picked(placed, format, tmp_path):
    params = {"free__lt": "0", "columns": "name"}
    if FORMATS[format].is_described:
        with pytest.raises(Invalid, match="take csv"):
            taken(placed, format, **params)
        return
    body = taken(placed, format, **params)
    path = tmp_path / f"x.{FORMATS[format].suffix}"
    path.write_bytes(body)
    match format:
        case "csv":
            assert body == b'name\r\n"\xc3\x84 ""quoted"", text"\r\n'
        case "json":
            assert json.loads(body) == [{"name": 'Ä "quoted", text'}]
        case "ndjson":
            assert json.loads(body) == {"name": 'Ä "quoted", text'}
        case "geojson":
            (feature,) = json.loads(body)["features"]
            assert feature["properties"] == {"name": 'Ä "quoted", text'}
            assert feature["geometry"]["coordinates"] == [7.6, 51.9]
        case "parquet" | "geoparquet":
            assert pq.read_table(path).column("name").to_pylist() == ['Ä "quoted", text']
        case "arrow":
            assert pa.ipc.open_file(path).read_all().to_pylist() == [{"name": 'Ä "quoted", text'}]
        case "gpkg" | "fgb" | "kml" | "shp.zip":
            assert pyogrio.read_info(path)["features"] == 1
        case "xlsx":
            book = python_calamine.CalamineWorkbook.from_path(path)
            assert book.get_sheet_by_index(0).to_python() == [["name"], ['Ä "quoted", text']]


def test_groups_can_be_taken_as_a_file(placed):
    assert taken(placed, "csv", group="open", order="-count,open").startswith(b"open,count\r\n")
    with pytest.raises(Invalid, match="needs a geometry"):
        taken(placed, "geojson", group="open")


def test_an_empty_version_is_a_valid_file_in_each_format(opened):
    one = opened(
        pa.table({"s": pa.array([], pa.string()), "geometry": pa.array([], pa.binary())}),
        Field(name="s", type=FieldType.STRING),
        Field(name="geometry", type=FieldType.GEOMETRY),
    )
    assert taken(one, "csv") == b"s,geometry\r\n"
    assert json.loads(taken(one, "json")) == []
    assert json.loads(taken(one, "geojson"))["features"] == []
    assert taken(one, "ndjson") == b""
    assert taken(one, "xlsx")
    assert taken(one, "gpkg")


def test_what_cannot_be_had_names_what_can(opened):
    one = opened(pa.table({"n": [1]}))
    with pytest.raises(Invalid, match=r"no format “pdf”.*csv, xlsx, json, ndjson, parquet"):
        export(one, "pdf")
    with pytest.raises(Invalid, match="GeoPackage needs a geometry"):
        export(one, "gpkg")
    assert [f.id for f in formats(one.version)] == [
        *("csv", "xlsx", "json", "ndjson", "parquet", "arrow", "datapackage.zip"),
    ]
    assert export(one, "csv", Query(limit=None)).path is None


def test_a_shape_too_long_for_a_cell_says_so_and_the_workbook_comes(opened):
    ring = shapely.Point(7.6, 51.9).buffer(0.1, quad_segs=500)
    one = opened(pa.table({"n": [1], "geometry": [shapely.to_wkb(ring)]}))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(taken(one, "xlsx")))
    (_, (_, shape)) = book.get_sheet_by_index(0).to_python()
    assert (
        shape == "POLYGON of 2001 points: too long for a cell, whole in geojson, gpkg and parquet"
    )
