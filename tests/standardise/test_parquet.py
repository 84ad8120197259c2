"""Parquet and GeoParquet keep the types they have."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from tests.standardise.parcels import fields, parcel, parcel_of

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import FieldType
from citycommons.standardise.read import read


def written(path, table, geo=None):
    if geo is not None:
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path)
    return parcel_of(path)


def test_types_become_the_few_we_keep_and_texts_stay_texts(tmp_path):
    table = pa.table(
        {
            "code": ["1", "2"],
            "small": pa.array([1, 2], pa.int8()),
            "price": pa.array([Decimal("1.50"), None]),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "at": pa.array([datetime(2026, 7, 1, 12), None], pa.timestamp("ns")),  # noqa: DTZ001
            "list": [[1, 2], None],
        }
    )
    found, _ = read(written(tmp_path / "a.parquet", table), zone="Europe/Berlin")
    assert found.to_pydict() == {
        "code": ["1", "2"],
        "small": [1, 2],
        "price": [1.5, None],
        "kind": ["a", "b"],
        "at": [datetime(2026, 7, 1, 10, tzinfo=UTC), None],
        "list": ["[1,2]", None],
    }


def shapes(crs):
    table = pa.table({"shape": pa.array(shapely.to_wkb([shapely.Point(7, 52)])), "n": [1]})
    column = {"encoding": "WKB", "geometry_types": ["Point"], **crs}
    return table, {"version": "1.1.0", "primary_column": "shape", "columns": {"shape": column}}


def test_geoparquet_is_a_geometry(tmp_path):
    found, _ = read(written(tmp_path / "a.parquet", *shapes({})))
    assert fields(found)["shape"].type is FieldType.GEOMETRY


def test_geoparquet_in_an_unknown_system_says_what_to_do(tmp_path):
    given = written(tmp_path / "a.parquet", *shapes({"crs": {"id": {"code": 99999999}}}))
    with pytest.raises(Invalid, match="not understood"):
        read(given)


def test_a_bare_code_is_a_system_too(tmp_path):
    given = written(tmp_path / "a.parquet", *shapes({"crs": {"id": {"code": 25832}}}))
    assert "positions of shape brought from ETRS89 / UTM zone 32N to CRS84" in read(given)[1].steps


def test_a_damaged_parquet_is_invalid(tmp_path):
    with pytest.raises(Invalid, match="damaged"):
        read(parcel(tmp_path, b"PAR1" + b"x" * 100, "a.parquet"))


def test_a_parquet_that_unpacks_to_too_much_is_refused(tmp_path):
    given = written(tmp_path / "a.parquet", pa.table({"a": pa.array(range(400_000))}))
    with pytest.raises(TooMuch, match="unpacked_limit_mb"):
        read(given, unpacked_limit_mb=1)
