"""A journalist puts one file on any web server, and a map library reads tiles out of it."""

import gzip

import numpy as np
import pyarrow as pa
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import TileType
from tests.share.tiles.decoded import decode

from citycommons.core.types import Field, FieldType
from citycommons.share import tiles
from citycommons.share.exports import export
from citycommons.share.query import parse_query
from citycommons.share.tiles import archive


def city(opened, shapes, **more):
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    table = pa.table({"n": range(len(wkb)), "geometry": pa.array(wkb, pa.binary())})
    fields = (
        Field(name="n", type=FieldType.INTEGER),
        Field(name="geometry", type=FieldType.GEOMETRY),
    )
    return opened(table, *fields, **more)


def written(tmp_path, one, query=None):
    path = tmp_path / "one.pmtiles"
    path.write_bytes(b"".join(export(one, "pmtiles", query).chunks))
    return path


def spots(count: int):
    chance = np.random.default_rng(8)
    found = shapely.points(chance.uniform(7.5, 7.7, count), chance.uniform(51.9, 52, count))
    return [*found[: count // 2], *shapely.buffer(found[count // 2 :], 0.0004)]


def test_an_archive_holds_the_tiles_that_are_served(opened, tmp_path):
    one = city(opened, [*spots(600), None])
    path = written(tmp_path, one)
    with path.open("rb") as file:
        source = MmapSource(file)
        header = Reader(source).header()
        found = {place: gzip.decompress(data) for place, data in all_tiles(source)}
    assert header["tile_type"] == TileType.MVT
    assert (header["min_zoom"], header["max_zoom"]) == (0, 14)
    assert {z for z, _, _ in found} == set(range(15))
    for z, x, y in [place for place in found if place[0] in (0, 9, 12, 14)][:60]:
        mine, served = decode(found[z, x, y])["things"], decode(tiles.made(one, z, x, y))["things"]
        assert [(f.id, f.paths) for f in mine] == [(f.id, f.paths) for f in served]
    deepest = [f.id for (z, *_), body in found.items() if z == 14 for f in decode(body)["things"]]
    assert set(deepest) == set(range(600))


def test_a_selection_is_an_archive_too(opened, tmp_path):
    one = city(opened, spots(100))
    query = parse_query([("n__lt", "10")], one.version.fields, limit=None)
    path = written(tmp_path, one, query)
    with path.open("rb") as file:
        body = gzip.decompress(Reader(MmapSource(file)).get(0, 0, 0))
    assert sorted(f.properties["n"] for f in decode(body)["things"]) == list(range(10))


def test_what_lies_far_apart_has_fewer_zooms_that_show_all(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_TILES", 1000)
    chance = np.random.default_rng(5)
    some = shapely.points(chance.uniform(-170, 170, 4_000), chance.uniform(-70, 70, 4_000))
    path = written(tmp_path, city(opened, list(some)))
    with path.open("rb") as file:
        source = MmapSource(file)
        deepest = Reader(source).header()["max_zoom"]
        found = [
            f.id
            for (z, _, _), data in all_tiles(source)
            if z == deepest
            for f in decode(gzip.decompress(data))["things"]
        ]
    assert 4 <= deepest < 14
    assert len(set(found)) == 4_000


def test_the_same_version_gives_the_same_bytes(opened, tmp_path):
    one = city(opened, spots(50))
    first, second = tmp_path / "first", tmp_path / "second"
    archive.whole(first, one)
    archive.whole(second, one)
    assert first.read_bytes() == second.read_bytes()


def test_no_rows_are_an_empty_archive(opened, tmp_path):
    path = written(tmp_path, city(opened, []))
    with path.open("rb") as file:
        assert gzip.decompress(Reader(MmapSource(file)).get(0, 0, 0)) == b""


def test_gdal_opens_it(opened, tmp_path):
    pyogrio = pytest.importorskip("pyogrio")
    if "PMTiles" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no PMTiles driver")
    path = written(tmp_path, city(opened, spots(200)))
    _, _, shapes, _ = pyogrio.raw.read(path, layer="things")
    bounds = shapely.total_bounds(shapely.from_wkb(shapes))
    assert bounds[:2] == pytest.approx([835_000, 6_782_000], abs=3000)
    assert len(shapes) >= 200
