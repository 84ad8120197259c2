"""Features may bear a number beside their properties (RFC 7946, 3.2): it is a column, too."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from citycommons.core.types import Digest, Parcel
from citycommons.standardise.read import read


def parcel(tmp_path: Path, features: list[dict], **more: object) -> Parcel:
    path = tmp_path / "trees.geojson"
    path.write_bytes(orjson.dumps({"type": "FeatureCollection"} | more | {"features": features}))
    return Parcel(path=path, name=path.name, received=datetime.now(UTC), digest=Digest("0" * 64))


def feature(number: object, x: float = 7.6, y: float = 51.9, **properties: object) -> dict:
    geometry = {"type": "Point", "coordinates": [x, y]}
    return {"type": "Feature", "id": number, "properties": properties, "geometry": geometry}


@pytest.mark.parametrize("ids", [[7, 3, 12], [0, 1, 2], ["a", "b", "c"]])
def test_the_ids_of_features_are_kept(tmp_path, ids):
    table, _ = read(parcel(tmp_path, [feature(id, kind=f"kind {id}") for id in ids]))
    assert table["id"].to_pylist() == ids
    assert set(table.column_names) == {"id", "kind", "geometry"}


def test_a_property_of_that_name_stays_what_it_is(tmp_path):
    table, _ = read(parcel(tmp_path, [feature(n, id=n * 100) for n in (1, 2, 3)]))
    assert table["id"].to_pylist() == [100, 200, 300]


def test_ids_stay_with_their_rows_when_positions_are_moved(tmp_path):
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}
    rows = [feature(n, 405_000 + n, 5_757_000, kind=f"kind {n}") for n in (9, 4)]
    table, _ = read(parcel(tmp_path, rows, crs=system))
    assert table["id"].to_pylist() == [9, 4]
    assert table["kind"].to_pylist() == ["kind 9", "kind 4"]
