"""The packed read file finds what brute force finds, and survives damage."""

import json

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Field, FieldType
from citycommons.share import packed
from citycommons.share.exports import export
from citycommons.share.packed import build, collection, feature, features

degrees = st.integers(-8, 8).map(lambda n: n / 4)
spots = st.tuples(degrees, degrees)
shapes = st.one_of(
    spots.map(shapely.Point),
    st.tuples(spots, spots).map(lambda ends: shapely.LineString(ends)),
    st.tuples(spots, st.sampled_from([0.25, 1])).map(lambda s: shapely.Point(s[0]).buffer(s[1])),
    st.none(),
)
boxes = st.tuples(degrees, degrees, degrees, degrees).map(
    lambda b: (b[0], min(b[1], b[3]), b[2], max(b[1], b[3]))
)


def placed(opened, shapes, **more):
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    return opened(
        pa.table({"n": range(len(wkb)), "geometry": pa.array(wkb, pa.binary())}),
        Field(name="n", type=FieldType.INTEGER),
        Field(name="geometry", type=FieldType.GEOMETRY),
        **more,
    )


def touches(shape, box) -> bool:
    west, south, east, north = box
    if west <= east:
        parts = [shapely.box(*box)]
    else:
        parts = [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
    return shape is not None and any(shapely.intersects(part, shape) for part in parts)


@settings(max_examples=120, deadline=None)
@given(st.lists(shapes, max_size=90), boxes, st.integers(0, 9), st.integers(0, 20))
def test_a_box_finds_what_brute_force_finds(opened, some, box, limit, offset):
    one = placed(opened, some)
    wanted = {n for n, shape in enumerate(some) if touches(shape, box)}
    all_of_them = json.loads(features(one, box, limit=1000))
    assert {f["properties"]["n"] for f in all_of_them["features"]} == wanted
    assert [f["id"] for f in all_of_them["features"]] == sorted(
        f["id"] for f in all_of_them["features"]
    )
    page = json.loads(features(one, box, limit=limit, offset=offset))
    assert page["numberMatched"] == len(wanted)
    assert page["numberReturned"] == len(page["features"])
    assert page["features"] == all_of_them["features"][offset : offset + limit]


def test_ten_thousand_points_in_many_boxes(opened):
    chance = np.random.default_rng(1)
    spots = chance.uniform([7.5, 51.9], [7.7, 52.0], (10_000, 2))
    one = placed(opened, shapely.points(spots))
    for _ in range(50):
        (west, east), (south, north) = (
            np.sort(chance.uniform(7.45, 7.75, 2)),
            np.sort(chance.uniform(51.85, 52.05, 2)),
        )
        inside = ((spots >= [west, south]) & (spots <= [east, north])).all(axis=1)
        assert collection(one, (west, south, east, north), 10).matched == inside.sum()


def test_all_pages_together_are_the_geojson_export(opened):
    one = placed(opened, [shapely.Point(n / 50, n % 7) for n in range(100)] + [None])
    pages = [json.loads(features(one, limit=30, offset=o))["features"] for o in range(0, 120, 30)]
    whole = json.loads(b"".join(export(one, "geojson").chunks))["features"]
    assert [f for page in pages for f in page] == whole
    assert json.loads(feature(one, 42)) == whole[42]
    with pytest.raises(NotFound, match="from 0 to 100"):
        feature(one, 101)


def test_links_of_the_door_stand_beside_the_features(opened):
    one = placed(opened, [shapely.Point(7, 51)])
    page = json.loads(collection(one).json([{"rel": "self", "href": "/x"}]))
    assert page["links"] == [{"rel": "self", "href": "/x"}]
    assert page["type"] == "FeatureCollection"


@pytest.mark.parametrize("suffix", [packed.SUFFIX, packed.COLLECTION])
@pytest.mark.parametrize("harm", ["gone", "cut", "changed", "empty"])
def test_a_missing_or_damaged_file_is_made_again(opened, harm, suffix):
    one = placed(opened, [shapely.Point(len(harm + suffix), n / 9) for n in range(5)])
    before = features(one)
    path = one.lake.path(one.version.file, suffix)
    packed._open.clear()
    whole = path.read_bytes()
    match harm:
        case "gone":
            path.unlink()
        case "cut":
            path.write_bytes(whole[:-30])
        case "changed":
            cut = 20 if suffix == packed.SUFFIX else 4
            path.write_bytes(whole[:-cut] + b"????" + whole[len(whole) - cut + 4 :])
        case "empty":
            path.write_bytes(b"")
    assert features(one) == before
    assert path.read_bytes() == whole


def test_the_collection_is_the_download_and_the_index_points_into_it(opened):
    one = placed(opened, [shapely.Point(n / 50, n % 7) for n in range(100)] + [None])
    whole = packed.geojson(one).read_bytes()
    assert export(one, "geojson").path == packed.geojson(one)
    assert len(json.loads(whole)["features"]) == 101
    for n in (0, 57, 100):
        assert whole.splitlines()[n + 1].rstrip(b",") == feature(one, n)
    packed.geojson(one).unlink()
    assert packed.geojson(one).read_bytes() == whole


def test_a_file_of_an_older_layout_is_made_again(opened):
    one = placed(opened, [shapely.Point(3, n / 13) for n in range(5)])
    before = features(one)
    packed._open.clear()
    index = one.lake.path(one.version.file, packed.SUFFIX)
    index.write_bytes(b"CCFEAT1\n" + index.read_bytes()[8:])
    assert features(one) == before
    assert index.read_bytes().startswith(b"CCFEAT2")


def test_without_places_there_are_no_features(opened):
    one = opened(pa.table({"n": [1]}))
    with pytest.raises(Invalid, match="no geometry"):
        features(one)
    assert build(one.lake, one.version.file, one.version.fields) is None


def test_no_rows_are_an_empty_collection(opened):
    one = placed(opened, [])
    assert json.loads(features(one, (0, 0, 1, 1)))["features"] == []
    assert collection(one).matched == 0
