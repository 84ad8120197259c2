"""A map is drawn from tiles: they hold what brute force says, and few enough of it."""

import itertools
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.share.tiles.decoded import Feature, area, decode

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Field, FieldType
from citycommons.share import tiles
from citycommons.share.tiles import matrix, mercator, thin

degrees = st.integers(-720, 720).map(lambda n: n / 4)
lats = st.integers(-356, 356).map(lambda n: n / 4)
spots = st.tuples(degrees, lats)
around = st.sampled_from([0.01, 0.25, 1, 20])
shapes = st.one_of(
    spots.map(shapely.Point),
    st.lists(spots, min_size=2, max_size=4).map(shapely.MultiPoint),
    st.lists(spots, min_size=2, max_size=2, unique=True).map(shapely.LineString),
    st.tuples(spots, around).map(lambda s: shapely.Point(s[0]).buffer(s[1])),
    st.tuples(spots, around).map(
        lambda s: shapely.Point(s[0]).buffer(s[1]) - shapely.Point(s[0]).buffer(s[1] / 2)
    ),
    st.tuples(spots, spots).map(
        lambda s: shapely.GeometryCollection(
            [shapely.Point(s[0]), shapely.box(s[1][0], s[1][1], s[1][0] + 1, s[1][1] + 1)]
        )
    ),
    st.just(shapely.Point()),
    st.none(),
)
places = st.integers(0, 5).flatmap(
    lambda z: st.tuples(
        st.just(z), st.integers(0, max(0, 2**z - 1)), st.integers(0, max(0, 2**z - 1))
    )
)


def placed(opened, some, **columns):
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in some]
    table = pa.table({"n": range(len(wkb)), **columns, "geometry": pa.array(wkb, pa.binary())})
    return opened(
        table,
        Field(name="n", type=FieldType.INTEGER),
        *(
            Field(name=name, type=FieldType(kind))
            for name, kind in KINDS.items()
            if name in columns
        ),
        Field(name="geometry", type=FieldType.GEOMETRY),
    )


KINDS = {
    "text": "string",
    "whole": "integer",
    "real": "number",
    "flag": "boolean",
    "day": "date",
    "moment": "datetime",
}


def units(shape, z, x, y):
    """The shape in the tile's units, worked out one by one."""
    band = shapely.box(-180, -matrix.NORTH, 180, matrix.NORTH)
    shape = shapely.intersection(shape, band)

    def project(spots):
        lat = np.radians(spots[:, 1])
        east = (spots[:, 0] + 180) / 360
        south = 0.5 - np.log(np.tan(np.pi / 4 + lat / 2)) / (2 * np.pi)
        return np.column_stack([(east * 2**z - x) * 4096, (south * 2**z - y) * 4096])

    return shapely.transform(shape, project)


def features(opened, z, x, y) -> list[Feature]:
    return decode(tiles.made(opened, z, x, y)).get("things", [])


@settings(max_examples=150, deadline=None)
@given(st.lists(shapes, max_size=25), places)
def test_a_tile_holds_what_brute_force_finds(opened, some, place):
    one = placed(opened, some)
    found = {f.properties["n"]: f for f in features(one, *place)}
    inner, outer = shapely.box(1, 1, 4095, 4095), shapely.box(-66, -66, 4162, 4162)
    for n, shape in enumerate(some):
        if shape is None or shape.is_empty:
            assert n not in found
            continue
        if shape.geom_type == "GeometryCollection":
            shape = shape.geoms[1]  # its part of the highest dimension
            if shape.bounds[1] > matrix.NORTH or shape.bounds[3] < -matrix.NORTH:
                continue  # of which nothing is left, so that the point stands
        true = units(shape, *place)
        if shapely.intersects(inner, true):
            solid = true.intersection(inner)
            if shape.geom_type != "Polygon" or solid.area > 4 or solid.equals(true):
                assert n in found, shape
        if n in found:
            assert shapely.intersects(outer, true)
            near = shapely.intersection(true, outer)
            assert shapely.hausdorff_distance(found[n].geometry, near) < 16 or near.area < 500


@settings(max_examples=80, deadline=None)
@given(st.lists(shapes, max_size=25), places)
def test_rings_are_wound_right_and_nothing_leaves_the_buffer(opened, some, place):
    for one in features(placed(opened, some), *place):
        for path in one.paths:
            assert all(-64 <= v < 4160 for spot in path for v in spot)
            if one.kind > 1:
                assert all(a != b for a, b in itertools.pairwise(path))
        if one.kind == 3:
            areas = [area(path) for path in one.paths]
            assert areas[0] > 0
            assert all(areas)
            assert all(len(path) > 2 for path in one.paths)


def test_values_keep_their_types(opened):
    given = {
        "text": ["Straße", "", None, "a" * 300],
        "whole": [0, -5, None, 2**40],
        "real": [1.5, -2.25, float("nan"), None],
        "flag": [True, False, None, True],
        "day": pa.array([date(2026, 3, 31), None, date(1900, 1, 1), date(2000, 2, 29)]),
        "moment": pa.array(
            [datetime(2026, 3, 31, 8, tzinfo=UTC), None, None, None], pa.timestamp("us", "UTC")
        ),
    }
    one = placed(opened, [shapely.Point(7.6, 51.9)] * 4, **given)
    found = {f.properties.pop("n"): f.properties for f in features(one, 10, *at(10))}
    assert found[0] == {
        "text": "Straße",
        "whole": 0,
        "real": 1.5,
        "flag": True,
        "day": "2026-03-31",
        "moment": "2026-03-31T08:00:00Z",
    }
    assert found[1] == {"text": "", "whole": -5, "real": -2.25, "flag": False}
    assert found[2] == {"day": "1900-01-01"}
    assert found[3]["whole"] == 2**40
    assert found[3]["text"] == "a" * 300


def at(z: int, lon: float = 7.6, lat: float = 51.9) -> tuple[int, int]:
    left, _, top, _ = matrix.over((lon, lat, lon, lat), z)
    return left, top


def test_ids_are_the_rows_of_the_features(opened):
    one = placed(opened, [shapely.Point(7.6 + n / 1000, 51.9) for n in range(20)])
    found = features(one, 0, 0, 0)
    rows = {f.id: f.properties["n"] for f in found}
    assert sorted(rows) == list(range(20))


def test_a_small_area_is_a_dot_in_one_tile_only(opened):
    one = placed(opened, [shapely.Point(0.0301, 0.0301).buffer(1e-5)])
    found = [features(one, 4, x, y) for x in (7, 8) for y in (7, 8)]
    (dot,) = [one for some in found for one in some]
    assert area(dot.paths[0]) == 64


def test_crowds_are_thinned_the_same_for_all_and_show_again_closer(opened):
    chance = np.random.default_rng(4)
    spots = shapely.points(chance.uniform(7.5, 7.7, 30_000), chance.uniform(51.9, 52.0, 30_000))
    one = placed(opened, list(spots))
    before: set[int] = set()
    for z in range(17):
        left, right, top, bottom = matrix.over((7.5, 51.9, 7.7, 52.0), z)
        if (right - left + 1) * (bottom - top + 1) > 300:
            break
        seen = set()
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                some = {f.id for f in features(one, z, x, y)}
                assert len(some) <= thin.FEW * 1.1
                seen |= some
        assert seen >= before, "what is seen stays seen closer by"
        before = seen
    assert len(before) == 30_000
    assert {f.id for f in features(one, 3, *at(3))} == {f.id for f in features(one, 3, *at(3))}


def test_many_upon_one_another_stay_few(opened):
    one = placed(opened, [shapely.Point(7.6, 51.9)] * 25_000)
    assert len(features(one, 12, *at(12))) == 1
    assert len(features(one, 20, *at(20))) == tiles.MOST_FEATURES


def test_poles_and_the_date_line(opened):
    some = [
        shapely.Point(0, 90),
        shapely.Point(180, 0),
        shapely.Point(-180, 0),
        shapely.box(-180, 80, 180, 90),
        shapely.LineString([(0, -90), (0, 90)]),
    ]
    found = {f.properties["n"] for f in features(placed(opened, some), 0, 0, 0)}
    assert found == {1, 2, 3, 4}


@pytest.mark.parametrize("harm", ["gone", "empty", "cut"])
def test_a_missing_or_damaged_file_is_made_again(opened, harm):
    one = placed(opened, [shapely.Point(7.6, 51.9), shapely.Point(7.6, 51.8)], text=[harm, None])
    before = tiles.made(one, 9, *at(9))
    path = one.lake.path(one.version.file, mercator.SUFFIX)
    data = path.read_bytes()
    tiles._open.clear()
    path.unlink()
    if harm != "gone":
        path.write_bytes(b"" if harm == "empty" else data[:-40])
    assert tiles.made(one, 9, *at(9)) == before


def test_a_tile_asked_twice_is_the_same_from_memory(opened):
    one = placed(opened, [shapely.Point(7.6, 51.9)], text=["twice"])
    assert tiles.kept(one.version.file, 9, *at(9)) is None
    made = tiles.tile(one, 9, *at(9))
    assert tiles.kept(one.version.file, 9, *at(9)) is made
    assert tiles.tile(one, 9, *at(9)) is made


def test_no_rows_or_no_places_are_empty_tiles(opened):
    assert tiles.made(placed(opened, []), 0, 0, 0) == b""
    assert tiles.made(placed(opened, [None, shapely.Polygon()]), 0, 0, 0) == b""


def test_without_geometry_there_are_no_tiles(opened):
    one = opened(pa.table({"a": [1]}), Field(name="a", type=FieldType.INTEGER))
    with pytest.raises(Invalid):
        tiles.tile(one, 0, 0, 0)


@pytest.mark.parametrize("place", [(-1, 0, 0), (23, 0, 0), (1, 2, 0), (1, 0, 2)])
def test_a_tile_outside_the_set_is_not_there(opened, place):
    with pytest.raises(NotFound):
        tiles.tile(placed(opened, []), *place)
