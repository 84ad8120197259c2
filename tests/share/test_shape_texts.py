"""Shapes written by the column read as each shape written by itself."""

import json

import numpy as np
import pyarrow as pa
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.share import shape_texts

numbers = st.floats(-180, 180).map(lambda x: round(x, 9))
spots = st.tuples(numbers, numbers)
lines = st.lists(spots, min_size=2, max_size=4).map(shapely.LineString)
areas = st.tuples(spots, st.booleans()).map(
    lambda one: shapely.Polygon(
        [(one[0][0] + x, one[0][1] + y) for x, y in [(0, 0), (9, 0), (9, 9), (0, 9)]][
            :: 1 if one[1] else -1
        ],
        [[(one[0][0] + x, one[0][1] + y) for x, y in [(1, 1), (2, 1), (2, 2)]]],
    )
)
high = spots.map(lambda spot: shapely.Point(*spot, 3.5))
flat = st.one_of(spots.map(shapely.Point), lines, areas)
shapes = st.one_of(
    flat,
    high,
    st.none(),
    st.lists(spots, min_size=1, max_size=3).map(shapely.MultiPoint),
    st.lists(lines, min_size=1, max_size=3).map(shapely.MultiLineString),
    st.lists(areas, min_size=1, max_size=2).map(shapely.MultiPolygon),
    st.lists(flat, max_size=3).map(shapely.GeometryCollection),
    st.sampled_from(["POINT EMPTY", "POLYGON EMPTY", "LINESTRING EMPTY"]).map(shapely.from_wkt),
)


def column(some: list[object]) -> pa.Array:
    return pa.array([None if one is None else shapely.to_wkb(one) for one in some], pa.binary())


@settings(max_examples=80, deadline=None)
@given(st.lists(shapes, max_size=12), st.integers(0, 3))
def test_geojson_of_a_column_is_the_geojson_of_each_shape(some, skipped):
    texts = shape_texts.geojson(column(some).slice(skipped), 7).to_pylist()
    assert len(texts) == len(some[skipped:])
    for shape, text in zip(some[skipped:], texts, strict=True):
        if shape is None:
            assert text is None
            continue
        rounded = shapely.transform(shape, lambda spots: np.round(spots, 7) + 0.0)
        expected = shapely.to_geojson(shapely.orient_polygons(rounded))
        assert json.loads(text) == json.loads(expected)


@settings(max_examples=80, deadline=None)
@given(st.lists(shapes, max_size=12))
def test_well_known_text_of_a_column_is_read_back_to_the_last_digit(some):
    for shape, text in zip(some, shape_texts.wkt(column(some)).to_pylist(), strict=True):
        if shape is None:
            assert text is None
        elif shape.geom_type in ("GeometryCollection", "MultiPoint"):  # GEOS writes 16 digits
            assert shapely.equals_exact(shapely.from_wkt(text), shape, 1e-12)
        else:
            assert shapely.equals_identical(shapely.from_wkt(text), shape) or shape.is_empty
